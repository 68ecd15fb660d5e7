//! The places of a page that can be edited.

use galley_core::Span;
use tree_sitter::{Node, Parser};

use super::{
    css,
    selector::{Names, is_shown, is_used},
};

/// A page taken apart. Spans are bytes of `text`; all lists are in source order.
#[derive(Debug, Default)]
pub struct Source<'a> {
    pub text: &'a str,
    pub(super) elements: Vec<Element>,
    pub(super) attributes: Vec<Attribute>,
    pub(super) declarations: Vec<Declaration>,
    /// Runs of visible text, without white space at their ends.
    pub(super) texts: Vec<Span>,
}

#[derive(Debug)]
pub(super) struct Element {
    /// Lower case.
    pub(super) tag: String,
    pub(super) span: Span,
    /// The name in the start tag.
    pub(super) name: Span,
    /// The name in the end tag, where there is one.
    pub(super) end_name: Option<Span>,
    /// Index of the parent element.
    pub(super) parent: Option<usize>,
    /// Whether it lies in the body and is neither script nor style.
    pub(super) visible: bool,
}

#[derive(Debug)]
pub(super) struct Attribute {
    /// Index of the element.
    pub(super) element: usize,
    /// Lower case.
    pub(super) name: String,
    /// Without quotes.
    pub(super) value: Span,
}

/// A CSS declaration in a style attribute or a `<style>` block.
#[derive(Debug)]
pub(super) struct Declaration {
    /// The element of the style attribute; `None` in a block.
    pub(super) element: Option<usize>,
    /// Lower case.
    pub(super) property: String,
    pub(super) value: Span,
    /// What stands before the braces around it, outermost first.
    preludes: Vec<String>,
}

/// Tags whose content is not drawn as text.
const HIDDEN: [&str; 7] = ["head", "title", "script", "style", "template", "noscript", "svg"];

impl<'a> Source<'a> {
    /// Takes any text; what is no HTML has no places.
    pub fn parse(text: &'a str) -> Self {
        let mut source = Self { text, ..Self::default() };
        let mut parser = Parser::new();
        if parser.set_language(&tree_sitter_html::LANGUAGE.into()).is_ok()
            && let Some(tree) = parser.parse(text, None)
        {
            source.walk(tree.root_node());
        }
        source.drop_unused();
        source
    }

    /// Depth first without recursion: pages may nest deeper than a stack.
    fn walk(&mut self, root: Node<'_>) {
        let mut stack = vec![(root, None)];
        while let Some((node, parent)) = stack.pop() {
            let inside = self.visit(node, parent).or(parent);
            let mut cursor = node.walk();
            let children: Vec<_> = node.named_children(&mut cursor).map(|child| (child, inside)).collect();
            stack.extend(children.into_iter().rev());
        }
    }

    /// Notes one node; the index of the element that it opens, if it does.
    fn visit(&mut self, node: Node<'_>, parent: Option<usize>) -> Option<usize> {
        match node.kind() {
            "element" | "script_element" | "style_element" => return self.element(node, parent),
            "attribute" => self.attribute(node, parent),
            "text" => self.text(node, parent),
            "raw_text" if parent.is_some_and(|index| self.elements[index].tag == "style") => {
                self.declare(span(node), None, css::block);
            }
            _ => {}
        }
        None
    }

    fn element(&mut self, node: Node<'_>, parent: Option<usize>) -> Option<usize> {
        let start = child(node, &["start_tag", "self_closing_tag"])?;
        let name = span(child(start, &["tag_name"])?);
        let end_name = child(node, &["end_tag"]).and_then(|end| child(end, &["tag_name"])).map(span);
        let tag = name.slice(self.text)?.to_ascii_lowercase();
        let visible =
            !HIDDEN.contains(&tag.as_str()) && parent.is_none_or(|index| self.elements[index].visible);
        self.elements.push(Element { tag, span: span(node), name, end_name, parent, visible });
        Some(self.elements.len() - 1)
    }

    fn attribute(&mut self, node: Node<'_>, parent: Option<usize>) {
        let Some(element) = parent else { return };
        let name = child(node, &["attribute_name"]).and_then(|name| span(name).slice(self.text));
        let quoted = child(node, &["quoted_attribute_value"]).unwrap_or(node);
        let (Some(name), Some(value)) = (name, child(quoted, &["attribute_value"]).map(span)) else { return };
        let name = name.to_ascii_lowercase();
        if name == "style" {
            self.declare(value, Some(element), css::inline);
        }
        self.attributes.push(Attribute { element, name, value });
    }

