//! Character references, of which there are two dialects: Beautiful Soup's in text, `html.unescape`'s in attributes.

use std::borrow::Cow;
use std::sync::OnceLock;

use super::PageError;
use super::python::skip_while;

/// `int()` takes no more decimal digits than this.
const MAX_DIGITS: usize = 4300;

/// In text: the length of `&#…` up to its end, which some character that is no hexadecimal digit has to follow.
pub(super) fn numeric_length(rest: &str) -> Option<usize> {
    let bytes = rest.as_bytes();
    let hexadecimal = matches!(bytes.get(2), Some(b'x' | b'X'));
    let start = 2 + usize::from(hexadecimal);
    let is_digit = |c: char| if hexadecimal { c.is_ascii_hexdigit() } else { c.is_ascii_digit() };
    let end = skip_while(rest, start, is_digit);
    (end > start && bytes.get(end).is_some_and(|byte| !byte.is_ascii_hexdigit())).then_some(end)
}

/// In text: the character of `123` or `x7B`, as `UnicodeDammit.numeric_character_reference` chooses it.
pub(super) fn numeric(digits: &str) -> Result<char, PageError> {
    Ok(character(number(digits)?))
}

/// In text: the length of `&name`, which a character that is no letter or digit has to follow.
pub(super) fn name_length(rest: &str) -> Option<usize> {
    if !rest[1..].starts_with(|c: char| c.is_ascii_alphabetic()) {
        return None;
    }
    let end = skip_while(rest, 1, |c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.'));
    if end < rest.len() {
        return Some(end);
    }
    // Nothing follows: the last hyphen or full stop of the name may serve.
    rest.rfind(['-', '.'])
}

/// The characters of a name without its semicolon; in text the semicolon is never required.
pub(super) fn named(name: &str) -> Option<String> {
    entity(name).map(|entity| entity.characters.clone())
}

/// In an attribute: `html.unescape`.
pub(super) fn unescape(text: &str) -> Result<Cow<'_, str>, PageError> {
    let Some(first) = text.find('&') else { return Ok(Cow::Borrowed(text)) };
    let (mut out, mut rest) = (text[..first].to_owned(), &text[first..]);
    while !rest.is_empty() {
        rest = match rest.as_bytes() {
            [b'&', b'#', ..] => unescape_numeric(rest, &mut out)?,
            [b'&', ..] => unescape_named(rest, &mut out),
            _ => {
                let length = rest.find('&').unwrap_or(rest.len());
                out.push_str(&rest[..length]);
                &rest[length..]
            }
        };
    }
    Ok(Cow::Owned(out))
}

/// What is left after `&#…;` at the start of `rest`.
fn unescape_numeric<'t>(rest: &'t str, out: &mut String) -> Result<&'t str, PageError> {
    let hexadecimal = matches!(rest.as_bytes().get(2), Some(b'x' | b'X'));
    let start = 2 + usize::from(hexadecimal);
    let is_digit = |c: char| if hexadecimal { c.is_ascii_hexdigit() } else { c.is_ascii_digit() };
    let end = skip_while(rest, start, is_digit);
    if end == start {
        out.push('&');
        return Ok(&rest[1..]);
    }
    let code = number(&rest[2..end])?;
    if !is_dropped(code) {
        out.push(character(code));
    }
    Ok(rest[end..].strip_prefix(';').unwrap_or(&rest[end..]))
}

/// What is left after `&name;` at the start of `rest`, or after as much of it as is a name.
fn unescape_named<'t>(rest: &'t str, out: &mut String) -> &'t str {
    let stop = |c: char| matches!(c, '\t' | '\n' | '\x0c' | ' ' | '<' | '&' | '#' | ';');
    let mut ends = rest[1..].char_indices().take(32).take_while(|&(_, c)| !stop(c));
    let end = ends.by_ref().last().map_or(1, |(at, c)| 1 + at + c.len_utf8());
    let name = &rest[1..end];
    if name.is_empty() {
        out.push('&');
        return &rest[1..];
    }
    if let (Some(entity), Some(after)) = (entity(name), rest[end..].strip_prefix(';')) {
        out.push_str(&entity.characters);
        return after;
    }
    let legacy = name.char_indices().map(|(at, c)| at + c.len_utf8()).rev().find_map(|length| {
        let entity = entity(&name[..length]).filter(|entity| entity.without_semicolon);
        entity.map(|entity| (length, entity))
    });
    let Some((length, entity)) = legacy else {
        out.push_str(&rest[..end]);
        return &rest[end..];
    };
    out.push_str(&entity.characters);
    &rest[1 + length..]
}

