//! The places of a program that a reader could get wrong one by one: colours, numbers, texts.

use galley_core::Span;
use galley_kit::python::walk;
use tree_sitter::Node;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The digits of a hexadecimal colour, without quotes and `#`.
    Color,
    Number,
    /// What a string says, without its quotes.
    Text,
}

impl Kind {
    pub fn name(self) -> &'static str {
        match self {
            Self::Color => "color",
            Self::Number => "layout",
            Self::Text => "text",
        }
    }
}

/// All of them inside calls and assignments, in source order, disjoint.
pub fn places(program: &str) -> Vec<(Span, Kind)> {
    let mut found = Vec::new();
    walk(program, |node| {
        let place = place(node, program);
        found.extend(place);
        place.is_none()
    });
    found.retain(|(span, _)| !span.is_empty());
    found.sort_by_key(|(span, _)| *span);
    found
}

/// Every value as [`galley_core::Domain::values`] wants them: a colour gives one place a digit, so that eliding some of
/// them keeps the number of tokens.
pub fn values(program: &str) -> Vec<Span> {
    let each = |(span, kind): (Span, Kind)| match kind {
        Kind::Color => (span.start..span.end).map(|at| Span::new(at, at + 1)).collect(),
        _ => vec![span],
    };
    places(program).into_iter().flat_map(each).collect()
}

fn place(node: Node<'_>, program: &str) -> Option<(Span, Kind)> {
    match node.kind() {
        "integer" | "float" => Some((node.byte_range().into(), Kind::Number)),
        "string" if node.child_count() <= 3 => {
            let mut cursor = node.walk();
            let content = node.named_children(&mut cursor).find(|child| child.kind() == "string_content")?;
            let span = Span::from(content.byte_range());
            let text = span.slice(program)?;
            let digits =
                text.strip_prefix('#').filter(|rest| rest.bytes().all(|byte| byte.is_ascii_hexdigit()));
            match digits {
                Some(digits) if matches!(digits.len(), 3 | 6) => {
                    Some((Span::new(span.start + 1, span.end), Kind::Color))
                }
                _ => (content.child_count() == 0 && says_something(node, program, text))
                    .then_some((span, Kind::Text)),
            }
        }
        _ => None,
    }
}

/// Texts that end on the picture; names of styles, maps and files do not.
fn says_something(node: Node<'_>, program: &str, text: &str) -> bool {
    const STYLES: [&str; 11] = [
        "cmap",
        "marker",
        "linestyle",
        "fmt",
        "ha",
        "va",
        "loc",
        "projection",
        "autopct",
        "fontweight",
        "bbox_inches",
    ];
    let argument = node.parent().filter(|parent| parent.kind() == "keyword_argument");
    let name = argument.and_then(|argument| argument.child_by_field_name("name"));
    let name = name.and_then(|name| Span::from(name.byte_range()).slice(program)).unwrap_or_default();
    !STYLES.contains(&name) && text.chars().next().is_some_and(char::is_alphabetic) && !text.contains('.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_digits_numbers_and_words() {
        let program = "plt.bar([\"oak\"], [31], color=\"#a3c\", marker=\"o\")\nplt.savefig(\"chart.png\")\n";
        let texts: Vec<&str> = values(program).into_iter().filter_map(|span| span.slice(program)).collect();
        assert_eq!(texts, ["oak", "31", "a", "3", "c"]);
    }
}
