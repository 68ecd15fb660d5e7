//! What one program has that another has not, word by word: generated programs are one long line.

use galley_measure::difflib::{Match, matching_blocks};
use maud::{Markup, html};

/// Words compared of each program; the search is quadratic at worst.
const WORDS: usize = 4_000;

/// Both programs in one text, what was left out struck through and what was added underlined; nothing where they are
/// the same.
pub(crate) fn changes(before: &str, after: &str) -> Option<Markup> {
    if before == after {
        return None;
    }
    let (a, b) = (words(before), words(after));
    let (mut left, mut right) = (0, 0);
    let mut parts = Vec::new();
    for Match { a_start, b_start, size } in matching_blocks(&a, &b, false) {
        parts.push((
            a[left..a_start].concat(),
            b[right..b_start].concat(),
            a[a_start..a_start + size].concat(),
        ));
        (left, right) = (a_start + size, b_start + size);
    }
    Some(html! {
        pre.changes { @for (removed, added, kept) in &parts {
            @if !removed.is_empty() { del { (removed) } } @if !added.is_empty() { ins { (added) } } (kept)
        } }
    })
}

/// Names and numbers whole, everything else a character at a time.
fn words(text: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut rest = text;
    while words.len() < WORDS && !rest.is_empty() {
        let part_of_word = |c: char| c.is_alphanumeric() || c == '_';
        let word = rest.find(|c: char| !part_of_word(c)).unwrap_or(rest.len());
        let end = if word > 0 { word } else { rest.chars().next().map_or(rest.len(), char::len_utf8) };
        words.push(&rest[..end]);
        rest = &rest[end..];
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_differ_are_marked_and_escaped() {
        let shown = changes("<p>red cloud</p>", "<p>blue cloud!</p>").unwrap().into_string();
        assert!(
            shown.contains("&lt;p&gt;<del>red</del><ins>blue</ins> cloud<ins>!</ins>&lt;/p&gt;"),
            "{shown}"
        );
        assert!(changes("same", "same").is_none());
    }

    #[test]
    fn any_text_can_be_cut_into_words() {
        assert_eq!(words("é_1 =\u{1F600}x"), ["é_1", " ", "=", "\u{1F600}", "x"]);
        assert_eq!(words(&"a ".repeat(WORDS)).len(), WORDS);
    }
}
