//! The tags of a page as a browser's tokenizer sees them.

use std::{cell::RefCell, ops::Range};

use galley_core::Span;
use lol_html::{
    HtmlRewriter, Settings, doc_comments, doc_text, doctype, element, errors::RewritingError,
    html_content::Element,
};

use super::{Loads, loads, rules};

/// A start or end tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// Lower case.
    pub name: String,
    pub span: Span,
    pub kind: TokenKind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TokenKind {
    Start(StartTag),
    End,
}

/// What later stages need of a start tag.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StartTag {
    /// In SVG or MathML, where `/>` closes an element.
    pub foreign: bool,
    pub self_closing: bool,
    /// Value of `src`, quotes excluded.
    pub src: Option<Span>,
    /// Value of `http-equiv`, in lower case.
    pub http_equiv: Option<String>,
    /// Names of attributes that make a page do something later, when nobody can tell: go elsewhere, scroll to a field,
    /// show another document; or that leave something to the next page on a window, and change no picture.
    pub stirring: Vec<Span>,
    /// Whether it holds a script or the address of one.
    pub acts: bool,
    /// What attributes other than `src` load.
    pub loads: Loads,
    /// Value of `name`, for `meta`.
    pub meta_name: Option<String>,
}

/// All tags in source order, and the text's loose end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tokens {
    pub tags: Vec<Token>,
    /// Where a construct begins that the end of the text cuts off.
    pub cut: Option<(usize, Cut)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    Tag,
    Comment,
}

/// What `lol_html` reports, in source order, before the gaps between it are looked at.
#[derive(Default)]
struct Seen {
    starts: Vec<Token>,
    comments: Vec<Range<usize>>,
    /// Start tags, comments, doctypes and text: everything but end tags.
    covered: Vec<Range<usize>>,
}

/// Finds the tags of `program` as browsers with scripts see it: what `noscript` holds is text.
pub fn tokens(program: &str) -> Tokens {
    let seen = scan(program);
    let mut tokens = Tokens { tags: seen.starts, cut: None };
    let mut at = 0;
    for covered in seen.covered.iter().cloned().chain(std::iter::once(program.len()..program.len())) {
        if covered.start > at {
            ends(program, at..covered.start, &mut tokens);
        }
        at = at.max(covered.end);
    }
    if let Some(open) =
        seen.comments.last().filter(|range| range.end == program.len() && !closes(program, range))
    {
        tokens.cut = Some((open.start, Cut::Comment));
    }
    tokens.tags.sort_by_key(|token| token.span.start);
    tokens
}

fn scan(program: &str) -> Seen {
    let seen = RefCell::new(Seen::default());
    let settings = Settings::new()
        .with_strict(false)
        .append_element_content_handler(element!("*", |element| {
            let token = start(element);
            let mut seen = seen.borrow_mut();
            seen.covered.push(token.span.start..token.span.end);
            seen.starts.push(token);
            Ok(())
        }))
        .append_document_content_handler(doc_comments!(|comment| {
            let range = comment.source_location().bytes();
            let mut seen = seen.borrow_mut();
            seen.comments.push(range.clone());
            seen.covered.push(range);
            Ok(())
        }))
        .append_document_content_handler(doctype!(|doctype| {
            seen.borrow_mut().covered.push(doctype.source_location().bytes());
            Ok(())
        }))
        .append_document_content_handler(doc_text!(|text| {
            seen.borrow_mut().covered.push(text.source_location().bytes());
            Ok(())
        }));
    let mut rewriter = HtmlRewriter::new(settings, |_: &[u8]| {});
    // It fails only on limits and handlers, and there are none that do: what was seen by then still holds.
    let written: Result<(), RewritingError> =
        rewriter.write(program.as_bytes()).and_then(|()| rewriter.end());
    debug_assert!(written.is_ok(), "{written:?}");
    seen.into_inner()
}

fn start(element: &Element<'_, '_>) -> Token {
    let value = |name: &str| element.attributes().iter().find(|attribute| attribute.name() == name);
    let location =
        |range: Option<lol_html::html_content::SourceLocation>| range.map(|range| Span::from(range.bytes()));
    let lower = |name: &str| value(name).map(|attribute| attribute.value().trim().to_lowercase());
    let http_equiv = lower("http-equiv");
    let meta_name = lower("name");
    let tag = element.tag_name();
    let speaks = |said: &Option<String>| tag == "meta" && said.as_deref().is_some_and(rules::is_idle_meta);
    let stirs = |name: &str| match name {
        "autofocus" => true,
        "http-equiv" => speaks(&http_equiv),
        "name" => speaks(&meta_name),
        "data" => tag == "object",
        "src" => tag == "embed",
        _ => false,
    };
    let stirring: Vec<Span> = element
        .attributes()
        .iter()
        .filter(|attribute| stirs(&attribute.name()))
        .filter_map(|attribute| location(attribute.name_source_location()))
        .collect();
    let attributes = element.attributes().iter();
    let start_tag = StartTag {
        foreign: !element.namespace_uri().ends_with("xhtml"),
        self_closing: element.is_self_closing(),
        src: value("src").and_then(|attribute| location(attribute.value_source_location())),
        stirring,
        acts: tag == "script" || element.attributes().iter().any(|a| acts(&a.name(), &a.value())),
        loads: if tag == "link"
            && !lower("rel").is_some_and(|rel| rel.contains("stylesheet") || rel.contains('&'))
        {
            Loads::Nothing
        } else {
            attributes.map(|a| loads::attribute(&tag, &a.name(), &a.value())).max().unwrap_or_default()
        },
        http_equiv,
        meta_name,
    };
    Token { name: tag, span: element.source_location().bytes().into(), kind: TokenKind::Start(start_tag) }
}

