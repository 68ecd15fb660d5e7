//! Worsened programs of a domain that names its values and does not worsen them itself.

use galley_core::{Edit, Random, Span};

/// Other numbers and hexadecimal digits in `strength` of the places, in source order; words are left alone.
pub fn edits(program: &str, values: &[Span], strength: usize, random: &mut Random) -> Vec<Edit> {
    let mut places: Vec<Span> = values.to_vec();
    random.shuffle(&mut places);
    let mut edits: Vec<Edit> = Vec::new();
    for span in places {
        if edits.len() == strength.max(1) {
            break;
        }
        let Some(text) = span.slice(program) else { continue };
        if let Some(replacement) = other(text, &program[..span.start], random).filter(|other| other != text) {
            edits.push(Edit { kind: "value".into(), span, replacement });
        }
    }
    edits.sort_by_key(|edit| edit.span);
    edits
}

/// Behind a `#` a digit changes; a whole number becomes one between nothing and its double.
fn other(text: &str, before: &str, random: &mut Random) -> Option<String> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if digits && before.ends_with('#') {
        let at = random.below(text.len());
        let digit = char::from_digit(random.below(16) as u32, 16)?;
        return Some(format!("{}{digit}{}", &text[..at], &text[at + 1..]));
    }
    let number: usize = text.parse().ok().filter(|number| *number <= 1 << 30)?;
    Some(random.below(number * 2 + 2).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_colours_change_and_words_stay() {
        let program = "x=12 c=#0af word";
        let values = [Span::new(2, 4), Span::new(8, 11), Span::new(12, 16)];
        let random = Random::new(3);
        let found: Vec<_> = (0..50).flat_map(|at| edits(program, &values, 3, &mut random.at(at))).collect();
        assert!(found.iter().all(|edit| edit.span != values[2]));
        assert!(values[..2].iter().all(|value| found.iter().any(|edit| edit.span == *value)));
        assert!(found.iter().filter(|edit| edit.span == values[1]).all(|edit| edit.replacement.len() == 3));
    }
}
