//! The main loop of `html.parser.HTMLParser` as Beautiful Soup drives it (`convert_charrefs` off).
//!
//! The text is gone through twice: `feed` stops at the first construct that the end of the text leaves open, `close`
//! goes on from there and takes open constructs for text. Both stop early at a faulty `&#`, which is why
//! such a page may lose its markup from the second fault on.

use super::builder::Builder;
use super::python::{find_from, skip_space, skip_while};
use super::start_tag::Dead;
use super::{PageError, references};

/// Where the parser stands.
pub(super) struct Parser<'a> {
    pub(super) html: &'a str,
    at: usize,
    /// Inside `script` or `style`: only its end tag is markup.
    pub(super) raw_element: Option<&'static str>,
    pub(super) builder: Builder,
    pub(super) dead: Dead,
    /// From here on there is no end of a comment.
    pub(super) no_comment_end_from: usize,
    /// From here on there is no end of a marked section, of either sort.
    pub(super) no_section_end_from: [usize; 2],
}

impl<'a> Parser<'a> {
    pub(super) fn new(html: &'a str, builder: Builder) -> Self {
        Self {
            html,
            at: 0,
            raw_element: None,
            builder,
            dead: Dead::default(),
            no_comment_end_from: usize::MAX,
            no_section_end_from: [usize::MAX; 2],
        }
    }

    pub(super) fn into_builder(self) -> Builder {
        self.builder
    }

    /// `goahead(end)`.
    pub(super) fn advance(&mut self, end: bool) -> Result<(), PageError> {
        while self.at < self.html.len() {
            let Some(next) = self.next_markup() else { break };
            if self.at < next {
                self.builder.text(&self.html[self.at..next]);
                self.at = next;
            }
            let rest = &self.html[self.at..];
            let goes_on = match rest.as_bytes() {
                [] => false,
                [b'<', ..] => self.tag(rest, end)?,
                [b'&', b'#', ..] => self.numeric_reference(rest)?,
                _ => self.named_reference(rest, end),
            };
            if !goes_on {
                break;
            }
        }
        if end && self.raw_element.is_none() && self.at < self.html.len() {
            self.builder.text(&self.html[self.at..]);
            self.at = self.html.len();
        }
        Ok(())
    }

    /// The next `<` or `&`, or the end; inside a raw element its end tag, `None` if it never ends.
    fn next_markup(&self) -> Option<usize> {
        match self.raw_element {
            Some(name) => raw_end(self.html, self.at, name),
            None => {
                let rest = &self.html.as_bytes()[self.at..];
                let length = rest.iter().position(|&byte| byte == b'<' || byte == b'&');
                Some(self.at + length.unwrap_or(rest.len()))
            }
        }
    }

    /// At a `<`. Whether the loop goes on.
    fn tag(&mut self, rest: &str, end: bool) -> Result<bool, PageError> {
        let at = self.at;
        let bytes = rest.as_bytes();
        let after = match bytes.get(1) {
            Some(letter) if letter.is_ascii_alphabetic() => self.start_tag(at)?,
            Some(b'/') => self.end_tag(at),
            Some(b'!') if rest.starts_with("<!--") => self.comment(at),
            Some(b'?') => self.processing_instruction(at),
            Some(b'!') => self.html_declaration(at)?,
            Some(_) => {
                self.builder.text("<");
                Some(at + 1)
            }
            None => return Ok(false),
        };
        if after.is_none() && !end {
            return Ok(false);
        }
        self.at = after.unwrap_or_else(|| self.open_markup_as_text(at));
        Ok(true)
    }

    /// Markup that the end of the text leaves open: text to the next `>`, or before the next `<`, or just the `<`.
    fn open_markup_as_text(&mut self, at: usize) -> usize {
        let end = find_from(self.html, '>', at + 1)
            .map(|close| close + 1)
            .or_else(|| find_from(self.html, '<', at + 1))
            .unwrap_or(at + 1);
        self.builder.text(&self.html[at..end]);
        end
    }

    /// At `&#`.
    fn numeric_reference(&mut self, rest: &str) -> Result<bool, PageError> {
        if let Some(length) = references::numeric_length(rest) {
            let character = references::numeric(&rest[2..length])?;
            self.builder.text(character.encode_utf8(&mut [0; 4]));
            self.at += length + usize::from(rest[length..].starts_with(';'));
            return Ok(true);
        }
        if rest.contains(';') {
            self.builder.text("&#");
            self.at += 2;
        }
        Ok(false)
    }

    /// At another `&`.
    fn named_reference(&mut self, rest: &str, end: bool) -> bool {
        if let Some(length) = references::name_length(rest) {
            let name = &rest[1..length];
            match references::named(name) {
                Some(characters) => self.builder.text(&characters),
                None => self.builder.text(&rest[..length]),
            }
            self.at += length + usize::from(rest[length..].starts_with(';'));
            return true;
        }
        if rest.as_bytes().get(1).is_some_and(u8::is_ascii_alphabetic) {
            // An `&` with one letter after it at the very end is lost.
            self.at += usize::from(end && rest.len() == 2);
            return false;
        }
        if rest.len() > 1 {
            self.builder.text("&");
            self.at += 1;
            return true;
        }
        false
    }

    /// `parse_endtag`.
    fn end_tag(&mut self, at: usize) -> Option<usize> {
        let html = self.html;
        let after = find_from(html, '>', at + 1)? + 1;
        if let Some((name, after)) = plain_end_tag(html, at) {
            let name = name.to_ascii_lowercase();
            if self.raw_element.is_some_and(|raw| raw != name) {
                self.builder.text(&html[at..after]);
                return Some(after);
            }
            self.builder.end_tag(&name);
            self.raw_element = None;
            return Some(after);
        }
        if self.raw_element.is_some() {
            self.builder.text(&html[at..after]);
            return Some(after);
        }
        let Some(name) = super::start_tag::tag_name(html, at + 2) else {
            return if html[at..].starts_with("</>") { Some(at + 3) } else { self.bogus_comment(at) };
        };
        self.builder.end_tag(&name.to_lowercase());
        find_from(html, '>', at + 2 + name.len()).map(|close| close + 1)
    }
}

/// `</ name >`: the name as written and the place after the tag.
fn plain_end_tag(html: &str, at: usize) -> Option<(&str, usize)> {
    let start = skip_space(html, at + 2);
    let name_end =
        skip_while(html, start, |c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | ':' | '_'));
    if !html[start..name_end].starts_with(|c: char| c.is_ascii_alphabetic()) {
        return None;
    }
    let close = skip_space(html, name_end);
    html[close..].starts_with('>').then_some((&html[start..name_end], close + 1))
}

/// Where `</ name >` begins, letter case aside.
fn raw_end(html: &str, from: usize, name: &str) -> Option<usize> {
    let mut from = from;
    while let Some(at) = html[from..].find("</").map(|at| from + at) {
        let start = skip_space(html, at + 2);
        if let Some(rest) = without_name(&html[start..], name)
            && rest.trim_start_matches(super::is_space).starts_with('>')
        {
            return Some(at);
        }
        from = at + 2;
    }
    None
}

/// What follows the name; `re.IGNORECASE` takes a long s for an s, and an i without or with its dot for an i.
fn without_name<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    let mut rest = text.chars();
    for expected in name.chars() {
        let c = rest.next()?;
        let equal =
            c.to_ascii_lowercase() == expected || matches!((expected, c), ('s', 'ſ') | ('i', 'ı' | 'İ'));
        if !equal {
            return None;
        }
    }
    Some(rest.as_str())
}