/// Whether an attribute may run something. White space and controls in an address do not count; character references
/// are not resolved, so any address with one is taken to.
fn acts(name: &str, value: &str) -> bool {
    let written = value.to_lowercase();
    match name {
        "srcdoc" => written.contains("script") || written.contains(" on"),
        name if name.starts_with("on") => true,
        _ => {
            let address: String = written.chars().filter(|c| *c > ' ').take(11).collect();
            address == "javascript:" || (written.contains('&') && written.contains("script"))
        }
    }
}

/// Reads the end tags in a stretch that nothing else claims.
fn ends(program: &str, gap: Range<usize>, tokens: &mut Tokens) {
    let bytes = program.as_bytes();
    let mut at = gap.start;
    while at < gap.end {
        let name = at + 1 + usize::from(bytes.get(at + 1) == Some(&b'/'));
        if bytes[at] != b'<' || !bytes.get(name).is_some_and(u8::is_ascii_alphabetic) {
            at += 1;
            continue;
        }
        let Some(end) = tag_end(bytes, name, gap.end) else {
            tokens.cut = Some((at, Cut::Tag));
            return;
        };
        let span = Span::new(at, end);
        tokens.tags.push(Token { name: tag_name(program, name, end), span, kind: TokenKind::End });
        at = end;
    }
}

/// One past the `>` that closes a tag; quoted ones do not count.
fn tag_end(bytes: &[u8], from: usize, to: usize) -> Option<usize> {
    let mut quote = None;
    for at in from..to {
        match (quote, bytes[at]) {
            (None, b'>') => return Some(at + 1),
            (None, b'"' | b'\'') if bytes[at - 1] == b'=' => quote = Some(bytes[at]),
            (Some(open), byte) if open == byte => quote = None,
            _ => {}
        }
    }
    None
}

fn tag_name(program: &str, from: usize, to: usize) -> String {
    let name = program.get(from..to).unwrap_or_default();
    let end = name.find(|c: char| c.is_ascii_whitespace() || c == '/' || c == '>').unwrap_or(name.len());
    name[..end].to_lowercase()
}

fn closes(program: &str, comment: &Range<usize>) -> bool {
    let text = program.get(comment.clone()).unwrap_or_default();
    if text.starts_with("<!--") {
        text.len() >= 7 && (text.ends_with("-->") || text.ends_with("--!>"))
            || text == "<!-->"
            || text == "<!--->"
    } else {
        text.ends_with('>')
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(program: &str) -> String {
        let slash = |kind: &TokenKind| if *kind == TokenKind::End { "/" } else { "" };
        let tags = tokens(program).tags;
        tags.iter().map(|tag| format!("{}{}@{} ", slash(&tag.kind), tag.name, tag.span.start)).collect()
    }

    #[test]
    fn tags_are_found_around_text_comments_and_raw_text() {
        assert_eq!(names("<div>a<p title='x>y'>b</p ></DIV>"), "div@0 p@6 /p@22 /div@27 ");
        assert_eq!(names("<style>a>b{}</style><!-- <b> --></x>"), "style@0 /style@12 /x@32 ");
        assert_eq!(
            names("<script>'</div>'</script><textarea><b></textarea>"),
            "script@0 /script@16 textarea@25 /textarea@38 "
        );
        assert_eq!(names("<svg><![CDATA[ <b> ]]><path/></svg>"), "svg@0 path@22 /svg@29 ");
        assert_eq!(names("1 < 2 </ 3> </> <é>"), "");
    }

    #[test]
    fn what_is_for_browsers_without_scripts_is_text() {
        assert_eq!(
            names("<noscript></template><p title=a>x<plaintext></NOSCRIPT><b><noscripts>"),
            "noscript@0 /noscript@44 b@55 noscripts@58 "
        );
        assert_eq!(
            names("<svg><noscript><g/></noscript></svg>"),
            "svg@0 noscript@5 g@15 /noscript@19 /svg@30 "
        );
    }

    #[test]
    fn what_the_end_cuts_off_is_told() {
        let cut = |program| tokens(program).cut;
        assert_eq!(cut("<div><span class=\"a"), Some((5, Cut::Tag)));
        assert_eq!(cut("<div></div"), Some((5, Cut::Tag)));
        assert_eq!(cut("<p>x<!-- abc"), Some((4, Cut::Comment)));
        assert_eq!(cut("<p>x<!-- abc -->"), None);
        assert_eq!(cut("<p>a < b"), None);
    }
}
