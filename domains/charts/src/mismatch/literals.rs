//! The literals of a program, and which of them made an artist what it is.

use galley_core::Span;

use crate::places::{Kind, places};

/// All literals of one program.
pub struct Literals<'a> {
    program: &'a str,
    places: Vec<(Span, Kind)>,
}

impl<'a> Literals<'a> {
    pub fn of(program: &'a str) -> Self {
        Self { program, places: places(program) }
    }

    /// A string that says just this: the `number`-th of them, or the last.
    pub fn text(&self, text: &str, number: usize) -> Option<Span> {
        self.best(self.kind(Kind::Text, None).filter(|span| span.slice(self.program) == Some(text)), number)
    }

    /// A colour written in `within` that looks like this: the `number`-th of them, or the last.
    pub fn color(&self, color: [f64; 3], within: Span, number: usize) -> Option<Span> {
        let same = |span: &Span| span.slice(self.program).and_then(channels) == Some(color.map(|c| c as u8));
        self.best(self.kind(Kind::Color, Some(within)).filter(same), number)
    }

    /// The numbers of a call that concern its artist `at` of `count`: where every artist has as many, its own; otherwise
    /// all of them, from the first through the last.
    pub fn numbers(&self, within: Span, at: usize, count: usize) -> Vec<Span> {
        let all: Vec<Span> = self.kind(Kind::Number, Some(within)).collect();
        match (all.first(), all.last()) {
            (Some(_), Some(_)) if count > 1 && all.len().is_multiple_of(count) => {
                all.into_iter().skip(at).step_by(count).collect()
            }
            (Some(first), Some(last)) => vec![Span::new(first.start, last.end)],
            _ => Vec::new(),
        }
    }

    /// Every number written in `within`, with its value.
    pub fn each(&self, within: Span) -> Vec<(Span, f64)> {
        let all = self.kind(Kind::Number, Some(within));
        all.filter_map(|span| Some((span, span.slice(self.program)?.parse().ok()?))).collect()
    }

    /// The program's text there.
    pub fn quoted(&self, span: Span) -> Option<&'a str> {
        span.slice(self.program)
    }

    fn kind(&self, kind: Kind, within: Option<Span>) -> impl Iterator<Item = Span> {
        let fits = move |(span, own): &&(Span, Kind)| {
            *own == kind && within.is_none_or(|outer| outer.encloses(*span))
        };
        self.places.iter().filter(fits).map(|(span, _)| *span)
    }

    fn best(&self, found: impl Iterator<Item = Span>, number: usize) -> Option<Span> {
        let found: Vec<Span> = found.collect();
        found.get(number).or(found.last()).copied()
    }
}

/// `a3c` and `aa33cc` are the same.
fn channels(digits: &str) -> Option<[u8; 3]> {
    let short = digits.len() == 3;
    let channel = |at: usize| match short {
        true => u8::from_str_radix(digits.get(at..at + 1)?, 16).ok().map(|digit| digit * 17),
        false => u8::from_str_radix(digits.get(2 * at..2 * at + 2)?, 16).ok(),
    };
    Some([channel(0)?, channel(1)?, channel(2)?])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_artist_has_its_own_literals() {
        let program =
            "ax.bar([\"oak\", \"elm\"], [3, 5], color=[\"#a3c\", \"#00ff00\"])\nplt.plot([1, 2, 3])\n";
        let literals = Literals::of(program);
        let call = Span::new(0, program.find('\n').unwrap());
        let said = |span: Option<Span>| span.and_then(|span| span.slice(program)).unwrap_or("?");
        assert_eq!(said(literals.text("elm", 0)), "elm");
        assert_eq!(said(literals.color([170.0, 51.0, 204.0], call, 0)), "a3c");
        assert_eq!(said(literals.color([0.0, 255.0, 0.0], call, 3)), "00ff00");
        assert_eq!(said(literals.numbers(call, 1, 2).first().copied()), "5");
        let line = Span::new(call.end + 1, program.len());
        assert_eq!(said(literals.numbers(line, 0, 1).first().copied()), "1, 2, 3");
        assert!(literals.text("ash", 0).is_none() && literals.numbers(Span::new(0, 6), 0, 1).is_empty());
    }
}
