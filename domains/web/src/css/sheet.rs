//! The rules of the `<style>` elements of a page, with their places in the source.

use cssparser::{
    AtRuleParser, BasicParseErrorKind, CowRcStr, DeclarationParser, ParseError, Parser, ParserInput,
    ParserState, QualifiedRuleParser, RuleBodyItemParser, RuleBodyParser, StyleSheetParser,
};
use galley_core::Span;

use crate::{
    inject::Outline,
    mismatch::start_tag::{Declaration, declarations},
};

/// A style rule: selectors and declarations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Selectors as written.
    pub selector: String,
    /// From the first selector through the closing brace.
    pub span: Span,
    /// Its own, not those of rules nested in it; positions count from the start of the program.
    pub declarations: Vec<Declaration>,
    /// Where the outermost rule begins in which it stands: something may be written there that is to be a rule too.
    pub(super) top: usize,
}

/// The style rules in source order, an outer one before those nested in it. Rules of `@media`, `@supports`, `@layer`,
/// `@container` and `@scope` are among them; keyframes, fonts and pages are not.
pub fn rules(program: &str, outline: &Outline) -> Vec<Rule> {
    let mut found = Vec::new();
    for element in outline.elements.iter().filter(|element| element.name == "style") {
        let Some(content) = content(program, element.start_tag.end, element.span.end) else { continue };
        let Some(text) = content.slice(program) else { continue };
        let mut input = ParserInput::new(text);
        let mut input = Parser::new(&mut input);
        let mut reader = Reader { text, base: content.start, top: None, inside: None, found: &mut found };
        StyleSheetParser::new(&mut input, &mut reader).for_each(drop);
    }
    found.sort_by_key(|rule| rule.span.start);
    found
}

/// The text between start and end tag.
fn content(program: &str, start: usize, end: usize) -> Option<Span> {
    let inside = program.get(start..end)?;
    let end = inside.rfind("</").unwrap_or(inside.len());
    (!inside[..end].trim().is_empty()).then(|| Span::new(start, start + end))
}

struct Reader<'r> {
    text: &'r str,
    /// Where the text begins in the program.
    base: usize,
    top: Option<usize>,
    /// The declarations of the rule that is being read.
    inside: Option<Vec<Declaration>>,
    found: &'r mut Vec<Rule>,
}

impl Reader<'_> {
    /// What is read inside a block whose rule begins at `start`.
    fn at<T>(&mut self, start: &ParserState, read: impl FnOnce(&mut Self) -> T) -> T {
        let outermost = self.top.is_none();
        self.top.get_or_insert(self.base + start.position().byte_index());
        let result = read(self);
        if outermost {
            self.top = None;
        }
        result
    }
}

impl<'i> QualifiedRuleParser<'i> for Reader<'_> {
    type Prelude = String;
    type QualifiedRule = ();
    type Error = ();

    fn parse_prelude<'t>(&mut self, input: &mut Parser<'i, 't>) -> Result<String, ParseError<'i, ()>> {
        let start = input.position();
        while input.next().is_ok() {}
        Ok(input.slice_from(start).trim().to_owned())
    }

    fn parse_block<'t>(
        &mut self,
        selector: String,
        start: &ParserState,
        input: &mut Parser<'i, 't>,
    ) -> Result<(), ParseError<'i, ()>> {
        let outer = self.inside.replace(Vec::new());
        let top = self.at(start, |reader| {
            RuleBodyParser::new(input, reader).for_each(drop);
            reader.top.unwrap_or_default()
        });
        let declarations = std::mem::replace(&mut self.inside, outer).unwrap_or_default();
        let close = input.position().byte_index();
        let end = close + usize::from(self.text.as_bytes().get(close) == Some(&b'}'));
        let begin = start.position().byte_index();
        let blank = self.text.get(begin..).map_or(0, |text| text.len() - text.trim_start().len());
        let span = Span::new(self.base + begin + blank, self.base + end);
        self.found.push(Rule { selector, span, declarations, top });
        Ok(())
    }
}

impl<'i> AtRuleParser<'i> for Reader<'_> {
    type Prelude = ();
    type AtRule = ();
    type Error = ();

    fn parse_prelude<'t>(
        &mut self,
        name: CowRcStr<'i>,
        input: &mut Parser<'i, 't>,
    ) -> Result<(), ParseError<'i, ()>> {
        const GROUPS: [&str; 6] = ["media", "supports", "layer", "container", "scope", "starting-style"];
        if !GROUPS.iter().any(|group| name.eq_ignore_ascii_case(group)) {
            return Err(input.new_error(BasicParseErrorKind::AtRuleInvalid(name)));
        }
        while input.next().is_ok() {}
        Ok(())
    }

    fn parse_block<'t>(
        &mut self,
        (): (),
        start: &ParserState,
        input: &mut Parser<'i, 't>,
    ) -> Result<(), ParseError<'i, ()>> {
        self.at(start, |reader| RuleBodyParser::new(input, reader).for_each(drop));
        Ok(())
    }
}

