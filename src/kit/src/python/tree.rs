//! A walk over the syntax tree of a Python program.

use tree_sitter::{Node, Parser};

/// Shows every named node, outer ones first and in source order; what is inside one is left out where `visit` says
/// false. A program that cannot be parsed at all has none.
pub fn walk(program: &str, mut visit: impl FnMut(Node<'_>) -> bool) {
    let mut parser = Parser::new();
    if parser.set_language(&tree_sitter_python::LANGUAGE.into()).is_err() {
        return;
    }
    let Some(tree) = parser.parse(program, None) else { return };
    // Depth first without recursion: programs may nest deeper than a stack.
    let mut stack = vec![tree.root_node()];
    while let Some(node) = stack.pop() {
        if visit(node) {
            let mut cursor = node.walk();
            let children: Vec<Node<'_>> = node.named_children(&mut cursor).collect();
            stack.extend(children.into_iter().rev());
        }
    }
}