/// The number of `123` or `x7B`; beyond Unicode it is any number beyond Unicode.
fn number(digits: &str) -> Result<u32, PageError> {
    let (radix, digits) = match digits.strip_prefix(['x', 'X']) {
        Some(hexadecimal) => (16, hexadecimal),
        None if digits.len() > MAX_DIGITS => return Err(PageError::LongReference { digits: digits.len() }),
        None => (10, digits),
    };
    let value = digits.chars().filter_map(|c| c.to_digit(radix));
    Ok(value.fold(0u32, |sum, digit| sum.saturating_mul(radix).saturating_add(digit)))
}

fn character(code: u32) -> char {
    /// What 0x80..=0x9f mean in Windows-1252; a NUL stands for itself.
    const WINDOWS: [char; 32] = [
        '€', '\0', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\0', 'Ž', '\0', '\0', '‘', '’',
        '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\0', 'ž', 'Ÿ',
    ];
    let windows = code.checked_sub(0x80).and_then(|at| WINDOWS.get(at as usize)).filter(|&&c| c != '\0');
    match windows {
        Some(&character) => character,
        None => char::from_u32(code).filter(|&c| c != '\0').unwrap_or(char::REPLACEMENT_CHARACTER),
    }
}

/// Controls and non-characters, which `html.unescape` leaves out.
fn is_dropped(code: u32) -> bool {
    matches!(code, 0x1..=0x8 | 0xb | 0xe..=0x1f | 0x7f | 0xfdd0..=0xfdef)
        || (code <= 0x0010_ffff && code & 0xfffe == 0xfffe)
}

struct Entity {
    name: &'static str,
    characters: String,
    /// An old name that needs no semicolon in an attribute.
    without_semicolon: bool,
}

fn entity(name: &str) -> Option<&'static Entity> {
    static ENTITIES: OnceLock<Vec<Entity>> = OnceLock::new();
    let entities = ENTITIES.get_or_init(|| include_str!("entities.txt").lines().filter_map(read).collect());
    entities.binary_search_by(|entity| entity.name.cmp(name)).ok().map(|at| &entities[at])
}

/// `name; code …` or, of a name that needs no semicolon, `name? code …`.
fn read(line: &'static str) -> Option<Entity> {
    let (name, codes) = line.split_once(' ')?;
    let codes = codes.split(' ').map(|code| u32::from_str_radix(code, 16).ok().and_then(char::from_u32));
    let without_semicolon = name.ends_with('?');
    Some(Entity {
        name: &name[..name.len() - 1],
        characters: codes.collect::<Option<_>>()?,
        without_semicolon,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_complete() {
        let names: Vec<_> = include_str!("entities.txt").lines().filter_map(read).collect();
        assert_eq!(
            (names.len(), names.iter().filter(|entity| entity.without_semicolon).count()),
            (2125, 106)
        );
        assert!(names.is_sorted_by(|a, b| a.name < b.name));
    }

    #[test]
    fn attributes_take_old_names_without_a_semicolon_and_drop_controls() {
        let unescaped = |text| unescape(text).unwrap().into_owned();
        assert_eq!(
            unescaped("x?a=1&b=2&copy=3&notit;&alpha &#x80;&#1;&#0;&#;&"),
            "x?a=1&b=2©=3¬it;&alpha €\u{fffd}&#;&"
        );
        assert!(unescape(&format!("&#{};", "9".repeat(4301))).is_err());
    }
}