    fn text(&mut self, node: Node<'_>, parent: Option<usize>) {
        let span = span(node);
        let visible = parent.is_none_or(|index| self.elements[index].visible);
        if let Some(text) = span.slice(self.text).filter(|text| visible && !text.trim().is_empty()) {
            let start = span.start + text.len() - text.trim_start().len();
            self.texts.push(Span::new(start, start + text.trim().len()));
        }
    }

    fn declare(&mut self, span: Span, element: Option<usize>, scan: fn(&str) -> Vec<css::Found>) {
        for found in scan(span.slice(self.text).unwrap_or_default()) {
            let value = found.value.shifted(span.start);
            let (property, preludes) = (found.property, found.preludes);
            self.declarations.push(Declaration { element, property, value, preludes });
        }
    }

    /// The values of all declarations.
    pub fn declared(&self) -> impl Iterator<Item = Span> + '_ {
        self.declarations.iter().map(|declaration| declaration.value)
    }

    /// Runs of visible text, without white space at their ends.
    pub fn texts(&self) -> impl Iterator<Item = Span> + '_ {
        self.texts.iter().copied()
    }

    /// Leaves out declarations of rules that select nothing on this page, or nothing that a picture shows.
    fn drop_unused(&mut self) {
        let names = self.names();
        self.declarations.retain(|declaration| {
            declaration.preludes.iter().all(|prelude| {
                if prelude.starts_with('@') { is_shown(prelude) } else { is_used(prelude, &names) }
            })
        });
    }

    /// `html` and `body` are there whether they are written or not.
    fn names(&self) -> Names {
        let written = self.elements.iter().map(|element| element.tag.clone());
        let tags = written.chain(["html".to_owned(), "body".to_owned()]);
        let marked = self.attributes.iter().flat_map(|attribute| {
            let mark = match attribute.name.as_str() {
                "class" => ".",
                "id" => "#",
                _ => "",
            };
            let words = self.slice(attribute.value).split_whitespace().filter(move |_| !mark.is_empty());
            words.map(move |word| format!("{mark}{word}"))
        });
        tags.chain(marked).collect()
    }

    /// The tag of the element that a style attribute belongs to; empty for a `<style>` block.
    pub(super) fn owner(&self, declaration: &Declaration) -> &str {
        declaration.element.map_or("", |index| &self.elements[index].tag)
    }

    pub(super) fn slice(&self, span: Span) -> &'a str {
        span.slice(self.text).unwrap_or_default()
    }
}

fn span(node: Node<'_>) -> Span {
    node.byte_range().into()
}

fn child<'t>(node: Node<'t>, kinds: &[&str]) -> Option<Node<'t>> {
    let mut cursor = node.walk();
    node.named_children(&mut cursor).find(|child| kinds.contains(&child.kind()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = r##"<!DOCTYPE html><html><head><title>T</title><style>p{color:red}</style></head>
<body STYLE='margin:0'><p style="color:#fff; width : 45%">Hello é <b>you</b></p><img src=a.png><script>x<1</script></body></html>"##;

    #[test]
    fn every_place_has_its_span() {
        let source = Source::parse(PAGE);
        let tags: Vec<&str> = source.elements.iter().map(|element| element.tag.as_str()).collect();
        assert_eq!(tags, ["html", "head", "title", "style", "body", "p", "b", "img", "script"]);
        let texts: Vec<&str> = source.texts.iter().map(|span| source.slice(*span)).collect();
        assert_eq!(texts, ["Hello é", "you"]);
        let declarations: Vec<(&str, &str, &str)> = source
            .declarations
            .iter()
            .map(|d| (source.owner(d), d.property.as_str(), source.slice(d.value)))
            .collect();
        let expected =
            [("", "color", "red"), ("body", "margin", "0"), ("p", "color", "#fff"), ("p", "width", "45%")];
        assert_eq!(declarations, expected);
        assert_eq!(source.slice(source.attributes[2].value), "a.png");
        assert_eq!(source.slice(source.elements[6].span), "<b>you</b>");
    }

    #[test]
    fn any_text_is_taken() {
        for text in ["", "plain", "<", "<p", "<p style=", "</p>", "<p style='a:b", "\u{0}<é>"] {
            Source::parse(text);
        }
        let deep = "<div>".repeat(20_000);
        Source::parse(&deep);
    }
}