impl<'i> DeclarationParser<'i> for Reader<'_> {
    type Declaration = ();
    type Error = ();

    fn parse_value<'t>(
        &mut self,
        _name: CowRcStr<'i>,
        input: &mut Parser<'i, 't>,
        start: &ParserState,
    ) -> Result<(), ParseError<'i, ()>> {
        loop {
            match input.next() {
                // `a:hover {` is a nested rule, not a declaration.
                Ok(cssparser::Token::CurlyBracketBlock) => {
                    return Err(input.new_error(BasicParseErrorKind::QualifiedRuleInvalid));
                }
                Ok(_) => {}
                Err(_) => break,
            }
        }
        let at = start.position().byte_index();
        let text = self.text.get(at..input.position().byte_index()).unwrap_or_default();
        if let Some(inside) = &mut self.inside {
            inside.extend(declarations(text, self.base + at));
        }
        Ok(())
    }
}

impl<'i> RuleBodyItemParser<'i, (), ()> for Reader<'_> {
    fn parse_declarations(&self) -> bool {
        self.inside.is_some()
    }

    fn parse_qualified(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inject::outline;

    fn read(program: &str) -> Vec<(String, Vec<String>)> {
        let found = rules(program, &outline(program));
        for rule in &found {
            let text = rule.span.slice(program).unwrap();
            assert!(text.starts_with(&rule.selector) && text.ends_with('}'), "{text}");
            for declaration in &rule.declarations {
                assert!(program[declaration.at..].starts_with(&declaration.quoted), "{declaration:?}");
            }
        }
        let quoted = |rule: Rule| {
            (rule.selector, rule.declarations.into_iter().map(|declaration| declaration.quoted).collect())
        };
        found.into_iter().map(quoted).collect()
    }

    fn one(selector: &str, quoted: &[&str]) -> (String, Vec<String>) {
        (selector.into(), quoted.iter().map(|text| (*text).into()).collect())
    }

    #[test]
    fn rules_stand_where_the_source_has_them() {
        let program =
            "<style>/* é */ body { background:#a3c;color:red!important } ul > li,.a{width:40%}</style>";
        assert_eq!(
            read(program),
            [one("body", &["background:#a3c", "color:red!important"]), one("ul > li,.a", &["width:40%"])]
        );
    }

    #[test]
    fn groups_and_nested_rules_are_entered_and_others_are_not() {
        let program = "<p>x</p><style>@charset 'x';@media (max-width:9px){a{top:1px}}@keyframes k{from{left:0}}\
                       @font-face{font-family:x}@layer b;.c{left:1px;a:hover{top:2px}&.d{top:3px}right:4px}</style>";
        assert_eq!(
            read(program),
            [
                one("a", &["top:1px"]),
                one(".c", &["left:1px", "right:4px"]),
                one("a:hover", &["top:2px"]),
                one("&.d", &["top:3px"])
            ]
        );
    }

    #[test]
    fn strings_and_comments_hide_braces() {
        let program = "<style>a{content:'}{';/* } */width:1px}b{background:url(x;y{);top:0}</style>";
        assert_eq!(read(program)[0], one("a", &["content:'}{'", "width:1px"]));
        assert_eq!(read(program)[1].0, "b");
    }

    #[test]
    fn broken_sheets_end() {
        for sheet in ["", "{", "a{b:c", "@media{a{}", "}}{{", "a{b", "@", "a{;;:;}", "<!-- a{} -->"] {
            let program = format!("<style>{sheet}</style>");
            rules(&program, &outline(&program));
        }
        assert!(rules("<style>a{", &outline("<style>a{")).len() <= 1);
    }

    #[test]
    fn the_top_is_where_the_outermost_rule_begins() {
        let program = "<style>@import 'x'; @media all{a{b:c}} d{e:f}</style>";
        let tops: Vec<&str> =
            rules(program, &outline(program)).iter().map(|rule| program[rule.top..].trim_start()).collect();
        assert!(tops[0].starts_with("@media") && tops[1].starts_with("d{"), "{tops:?}");
    }
}
