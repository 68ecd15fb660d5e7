//! Which element, rule or declaration of the source drew what.

use std::collections::BTreeMap;

use galley_core::{Region, RegionMapper, Render, Shares, Span, Statement};

use crate::{
    credit::{CreditConfig, Granularity, topics},
    css::{Decider, Rule, deciders, rules},
    inject::{Outline, outline},
    mismatch::{
        property_axis,
        start_tag::{Declaration, StartTag},
    },
};

/// Statements are the elements of the source, start tag through end tag, the rules of its style sheets, and the
/// declarations of both ([`CreditConfig`] says which, and what they answer for). They nest as the source does.
///
/// The elements come from the same outline as the spans of a render: two parsers would disagree on broken pages.
#[derive(Clone, Copy, Debug, Default)]
pub struct WebMapper {
    credit: CreditConfig,
}

impl WebMapper {
    pub fn new(credit: CreditConfig) -> Self {
        Self { credit }
    }
}

impl RegionMapper for WebMapper {
    fn map(&self, program: &str, render: &Render) -> Vec<Statement> {
        let outline = outline(program);
        let mut statements = match self.credit.statements {
            Granularity::Elements => elements(&outline, render, |_| Shares::default()),
            Granularity::Declarations => self.declarations(program, &outline, render),
        };
        statements.sort_by_key(|statement| (statement.span.start, std::cmp::Reverse(statement.span.end)));
        statements
    }
}

impl WebMapper {
    fn declarations(&self, program: &str, outline: &Outline, render: &Render) -> Vec<Statement> {
        let rules = rules(program, outline);
        let deciding = deciders(program, &rules, &render.elements);
        let frame = self.credit.frame;
        let mut statements = elements(outline, render, |at| {
            let decided = deciding[at].iter().flat_map(|decider| of(&decider.declaration));
            decided.fold(Shares::default(), |shares, topic| shares.with(topic, frame))
        });
        let boxes = Boxes::new(&deciding, render);
        for source in &outline.elements {
            let text = source.start_tag.slice(program).unwrap_or_default();
            let offset = source.start_tag.start;
            let inline = StartTag::read(text).declarations().into_iter();
            let placed = inline.map(|found| Declaration { at: found.at + offset, ..found });
            statements.extend(placed.filter_map(|found| boxes.declaration(&found)));
        }
        for (number, rule) in rules.iter().enumerate() {
            statements.push(boxes.rule(number, rule, frame));
            statements.extend(rule.declarations.iter().filter_map(|found| boxes.declaration(found)));
        }
        statements
    }
}

/// The topics that a declaration concerns.
fn of(declaration: &Declaration) -> impl Iterator<Item = &'static str> + use<> {
    property_axis(&declaration.property).into_iter().flat_map(|(axis, _)| topics(axis).iter().copied())
}

/// The elements of the source; `shares` is asked with the index of a drawn one among those of the render.
fn elements(outline: &Outline, render: &Render, shares: impl Fn(usize) -> Shares) -> Vec<Statement> {
    let mut drawn: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (at, element) in render.elements.iter().enumerate() {
        if let Some(span) = element.span {
            drawn.entry(span.start).or_default().push(at);
        }
    }
    let statement = |element: &crate::inject::SourceElement| {
        let drawn = drawn.get(&element.span.start).map_or(&[][..], Vec::as_slice);
        Statement {
            span: element.span,
            kind: element.name.clone(),
            regions: drawn.iter().map(|at| render.elements[*at].region).collect(),
            shares: drawn.first().map(|at| shares(*at)).unwrap_or_default(),
        }
    };
    outline.elements.iter().map(statement).collect()
}

/// The boxes of the elements that declarations and rules decide.
#[derive(Default)]
struct Boxes {
    /// By the byte where the declaration begins.
    of_declarations: BTreeMap<usize, Vec<Region>>,
    of_rules: BTreeMap<usize, Vec<Region>>,
}

impl Boxes {
    fn new(deciding: &[Vec<Decider>], render: &Render) -> Self {
        let mut boxes = Self::default();
        for (element, deciders) in render.elements.iter().zip(deciding) {
            for decider in deciders {
                boxes.of_declarations.entry(decider.declaration.at).or_default().push(element.region);
                if let Some(rule) = decider.rule {
                    let regions = boxes.of_rules.entry(rule).or_default();
                    if regions.last() != Some(&element.region) {
                        regions.push(element.region);
                    }
                }
            }
        }
        boxes
    }

    /// `None` for properties whose effect is not judged: they belong to what stands around them.
    fn declaration(&self, declaration: &Declaration) -> Option<Statement> {
        property_axis(&declaration.property)?;
        Some(Statement {
            span: Span::new(declaration.at, declaration.at + declaration.quoted.len()),
            kind: declaration.property.clone(),
            regions: self.of_declarations.get(&declaration.at).cloned().unwrap_or_default(),
            shares: of(declaration).fold(Shares::all(0.0), |shares, topic| shares.with(topic, 1.0)),
        })
    }

