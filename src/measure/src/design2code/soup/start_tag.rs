//! Start tags: where they end and what attributes they carry.
//!
//! Two scans, as in the original: one finds the end of the tag, one takes it apart. They agree nearly always; where
//! they do not, the tag becomes text.

use super::parser::Parser;
use super::python::{find_from, is_space, skip_space, skip_while};
use super::{PageError, references, strip};

/// Places at which an attribute began in a tag that the text never closes. A later tag whose scan meets such a place is
/// not closed either, so that many unclosed tags cost no more than one.
#[derive(Default)]
pub(super) struct Dead(Vec<bool>);

impl Dead {
    fn contains(&self, at: usize) -> bool {
        self.0.get(at).copied().unwrap_or(false)
    }

    fn extend(&mut self, places: &[usize]) {
        for &at in places {
            if self.0.len() <= at {
                self.0.resize(at + 1, false);
            }
            self.0[at] = true;
        }
    }
}

impl Parser<'_> {
    /// `parse_starttag`: the place after the tag, or `None` if the text ends before it does.
    pub(super) fn start_tag(&mut self, at: usize) -> Result<Option<usize>, PageError> {
        let html = self.html;
        let Some(after) = self.start_tag_end(at) else { return Ok(None) };
        let Some(name) = tag_name(html, at + 1) else { return Ok(Some(after)) };
        let mut here = skip_separators(html, at + 1 + name.len());
        let mut attributes = Vec::new();
        while here < after {
            let Some(attribute) = attribute(html, here) else { break };
            let value = references::unescape(attribute.value)?;
            attributes.push((attribute.name.to_lowercase(), value.into_owned()));
            here = skip_separators(html, attribute.end);
        }
        let name = name.to_lowercase();
        match strip(html.get(here..after).unwrap_or("")) {
            ">" => {
                self.builder.start_tag(&name, attributes);
                self.raw_element = ["script", "style"].into_iter().find(|&raw| raw == name);
            }
            "/>" => self.builder.empty_tag(&name, attributes),
            _ => self.builder.text(&html[at..after]),
        }
        Ok(Some(after))
    }

    /// `check_for_whole_start_tag`.
    fn start_tag_end(&mut self, at: usize) -> Option<usize> {
        let html = self.html;
        let name = tag_name(html, at + 1)?;
        let mut here = skip_while(html, at + 1 + name.len(), |c| is_space(c) || c == '/');
        let mut places = Vec::new();
        loop {
            if self.dead.contains(here) {
                return self.never_closed(&places);
            }
            places.push(here);
            let Some(attribute) = attribute(html, here) else { break };
            here = skip_separators(html, attribute.end);
        }
        let here = skip_space(html, here);
        match html.as_bytes().get(here) {
            Some(b'>') => Some(here + 1),
            Some(b'/') if html[here..].starts_with("/>") => Some(here + 2),
            None | Some(b'/' | b'=') => self.never_closed(&places),
            Some(byte) if byte.is_ascii_alphabetic() => self.never_closed(&places),
            Some(_) => Some(here),
        }
    }

    fn never_closed(&mut self, places: &[usize]) -> Option<usize> {
        self.dead.extend(places);
        None
    }
}

/// The tag name at `at`: a letter, then anything up to white space, `/`, `>` or a NUL.
pub(super) fn tag_name(html: &str, at: usize) -> Option<&str> {
    if !html[at..].starts_with(|c: char| c.is_ascii_alphabetic()) {
        return None;
    }
    let end = skip_while(html, at, |c| !matches!(c, '\t' | '\n' | '\r' | '\x0c' | ' ' | '/' | '>' | '\0'));
    Some(&html[at..end])
}

/// White space and slashes, but not the slash of `/>`.
fn skip_separators(html: &str, at: usize) -> usize {
    let mut here = at;
    loop {
        here = skip_space(html, here);
        if !html[here..].starts_with('/') || html[here..].starts_with("/>") {
            return here;
        }
        here += 1;
    }
}

struct Attribute<'a> {
    name: &'a str,
    /// Without its quotes, references not yet replaced; empty if there is none.
    value: &'a str,
    end: usize,
}

/// The attribute at `at`; it has to follow white space, a slash or a quote.
fn attribute(html: &str, at: usize) -> Option<Attribute<'_>> {
    let follows = html[..at].ends_with(|c| is_space(c) || matches!(c, '\'' | '"' | '/'));
    let mut rest = html[at..].chars();
    let first = rest.next()?;
    if !follows || is_space(first) || matches!(first, '/' | '>') {
        return None;
    }
    let name_end = skip_while(html, at + first.len_utf8(), |c| !is_space(c) && !matches!(c, '/' | '=' | '>'));
    let name = &html[at..name_end];
    let (value, end) = value(html, name_end).unwrap_or(("", name_end));
    Some(Attribute { name, value, end })
}

/// `= value` at `at` and the place after it, with what a backtracking regular expression makes of a quote that is never
/// closed: white space before it is an empty value; of several equals signs the last begins the value.
fn value(html: &str, at: usize) -> Option<(&str, usize)> {
    let equals = skip_space(html, at);
    let equals_end = skip_while(html, equals, |c| c == '=');
    if equals_end == equals {
        return None;
    }
    let start = skip_space(html, equals_end);
    let quote = html[start..].chars().next().filter(|c| matches!(c, '\'' | '"'));
    let Some(quote) = quote else { return Some(bare(html, start)) };
    if let Some(close) = find_from(html, quote, start + 1) {
        return Some((&html[start + 1..close], close + 1));
    }
    match html[equals_end..start].char_indices().next_back() {
        Some((last, _)) => Some(("", equals_end + last)),
        None if equals_end - equals > 1 => Some(bare(html, equals_end - 1)),
        None => None,
    }
}

fn bare(html: &str, at: usize) -> (&str, usize) {
    let end = skip_while(html, at, |c| !is_space(c) && c != '>');
    (&html[at..end], end)
}
