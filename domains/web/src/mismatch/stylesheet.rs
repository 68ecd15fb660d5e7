//! Rules of the `<style>` elements of a page: enough of CSS to quote the declaration that styled an element.
//!
//! Understood are lists of single compound selectors (`div`, `.card`, `#id`, `li.on`, `*`) and one level of `@media`,
//! whose condition is not evaluated: such a rule is *conditional*, and whoever asks must see whether it applied.
//! Selectors with combinators, attributes or pseudo-classes, and other at-rules, are passed over.

use super::start_tag::{Declaration, declarations};

/// One selector with the declarations of its rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    selector: Compound,
    /// Positions count from the start of the program.
    pub declarations: Vec<Declaration>,
    /// It stands in an `@media` block.
    pub conditional: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Compound {
    tag: Option<String>,
    id: Option<String>,
    classes: Vec<String>,
}

/// What selectors look at.
#[derive(Clone, Copy, Debug, Default)]
pub struct Subject<'a> {
    pub tag: &'a str,
    pub id: &'a str,
    /// The class attribute as written.
    pub class: &'a str,
}

/// The rules of every `<style>` element, in source order.
pub fn rules(program: &str) -> Vec<Rule> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(open) = find_ignoring_case(&program[at..], "<style").map(|found| at + found) {
        let Some(start) = program[open..].find('>').map(|found| open + found + 1) else { break };
        let end =
            find_ignoring_case(&program[start..], "</style").map_or(program.len(), |found| start + found);
        read(program, start, end, false, &mut found);
        at = end;
    }
    found
}

/// The rules that select `subject`, the one with the last word first.
pub fn matching<'r>(rules: &'r [Rule], subject: Subject<'_>) -> Vec<&'r Rule> {
    let mut found: Vec<&Rule> = rules.iter().filter(|rule| rule.selector.selects(subject)).collect();
    found.sort_by_key(|rule| rule.selector.specificity());
    found.reverse();
    found
}

fn find_ignoring_case(text: &str, wanted: &str) -> Option<usize> {
    text.as_bytes().windows(wanted.len()).position(|window| window.eq_ignore_ascii_case(wanted.as_bytes()))
}

/// Reads the rules of `program[at..end]`.
fn read(program: &str, mut at: usize, end: usize, conditional: bool, found: &mut Vec<Rule>) {
    while let Some(open) = program[at..end].find('{').map(|brace| at + brace) {
        let prelude = without_comments(&program[at..open]);
        let close = closing(program, open, end);
        let prelude = prelude.rsplit([';', '}']).next().unwrap_or_default().trim();
        if prelude.starts_with("@media") && !conditional {
            read(program, open + 1, close, true, found);
        } else if !prelude.starts_with('@') {
            let block = declarations(&program[open + 1..close], open + 1);
            for selector in prelude.split(',').filter_map(|text| Compound::parse(text.trim())) {
                found.push(Rule { selector, declarations: block.clone(), conditional });
            }
        }
        at = (close + 1).min(end);
    }
}

/// The `}` that closes the `{` at `open`, or `end`.
fn closing(program: &str, open: usize, end: usize) -> usize {
    let mut depth = 0usize;
    for (at, byte) in program.as_bytes()[open..end].iter().enumerate() {
        match byte {
            b'{' => depth += 1,
            b'}' if depth <= 1 => return open + at,
            b'}' => depth -= 1,
            _ => {}
        }
    }
    end
}

fn without_comments(text: &str) -> String {
    let mut kept = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("/*") {
        kept.push_str(before);
        rest = after.split_once("*/").map_or("", |(_, behind)| behind);
    }
    kept + rest
}

impl Compound {
    fn parse(text: &str) -> Option<Self> {
        let plain = |c: char| c.is_alphanumeric() || "-_.#*".contains(c);
        if text.is_empty() || !text.chars().all(plain) {
            return None;
        }
        let mut compound = Self::default();
        let mut rest = text.strip_prefix('*').unwrap_or(text);
        while !rest.is_empty() {
            let (mark, name) = match rest.as_bytes()[0] {
                mark @ (b'.' | b'#') => (Some(mark), &rest[1..]),
                _ => (None, rest),
            };
            let len = name.find(['.', '#', '*']).unwrap_or(name.len());
            if len == 0 {
                return None;
            }
            let word = name[..len].to_owned();
            match mark {
                Some(b'.') => compound.classes.push(word),
                Some(_) => compound.id = Some(word),
                None => compound.tag = Some(word.to_ascii_lowercase()),
            }
            rest = &name[len..];
        }
        Some(compound)
    }

    fn selects(&self, subject: Subject<'_>) -> bool {
        let has = |class: &String| subject.class.split_whitespace().any(|own| own == class);
        self.tag.as_ref().is_none_or(|tag| tag == subject.tag)
            && self.id.as_ref().is_none_or(|id| id == subject.id)
            && self.classes.iter().all(has)
    }

    fn specificity(&self) -> (usize, usize, usize) {
        (usize::from(self.id.is_some()), self.classes.len(), usize::from(self.tag.is_some()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "<style>/* a */body{background:#a3c}@media(max-width:600px){body{background:#5c3}}\
                        .card, #x.y{width:40%} ul > li{color:red}</style><body></body>";

    fn quoted(subject: Subject<'_>) -> Vec<(String, bool)> {
        let rules = rules(PAGE);
        matching(&rules, subject)
            .iter()
            .flat_map(|rule| rule.declarations.iter().map(|found| (found.quoted.clone(), rule.conditional)))
            .collect()
    }

    #[test]
    fn rules_of_a_tag_come_last_first() {
        let body = Subject { tag: "body", ..Subject::default() };
        assert_eq!(quoted(body), [("background:#5c3".into(), true), ("background:#a3c".into(), false)]);
    }

    #[test]
    fn classes_and_identifiers_select_and_combinators_are_passed_over() {
        assert_eq!(quoted(Subject { tag: "p", id: "", class: "big card" }), [("width:40%".into(), false)]);
        assert_eq!(quoted(Subject { tag: "p", id: "x", class: "y" }).len(), 1);
        assert!(quoted(Subject { tag: "li", id: "x", class: "" }).is_empty());
    }

    #[test]
    fn positions_count_from_the_start_of_the_program() {
        for rule in rules(PAGE) {
            assert!(rule.declarations.iter().all(|found| PAGE[found.at..].starts_with(&found.quoted)));
        }
    }

    #[test]
    fn broken_sheets_end() {
        for page in ["<style>", "<style>{", "<style>a{b:c", "<style>@media{a{}", "<style>}}{{", "<style"] {
            let _ = rules(page);
        }
    }
}
