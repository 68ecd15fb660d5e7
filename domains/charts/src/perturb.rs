//! Worsens programs: other colours, numbers, words, and statements left out.

use galley_core::{Edit, Perturbed, Random, Span};
use galley_kit::python::statements;

use crate::places::{Kind, places};

const WORDS: [&str; 8] = ["other", "left", "right", "zinc", "moon", "field", "east", "tall"];

/// `program` with `strength` (at least one) edits in different places, or with as many as it has places for.
pub fn perturb(program: &str, strength: usize, random: &mut Random) -> Option<Perturbed> {
    let mut proposals: Vec<Edit> = places(program)
        .into_iter()
        .filter_map(|(span, kind)| {
            let old = span.slice(program)?;
            let replacement = match kind {
                Kind::Color => recoloured(old, random),
                Kind::Number => renumbered(old, random)?,
                Kind::Text => (*random.pick(&WORDS)).to_owned(),
            };
            let fits = replacement != old;
            fits.then(|| Edit { kind: kind.name().into(), span, replacement })
        })
        .chain(left_out(program))
        .collect();
    random.shuffle(&mut proposals);
    let mut edits: Vec<Edit> = Vec::new();
    for edit in proposals {
        let free =
            edits.iter().all(|other| edit.span.end <= other.span.start || other.span.end <= edit.span.start);
        if free && edits.len() < strength.max(1) {
            edits.push(edit);
        }
    }
    edits.sort_by_key(|edit| edit.span);
    (!edits.is_empty()).then(|| Perturbed { program: apply(program, &edits), edits })
}

/// Calls that only decorate become `pass`.
fn left_out(program: &str) -> Vec<Edit> {
    const DECORATIONS: [&str; 7] = ["title", "xlabel", "ylabel", "legend", "grid", "text", "axhline"];
    statements(program)
        .into_iter()
        .filter(|(_, name)| {
            let last = name.rsplit('.').next().unwrap_or_default();
            DECORATIONS.contains(&last.trim_start_matches("set_"))
        })
        .map(|(span, _)| Edit { kind: "component".into(), span, replacement: "pass".into() })
        .collect()
}

/// One digit of a hexadecimal colour, moved by at least four.
fn recoloured(old: &str, random: &mut Random) -> String {
    let mut digits: Vec<char> = old.chars().collect();
    let width = digits.len() / 3;
    let at = random.below(3) * width.max(1);
    if let Some(digit) = digits.get_mut(at) {
        let value = (digit.to_digit(16).unwrap_or(0) + 4 + random.below(9) as u32) % 16;
        *digit = char::from_digit(value, 16).unwrap_or('0');
    }
    digits.into_iter().collect()
}

/// Another number of the same size, for whole numbers of at most two digits.
fn renumbered(old: &str, random: &mut Random) -> Option<String> {
    let number: usize = old.parse().ok().filter(|number| *number < 100)?;
    let most = if number < 10 { 9 } else { 99 };
    Some(((number + 1 + random.below(most)) % (most + 1)).to_string())
}

/// `original` with the edits, which are sorted and disjoint.
fn apply(original: &str, edits: &[Edit]) -> String {
    let (mut program, mut at) = (String::with_capacity(original.len()), 0);
    for edit in edits {
        program += Span::new(at, edit.span.start).slice(original).unwrap_or_default();
        program += &edit.replacement;
        at = edit.span.end;
    }
    program + original.get(at..).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROGRAM: &str = "plt.bar([\"oak\"], [3], color=\"#a3c\")\nplt.title(\"home\")\n";

    #[test]
    fn edits_change_the_program_in_as_many_places_as_asked() {
        for strength in 1..=4 {
            let worse = perturb(PROGRAM, strength, &mut Random::new(strength as u64)).unwrap();
            assert_eq!(worse.edits.len(), strength);
            assert_ne!(worse.program, PROGRAM);
        }
        assert_eq!(perturb("pass", 1, &mut Random::new(1)), None);
    }
}
