//! Whether a rule of a style sheet can have an effect on a page: enough to leave unused rules alone.

use std::collections::BTreeSet;

/// The names by which a page's elements can be selected: `tag`, `.class`, `#id`.
pub(super) type Names = BTreeSet<String>;

/// Pseudo-classes and -elements that no picture shows.
const STATES: [&str; 13] = [
    "hover",
    "focus",
    "active",
    "visited",
    "checked",
    "disabled",
    "target",
    "focus-within",
    "focus-visible",
    "placeholder",
    "selection",
    "-webkit-scrollbar",
    "-moz-placeholder",
];

/// Whether some selector of the list names only what the page has, in no passing state. Combinators and attributes are
/// not looked at, so a rule that is used is never missed because of them.
pub(super) fn is_used(list: &str, names: &Names) -> bool {
    list.split(',').any(|selector| {
        let parts = parts(selector);
        !parts.is_empty() && parts.iter().all(|part| selects(part, names))
    })
}

/// Whether the block of an at-rule holds rules or declarations for the screen.
pub(super) fn is_shown(at_rule: &str) -> bool {
    let name = at_rule.split([' ', '(', '\n']).next().unwrap_or_default();
    matches!(name, "@media" | "@supports" | "@layer" | "@container") && !at_rule.contains("print")
}

fn selects(part: &str, names: &Names) -> bool {
    match part.strip_prefix(':') {
        Some(pseudo) => !STATES.contains(&pseudo.trim_start_matches(':')),
        None => names.contains(part) || part == "*",
    }
}

/// `a.b > #c:hover` → `a`, `.b`, `#c`, `:hover`; brackets and parentheses are passed over. Tags in lower case.
fn parts(selector: &str) -> Vec<String> {
    let mut parts: Vec<String> = Vec::new();
    let (mut depth, mut open) = (0usize, false);
    for c in selector.chars() {
        depth += usize::from("[(".contains(c));
        let begins = ".#:*".contains(c);
        let continues = c.is_alphanumeric() || "-_\\:".contains(c);
        if depth > 0 || !(begins || continues) {
            open = false;
        } else if open && continues && !(c == ':' && parts.last().is_some_and(|last| !last.ends_with(':'))) {
            parts.last_mut().into_iter().for_each(|part| part.push(c));
        } else {
            parts.push(c.to_string());
            open = true;
        }
        depth -= usize::from("])".contains(c) && depth > 0);
    }
    for part in parts.iter_mut().filter(|part| part.starts_with(char::is_alphanumeric)) {
        part.make_ascii_lowercase();
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn selectors_are_taken_apart() {
        assert_eq!(parts("A.b-c > #d:hover p::before"), ["a", ".b-c", "#d", ":hover", "p", "::before"]);
        assert_eq!(parts("input[type=\"x.y\"]:not(.z), *"), ["input", ":not", "*"]);
        assert!(parts(" ").is_empty());
    }

    #[test]
    fn a_rule_is_used_when_one_of_its_selectors_may_be() {
        let names: Names = ["a", "p", ".card", "#top"].map(String::from).into();
        for used in ["p", "A", "*", "p .card", "b, p", "p:first-child", "a[href] > p", "#top.card::after"] {
            assert!(is_used(used, &names), "{used}");
        }
        for unused in ["b", "p.b", "a:hover", "p .cards", "#Top", "", "a::selection"] {
            assert!(!is_used(unused, &names), "{unused}");
        }
        assert!(is_shown("@media (max-width:600px)") && is_shown("@media(max-width:600px)"));
        assert!(!is_shown("@media print") && !is_shown("@keyframes x") && !is_shown("@font-face"));
    }
}
