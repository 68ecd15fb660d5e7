//! The statements of a Python program.

use galley_core::Span;
use tree_sitter::Node;

use super::walk;

/// Every statement with its name, in source order, outer ones first: the called function for a call (`ax.bar`), the
/// keyword for a compound statement (`for`), the kind of node otherwise. What does not parse has the statements around
/// the broken part.
pub fn statements(program: &str) -> Vec<(Span, String)> {
    let mut found = Vec::new();
    walk(program, |node| {
        found.extend(name(node, program).map(|name| (Span::from(node.byte_range()), name)));
        true
    });
    found.retain(|(span, _)| !span.is_empty());
    found.sort_by(|a, b| (a.0.start, usize::MAX - a.0.end).cmp(&(b.0.start, usize::MAX - b.0.end)));
    found.dedup_by_key(|(span, _)| *span);
    found
}

fn name(node: Node<'_>, program: &str) -> Option<String> {
    let kind = node.kind();
    if kind == "expression_statement" {
        return Some(expression(node, program).unwrap_or_else(|| "expression".into()));
    }
    let compound = ["function_definition", "class_definition", "decorated_definition"].contains(&kind);
    let named = kind.strip_suffix("_statement").or(compound.then_some(kind))?;
    Some(named.trim_end_matches("_definition").replace('_', " "))
}

/// The function that a statement calls, or `=`.
fn expression(node: Node<'_>, program: &str) -> Option<String> {
    let mut inner = node.named_child(0)?;
    if inner.kind() == "assignment" {
        match inner.child_by_field_name("right").filter(|right| right.kind() == "call") {
            Some(call) => inner = call,
            None => return Some("=".into()),
        }
    }
    let function = (inner.kind() == "call").then(|| inner.child_by_field_name("function")).flatten()?;
    let text = Span::from(function.byte_range()).slice(program)?;
    (text.len() <= 60).then(|| text.split_whitespace().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_come_outer_first_with_their_names() {
        let program =
            "import os\nfig, ax = plt.subplots()\nif x:\n  y = 1; ax.bar(1)\ndef f():\n  return 2\n";
        let names: Vec<String> = statements(program).into_iter().map(|(_, name)| name).collect();
        assert_eq!(names, ["import", "plt.subplots", "if", "=", "ax.bar", "function", "return"]);
    }

    #[test]
    fn any_text_is_taken() {
        for text in ["", "(((", "if", "x = = 2\ny = 3", "\u{0}é", "def"] {
            let found = statements(text);
            assert!(found.iter().all(|(span, _)| span.end <= text.len()));
        }
        statements(&"(".repeat(20_000));
        statements(&format!("x{}", "[0]".repeat(20_000)));
    }
}
