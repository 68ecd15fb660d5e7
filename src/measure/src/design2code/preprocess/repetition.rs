//! Predictions that repeat themselves: where the repetition begins.

use crate::difflib;

/// Characters of a chunk.
const CHUNK: usize = 100;
/// Chunks that have to be alike.
const REPETITIONS: usize = 5;
/// `SequenceMatcher` ratio from which two chunks are alike.
const ALIKE: f64 = 0.8;

/// The character at which to cut, or `None` if nothing repeats (`check_repetitive_content`).
///
/// The text without tags is cut into chunks of 100 characters; a chunk joins the first earlier one that it is like. The
/// original compares places in the text without tags with places in the page, and so does this.
pub(super) fn start(content: &str) -> Option<usize> {
    let content: Vec<char> = content.chars().collect();
    let clean = without_tags(&content);
    let mut map: Option<Vec<usize>> = None;
    let mut repetitive_start = clean.len();
    let mut seen: Vec<Group<'_>> = Vec::new();
    for (index, chunk) in clean.chunks(CHUNK).enumerate() {
        let Some(group) = like(chunk, &mut seen) else {
            seen.push(Group { chunk, first: index, size: 1 });
            continue;
        };
        group.size += 1;
        if group.size >= REPETITIONS {
            let clean_start = repetitive_start.min(group.first * CHUNK);
            let map = map.get_or_insert_with(|| positions(&clean, &content));
            let start = map.get(clean_start).copied().unwrap_or(content.len());
            repetitive_start = repetitive_start.min(start);
        }
    }
    (repetitive_start != clean.len()).then_some(repetitive_start)
}

/// Chunks like the first one.
struct Group<'a> {
    chunk: &'a [char],
    first: usize,
    size: usize,
}

fn like<'g, 'a>(chunk: &[char], seen: &'g mut [Group<'a>]) -> Option<&'g mut Group<'a>> {
    let places = Places::of(chunk);
    seen.iter_mut().find(|group| {
        chunk == group.chunk
            || (is_alike(places.common_subsequence(group.chunk), chunk.len() + group.chunk.len())
                && difflib::ratio_of(chunk, group.chunk, true) >= ALIKE)
    })
}

/// Whether so many matched characters of so many are enough. More never are fewer, so that a bound of the matched
/// characters spares the full comparison.
fn is_alike(matched: usize, total: usize) -> bool {
    2.0 * matched as f64 / total as f64 >= ALIKE
}

/// Where each character occurs in a chunk, as bits.
struct Places {
    ascii: [u128; 128],
    other: Vec<(char, u128)>,
    length: usize,
}

impl Places {
    fn of(chunk: &[char]) -> Self {
        let mut places = Self { ascii: [0; 128], other: Vec::new(), length: chunk.len() };
        for (at, &c) in chunk.iter().enumerate() {
            *places.bits(c) |= 1 << at;
        }
        places
    }

    fn bits(&mut self, c: char) -> &mut u128 {
        if c.is_ascii() {
            return &mut self.ascii[c as usize];
        }
        let at = self.other.iter().position(|&(known, _)| known == c).unwrap_or_else(|| {
            self.other.push((c, 0));
            self.other.len() - 1
        });
        &mut self.other[at].1
    }

    fn get(&self, c: char) -> u128 {
        if c.is_ascii() {
            return self.ascii[c as usize];
        }
        self.other.iter().find(|&&(known, _)| known == c).map_or(0, |&(_, bits)| bits)
    }

    /// The length of the longest common subsequence, which no set of matching blocks exceeds (Hyyrö's bit-parallel form).
    fn common_subsequence(&self, other: &[char]) -> usize {
        let mut row = u128::MAX;
        for &c in other {
            let hits = row & self.get(c);
            row = row.wrapping_add(hits) | (row & !hits);
        }
        let mask = (1 << self.length) - 1;
        (!row & mask).count_ones() as usize
    }
}

/// `re.sub("<.*?>", "", content)`: a tag has to end on the line it begins on.
fn without_tags(content: &[char]) -> Vec<char> {
    let (mut clean, mut at, mut stop) = (Vec::with_capacity(content.len()), 0, 0);
    while let Some(&c) = content.get(at) {
        if c == '<' {
            if stop <= at {
                let length = content[at + 1..].iter().position(|&c| c == '>' || c == '\n');
                stop = length.map_or(content.len(), |length| at + 1 + length);
            }
            if content.get(stop) == Some(&'>') {
                at = stop + 1;
                continue;
            }
        }
        clean.push(c);
        at += 1;
    }
    clean
}

/// For each character of `clean` the earliest place in `content` that follows the place of the one before.
fn positions(clean: &[char], content: &[char]) -> Vec<usize> {
    let mut places = content.iter().enumerate();
    clean.iter().filter_map(|wanted| places.find(|&(_, c)| c == wanted).map(|(at, _)| at)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chars(text: &str) -> Vec<char> {
        text.chars().collect()
    }

    #[test]
    fn tags_end_on_their_line() {
        let clean = |text| without_tags(&chars(text)).into_iter().collect::<String>();
        assert_eq!(clean("a<b>c<d\n>e<<f>g<"), "ac<d\n>eg<");
    }

    #[test]
    fn the_bound_is_the_longest_common_subsequence() {
        let bound = |a: &str, b: &str| Places::of(&chars(a)).common_subsequence(&chars(b));
        assert_eq!((bound("abcbdab", "bdcaba"), bound("é€x", "€éx"), bound("", "a")), (4, 2, 0));
        assert_eq!(bound(&"ab".repeat(50), &"ba".repeat(50)), 99);
    }
}
