//! Python's `difflib.SequenceMatcher`, literally: the text similarity of Design2Code and of many other evaluators.
//!
//! Everything that decides the number is kept: the order in which ties are broken, the stack of sub-problems, and
//! "autojunk" (in a second sequence of 200 or more items, an item that occurs more than `len / 100 + 1` times cannot
//! start a match). The order of the arguments matters. Source: CPython 3.11 `Lib/difflib.py`.
//!
//! One sequence against many is [`Index`] over symbols (small numbers that stand for the items); the functions on
//! texts and on any ordered items number the items first.

use std::collections::BTreeMap;

/// `SequenceMatcher(None, a, b).ratio()`: in 0..=1, 1 for equal texts (two empty ones included).
pub fn ratio(a: &str, b: &str) -> f64 {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    ratio_of(&a, &b, true)
}

/// [`ratio`] of any two sequences, with or without autojunk.
pub fn ratio_of<T: Ord>(a: &[T], b: &[T], autojunk: bool) -> f64 {
    let (a, b) = numbered(a, b);
    Index::new(b, autojunk).ratio(&a, &mut Scratch::default())
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
    let (a, b) = numbered(a, b);
    let (a_len, b_len) = (a.len(), b.len());
    let mut found = Vec::new();
    Index::new(b, autojunk).matches(&a, &mut Scratch::default(), |block| found.push(block));
    found.sort_unstable();
    joined(&found, a_len, b_len)
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

/// Symbols for the items: those of `b` from 0 upwards, one more for whatever occurs in `a` alone.
fn numbered<T: Ord>(a: &[T], b: &[T]) -> (Vec<u32>, Vec<u32>) {
    let mut symbols: BTreeMap<&T, u32> = BTreeMap::new();
    let second = b
        .iter()
        .map(|item| {
            let next = symbols.len() as u32;
            *symbols.entry(item).or_insert(next)
        })
        .collect();
    let unknown = symbols.len() as u32;
    (a.iter().map(|item| symbols.get(item).copied().unwrap_or(unknown)).collect(), second)
}

/// The second sequence, with where each of its symbols occurs and may start a match (Python's `b2j`).
#[derive(Clone, Debug)]
pub struct Index {
    b: Vec<u32>,
    autojunk: bool,
    /// The places of symbol `s` are `places[starts[s]..starts[s + 1]]`, ascending.
    starts: Vec<u32>,
    places: Vec<u32>,
}

/// Room for the work of one comparison, to be used again by the next.
#[derive(Clone, Debug, Default)]
pub struct Scratch {
    pending: Vec<[usize; 4]>,
    /// Run lengths that end at `b[j]`, kept at `j + 1`, of the previous row and of this one; zero between calls.
    before: Vec<u32>,
    now: Vec<u32>,
}

impl Index {
    /// Symbols should be small: the memory is proportional to the largest.
    pub fn new(b: Vec<u32>, autojunk: bool) -> Self {
        let autojunk = autojunk && b.len() >= 200;
        let popular = if autojunk { b.len() / 100 + 1 } else { usize::MAX };
        let mut counts = vec![0u32; b.iter().max().map_or(0, |&symbol| symbol as usize + 1)];
        b.iter().for_each(|&symbol| counts[symbol as usize] += 1);
        counts.iter_mut().filter(|count| **count as usize > popular).for_each(|count| *count = 0);
        let mut starts = vec![0];
        starts.extend(counts.iter().scan(0, |end, count| {
            *end += count;
            Some(*end)
        }));
        let mut places = vec![0; starts[counts.len()] as usize];
        let mut next = starts.clone();
        for (at, &symbol) in b.iter().enumerate().filter(|(_, symbol)| counts[**symbol as usize] > 0) {
            places[next[symbol as usize] as usize] = at as u32;
            next[symbol as usize] += 1;
        }
        Self { b, autojunk, starts, places }
    }

    /// `SequenceMatcher(None, a, b).ratio()`. A symbol of `a` that `b` lacks may have any number.
    pub fn ratio(&self, a: &[u32], scratch: &mut Scratch) -> f64 {
        let total = a.len() + self.b.len();
        if total == 0 || (!self.autojunk && a == self.b) {
            return 1.0;
        }
        let mut matched = 0;
        self.matches(a, scratch, |block| matched += block.size);
        2.0 * matched as f64 / total as f64
    }

    /// The matches in the order in which they are found.
    fn matches(&self, a: &[u32], scratch: &mut Scratch, mut found: impl FnMut(Match)) {
        scratch.before.resize(self.b.len() + 1, 0);
        scratch.now.resize(self.b.len() + 1, 0);
        scratch.pending.push([0, a.len(), 0, self.b.len()]);
        while let Some([a_from, a_to, b_from, b_to]) = scratch.pending.pop() {
            let best = self.longest(a, [a_from, a_to, b_from, b_to], scratch);
            if best.size == 0 {
                continue;
            }
            if a_from < best.a_start && b_from < best.b_start {
                scratch.pending.push([a_from, best.a_start, b_from, best.b_start]);
            }
            let (a_end, b_end) = (best.a_start + best.size, best.b_start + best.size);
            if a_end < a_to && b_end < b_to {
                scratch.pending.push([a_end, a_to, b_end, b_to]);
            }
            found(best);
        }
    }

    /// `find_longest_match`: the earliest of the longest matches, then extended over popular items.
    fn longest(&self, a: &[u32], bounds: [usize; 4], scratch: &mut Scratch) -> Match {
        let [a_from, a_to, b_from, b_to] = bounds;
        let mut best = Match { a_start: a_from, b_start: b_from, size: 0 };
        let Scratch { before, now, .. } = scratch;
        let mut previous: &[u32] = &[];
        for (i, &symbol) in a.iter().enumerate().take(a_to).skip(a_from) {
            let row = within(self.places(symbol), b_from, b_to);
            for &j in row {
                let j = j as usize;
                let run = before[j] + 1;
                now[j + 1] = run;
                if run as usize > best.size {
                    let size = run as usize;
                    best = Match { a_start: i + 1 - size, b_start: j + 1 - size, size };
                }
            }
            previous.iter().for_each(|&j| before[j as usize + 1] = 0);
            std::mem::swap(before, now);
            previous = row;
        }
        previous.iter().for_each(|&j| before[j as usize + 1] = 0);
        self.extended(a, best, bounds)
    }

    fn places(&self, symbol: u32) -> &[u32] {
        match self.starts.get(symbol as usize..symbol as usize + 2) {
            Some(&[start, end]) => &self.places[start as usize..end as usize],
            _ => &[],
        }
    }

    fn extended(&self, a: &[u32], mut best: Match, [a_from, a_to, b_from, b_to]: [usize; 4]) -> Match {
        let b = &self.b;
        while best.a_start > a_from && best.b_start > b_from && a[best.a_start - 1] == b[best.b_start - 1] {
            best = Match { a_start: best.a_start - 1, b_start: best.b_start - 1, size: best.size + 1 };
        }
        while best.a_start + best.size < a_to
            && best.b_start + best.size < b_to
            && a[best.a_start + best.size] == b[best.b_start + best.size]
        {
            best.size += 1;
        }
        best
    }
}

/// The part of an ascending list that lies in `from..to`.
fn within(ascending: &[u32], from: usize, to: usize) -> &[u32] {
    let start = ascending.partition_point(|&at| (at as usize) < from);
    let end = ascending.partition_point(|&at| (at as usize) < to);
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
