//! Python's `difflib.SequenceMatcher`, literally: the text similarity of Design2Code and of many other evaluators.
//!
//! Everything that decides the number is kept: the order in which ties are broken, the stack of sub-problems, and
//! "autojunk" (in a second sequence of 200 or more items, an item that occurs more than `len / 100 + 1` times cannot
//! start a match). The order of the arguments matters. Source: CPython 3.11 `Lib/difflib.py`.

use std::collections::BTreeMap;

/// `SequenceMatcher(None, a, b).ratio()`: in 0..=1, 1 for equal texts (two empty ones included).
pub fn ratio(a: &str, b: &str) -> f64 {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    ratio_of(&a, &b, true)
}

/// [`ratio`] of any two sequences, with or without autojunk.
pub fn ratio_of<T: Ord>(a: &[T], b: &[T], autojunk: bool) -> f64 {
    let total = a.len() + b.len();
    if total == 0 {
        return 1.0;
    }
    let matched: usize = matching_blocks(a, b, autojunk).iter().map(|block| block.size).sum();
    2.0 * matched as f64 / total as f64
}

/// `a[a_start..][..size] == b[b_start..][..size]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Match {
    pub a_start: usize,
    pub b_start: usize,
    pub size: usize,
}

/// `SequenceMatcher.get_matching_blocks()`: ascending, never adjacent, closed by an empty match at both ends.
pub fn matching_blocks<T: Ord>(a: &[T], b: &[T], autojunk: bool) -> Vec<Match> {
    let mut matcher = Matcher::new(a, b, autojunk);
    let mut pending = vec![(0, a.len(), 0, b.len())];
    let mut found = Vec::new();
    while let Some((a_from, a_to, b_from, b_to)) = pending.pop() {
        let best = matcher.longest(a_from, a_to, b_from, b_to);
        if best.size == 0 {
            continue;
        }
        if a_from < best.a_start && b_from < best.b_start {
            pending.push((a_from, best.a_start, b_from, best.b_start));
        }
        let (a_end, b_end) = (best.a_start + best.size, best.b_start + best.size);
        if a_end < a_to && b_end < b_to {
            pending.push((a_end, a_to, b_end, b_to));
        }
        found.push(best);
    }
    found.sort_unstable();
    joined(&found, a.len(), b.len())
}

/// Adjacent matches become one; the end marker is added.
fn joined(found: &[Match], a_len: usize, b_len: usize) -> Vec<Match> {
    let mut blocks: Vec<Match> = Vec::with_capacity(found.len() + 1);
    for &block in found {
        match blocks.last_mut() {
            Some(last)
                if last.a_start + last.size == block.a_start && last.b_start + last.size == block.b_start =>
            {
                last.size += block.size;
            }
            _ => blocks.push(block),
        }
    }
    blocks.push(Match { a_start: a_len, b_start: b_len, size: 0 });
    blocks
}

/// The two sequences, with where each item of `b` occurs (Python's `b2j`).
struct Matcher<'a, T> {
    a: &'a [T],
    b: &'a [T],
    /// For each position of `a`: an index into `places`, where its item occurs in `b` and may start a match.
    place_of: Vec<Option<usize>>,
    places: Vec<Vec<usize>>,
    /// Run lengths that end at `b[j]`, kept at `j + 1`, of the previous row and of this one; zero between calls.
    before: Vec<usize>,
    now: Vec<usize>,
}

impl<'a, T: Ord> Matcher<'a, T> {
    fn new(a: &'a [T], b: &'a [T], autojunk: bool) -> Self {
        let mut index: BTreeMap<&T, Vec<usize>> = BTreeMap::new();
        for (at, item) in b.iter().enumerate() {
            index.entry(item).or_default().push(at);
        }
        if autojunk && b.len() >= 200 {
            let popular = b.len() / 100 + 1;
            index.retain(|_, at| at.len() <= popular);
        }
        let order: BTreeMap<&T, usize> = index.keys().enumerate().map(|(at, item)| (*item, at)).collect();
        let place_of = a.iter().map(|item| order.get(item).copied()).collect();
        let places = index.into_values().collect();
        Self { a, b, place_of, places, before: vec![0; b.len() + 1], now: vec![0; b.len() + 1] }
    }

    /// `find_longest_match`: the earliest of the longest matches, then extended over popular items.
    fn longest(&mut self, a_from: usize, a_to: usize, b_from: usize, b_to: usize) -> Match {
        let mut best = Match { a_start: a_from, b_start: b_from, size: 0 };
        let Self { place_of, places, before, now, .. } = self;
        let row = |i: usize| place_of[i].map_or(&[][..], |place| within(&places[place], b_from, b_to));
        for i in a_from..a_to {
            for &j in row(i) {
                let run = before[j] + 1;
                now[j + 1] = run;
                if run > best.size {
                    best = Match { a_start: i + 1 - run, b_start: j + 1 - run, size: run };
                }
            }
            if i > a_from {
                row(i - 1).iter().for_each(|&j| before[j + 1] = 0);
            }
            std::mem::swap(before, now);
        }
        if a_to > a_from {
            row(a_to - 1).iter().for_each(|&j| before[j + 1] = 0);
        }
        self.extended(best, a_from, a_to, b_from, b_to)
    }

    fn extended(&self, mut best: Match, a_from: usize, a_to: usize, b_from: usize, b_to: usize) -> Match {
        while best.a_start > a_from
            && best.b_start > b_from
            && self.a[best.a_start - 1] == self.b[best.b_start - 1]
        {
            best = Match { a_start: best.a_start - 1, b_start: best.b_start - 1, size: best.size + 1 };
        }
        while best.a_start + best.size < a_to
            && best.b_start + best.size < b_to
            && self.a[best.a_start + best.size] == self.b[best.b_start + best.size]
        {
            best.size += 1;
        }
        best
    }
}

/// The part of an ascending list that lies in `from..to`.
fn within(ascending: &[usize], from: usize, to: usize) -> &[usize] {
    let start = ascending.partition_point(|&at| at < from);
    let end = ascending.partition_point(|&at| at < to);
    &ascending[start..end.max(start)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn python_prints_these_ratios() {
        assert_eq!(ratio("", ""), 1.0);
        assert_eq!(ratio("abcd", "bcde"), 0.75);
        assert_eq!(
            ratio("private Thread currentThread;", "private volatile Thread currentThread;"),
            58.0 / 67.0
        );
    }

    #[test]
    fn popular_characters_of_long_texts_start_no_match() {
        let (a, b) = ("a".repeat(150) + &"b".repeat(100), "b".repeat(100) + &"a".repeat(150));
        assert_eq!(ratio(&a, &b), 0.0);
        let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
        assert_eq!(ratio_of(&a, &b, false), 0.6);
        assert_eq!(ratio(&"lorem ipsum ".repeat(20), &"lorem ipsun ".repeat(20)), 0.041666666666666664);
    }

    #[test]
    fn adjacent_matches_are_joined() {
        let blocks = matching_blocks(b"abxcd", b"abcd", true);
        let expected = [(0, 0, 2), (3, 2, 2), (5, 4, 0)];
        assert_eq!(blocks, expected.map(|(a_start, b_start, size)| Match { a_start, b_start, size }));
    }
}