    fn rule(&self, number: usize, rule: &Rule, frame: f64) -> Statement {
        let decided = rule.declarations.iter().filter(|found| self.of_declarations.contains_key(&found.at));
        Statement {
            span: rule.span,
            kind: rule.selector.clone(),
            regions: self.of_rules.get(&number).cloned().unwrap_or_default(),
            shares: decided.flat_map(of).fold(Shares::all(0.0), |shares, topic| shares.with(topic, frame)),
        }
    }
}

#[cfg(test)]
mod tests {
    use galley_core::{Defect, Element, credit, parents};

    use super::*;
    use crate::css::WINNERS;

    const PAGE: &str = "<style>.a{color:red;width:9px}</style><p class=a style=\"width:5px\">x</p>";

    /// The page with the box of `p`, on which declarations 0 and 1 of the sheet won.
    fn render() -> Render {
        let element = Element {
            parent: None,
            kind: "p".into(),
            span: Some(Span::new(PAGE.find("<p").unwrap(), PAGE.len())),
            region: Region::new(0.0, 0.0, 9.0, 9.0),
            text: "x".into(),
            text_region: None,
            style: BTreeMap::from([(WINNERS.into(), "0 1".into())]),
        };
        Render { image: None, elements: vec![element], faults: Vec::new() }
    }

    fn weights(mapper: WebMapper, axis: &str) -> Vec<(&'static str, f32)> {
        let statements = mapper.map(PAGE, &render());
        let defect = Defect {
            detector: "web/x".into(),
            axis: axis.into(),
            region: Region::new(0.0, 0.0, 9.0, 9.0),
            severity: 1.0,
            message: "x".into(),
            target: None,
            target_span: None,
        };
        let pieces = [".a", "color", "width:9", "<p", "width:5", ">x"];
        let token = |piece: &&str| {
            let start = PAGE.find(*piece).unwrap();
            Span::new(start, start + 1)
        };
        let tokens: Vec<Span> = pieces.iter().map(token).collect();
        let found = credit(&tokens, PAGE, 0, &statements, &[defect], 3.0).weights;
        pieces.into_iter().zip(found).collect()
    }

    #[test]
    fn a_wrong_colour_weighs_its_declaration_and_half_of_its_frames() {
        let expected =
            [(".a", 2.0), ("color", 3.0), ("width:9", 1.0), ("<p", 2.0), ("width:5", 1.0), (">x", 2.0)];
        assert_eq!(weights(WebMapper::default(), "color"), expected);
    }

    #[test]
    fn an_overridden_declaration_weighs_nothing() {
        let expected =
            [(".a", 1.0), ("color", 1.0), ("width:9", 1.0), ("<p", 2.0), ("width:5", 3.0), (">x", 2.0)];
        assert_eq!(weights(WebMapper::default(), "block"), expected);
    }

    #[test]
    fn a_wrong_text_is_the_elements_own() {
        let expected =
            [(".a", 1.0), ("color", 1.0), ("width:9", 1.0), ("<p", 3.0), ("width:5", 1.0), (">x", 3.0)];
        assert_eq!(weights(WebMapper::default(), "text"), expected);
    }

    #[test]
    fn elements_alone_weigh_as_a_whole() {
        let config = CreditConfig { statements: Granularity::Elements, ..CreditConfig::default() };
        let expected =
            [(".a", 1.0), ("color", 1.0), ("width:9", 1.0), ("<p", 3.0), ("width:5", 3.0), (">x", 3.0)];
        assert_eq!(weights(WebMapper::new(config), "color"), expected);
    }

    #[test]
    fn statements_form_the_tree_of_the_source() {
        let statements = WebMapper::default().map(PAGE, &render());
        let kinds: Vec<&str> = statements.iter().map(|statement| statement.kind.as_str()).collect();
        assert_eq!(kinds, ["style", ".a", "color", "width", "p", "width"]);
        assert_eq!(parents(&statements), [None, Some(0), Some(1), Some(1), None, Some(4)]);
    }

    #[test]
    fn boxes_go_to_the_element_that_starts_there() {
        let program = "<div><b>x</b><i>y</div>";
        let mut drawn = render();
        drawn.elements[0].span = Some(Span::new(5, 13));
        let statements = WebMapper::default().map(program, &drawn);
        let kinds: Vec<&str> = statements.iter().map(|statement| statement.kind.as_str()).collect();
        assert_eq!(kinds, ["div", "b", "i"]);
        assert_eq!(statements[1].regions, [drawn.elements[0].region]);
        assert!(statements[0].regions.is_empty());
    }
}
