//! Answers that carry the picture instead of drawing the page.
//!
//! A model that is shown a picture or its vector source can earn a reward by handing it back: an `<svg>` copied from the
//! prompt, a `data:` address that holds the picture, a background that shows it. The published Reverse Browser model did.
//! Such a program is a fault like one that does not parse: no picture, reward 0, and a message that names the place.
//!
//! Known limit: pixels painted with thousands of elements, gradients or shadows pass; they cost more than they earn.

use std::{borrow::Cow, sync::Arc, time::Duration};

use galley_core::{DomainError, Fault, FaultKind, Render, Renderer, Span};

use crate::{
    css,
    inject::{Outline, SourceElement, outline},
    mismatch::start_tag::{Attribute, StartTag, declarations},
};

/// One way to carry a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carrier {
    /// An `<svg>` element, or one in a `srcdoc`.
    Svg,
    /// A `data:` address in an attribute that shows something, or in CSS.
    Data,
    /// `url()`, `image()` or `image-set()` in CSS, or the `background` attribute.
    Background,
}

impl Carrier {
    pub const ALL: [Self; 3] = [Self::Svg, Self::Data, Self::Background];

    /// The name in recipes.
    pub fn name(self) -> &'static str {
        match self {
            Self::Svg => "svg",
            Self::Data => "data",
            Self::Background => "background",
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|carrier| carrier.name() == name)
    }

    fn is_in(self, plain: &str) -> bool {
        match self {
            Self::Svg => plain.contains("<svg"),
            Self::Data => plain.contains("data:"),
            Self::Background => {
                ["url(", "image(", "image-set(", "src("].iter().any(|word| plain.contains(word))
            }
        }
    }
}

/// The first thing in `program` that one of `carriers` forbids. Pure.
pub fn find(program: &str, outline: &Outline, carriers: &[Carrier]) -> Option<Fault> {
    let of_elements = outline.elements.iter().find_map(|element| of_element(program, element, carriers));
    let of_sheets = || {
        let rules = css::rules(program, outline);
        let mut declarations = rules.iter().flat_map(|rule| &rule.declarations);
        declarations.find_map(|found| {
            let text = plain(&found.quoted);
            let span = Span::new(found.at, found.at + found.quoted.len());
            let fits = |carrier: &&Carrier| **carrier != Carrier::Svg && carrier.is_in(&text);
            carriers.iter().find(fits).map(|carrier| fault(program, *carrier, span))
        })
    };
    of_elements.or_else(of_sheets)
}

fn of_element(program: &str, element: &SourceElement, carriers: &[Carrier]) -> Option<Fault> {
    let text = element.start_tag.slice(program)?;
    if element.name == "svg" && carriers.contains(&Carrier::Svg) {
        return Some(fault(program, Carrier::Svg, element.start_tag));
    }
    StartTag::read(text).attributes.iter().find_map(|attribute| {
        let (carrier, place) = of_attribute(&element.name, attribute, carriers)?;
        Some(fault(program, carrier, place.shifted(element.start_tag.start)))
    })
}

/// What an attribute carries, and where in the start tag.
fn of_attribute(tag: &str, attribute: &Attribute<'_>, carriers: &[Carrier]) -> Option<(Carrier, Span)> {
    let name = attribute.name.to_ascii_lowercase();
    let value = plain(attribute.value);
    let whole = Span::new(attribute.at, attribute.at + attribute.value.len());
    let wanted = |carrier: Carrier| carriers.contains(&carrier);
    match name.as_str() {
        "style" => declarations(attribute.value, attribute.at).into_iter().find_map(|found| {
            let text = plain(&found.quoted);
            let fits = |carrier: &&Carrier| **carrier != Carrier::Svg && carrier.is_in(&text);
            let carrier = carriers.iter().find(fits)?;
            Some((*carrier, Span::new(found.at, found.at + found.quoted.len())))
        }),
        "srcdoc" => carriers.iter().find(|carrier| carrier.is_in(&value)).map(|carrier| (*carrier, whole)),
        "background" if wanted(Carrier::Background) => Some((Carrier::Background, whole)),
        // A link that nobody follows shows nothing.
        "href" if tag == "a" || tag == "area" => None,
        "src" | "srcset" | "imagesrcset" | "href" | "xlink:href" | "poster" | "data" | "background" => {
            (wanted(Carrier::Data) && Carrier::Data.is_in(&value)).then_some((Carrier::Data, whole))
        }
        _ => None,
    }
}

fn fault(program: &str, carrier: Carrier, span: Span) -> Fault {
    const QUOTED: usize = 40;
    let text = span.slice(program).unwrap_or_default();
    let quoted: String = text.chars().take(QUOTED).collect();
    let more = if quoted.len() < text.len() { "…" } else { "" };
    let (start, end, name) = (span.start, span.end, carrier.name());
    let message =
        format!("bytes {start}..{end} carry a picture instead of drawing one ({name}): `{quoted}{more}`");
    Fault::new(FaultKind::Forbidden, message).at(span)
}

/// Lower case, without white space and control characters, character references and CSS escapes resolved: what a browser
/// makes of an address, however it is written.
fn plain(text: &str) -> String {
    let text = unescaped(&references(text));
    text.chars().filter(|c| !c.is_whitespace() && !c.is_control()).flat_map(char::to_lowercase).collect()
}

/// Resolves numeric character references and the named ones that can hide an address.
fn references(text: &str) -> Cow<'_, str> {
    const NAMED: [(&str, char); 9] = [
        ("colon;", ':'),
        ("lpar;", '('),
        ("lt;", '<'),
        ("LT;", '<'),
        ("lt", '<'),
        ("LT", '<'),
        ("Tab;", '\t'),
        ("NewLine;", '\n'),
        ("bsol;", '\\'),
    ];
    if !text.contains('&') {
        return Cow::Borrowed(text);
    }
    let mut found = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        found.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some((name, c)) = NAMED.iter().find(|(name, _)| rest.starts_with(name)) {
            found.push(*c);
            rest = &rest[name.len()..];
            continue;
        }
        match numeric(rest) {
            Some((c, len)) => {
                found.push(c);
                rest = &rest[len..];
            }
            None => found.push('&'),
        }
    }
    found.push_str(rest);
    Cow::Owned(found)
}

/// The character of `#100;` or `#x64`, and how long that is.
fn numeric(text: &str) -> Option<(char, usize)> {
    let digits = text.strip_prefix('#')?;
    let (digits, radix, before) = match digits.strip_prefix(['x', 'X']) {
        Some(digits) => (digits, 16, 2),
        None => (digits, 10, 1),
    };
    let len = digits.find(|c: char| !c.is_digit(radix)).unwrap_or(digits.len());
    let c = char::from_u32(u32::from_str_radix(&digits[..len], radix).ok()?)?;
    let end = before + len;
    Some((c, end + usize::from(text[end..].starts_with(';'))))
}

/// Resolves `\64 ` and `\d`, and drops comments, as CSS does.
fn unescaped(text: &str) -> String {
    let mut found = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['\\', '/']) {
        found.push_str(&rest[..at]);
        rest = &rest[at..];
        if let Some(comment) = rest.strip_prefix("/*") {
            rest = comment.find("*/").map_or("", |end| &comment[end + 2..]);
        } else if let Some(escape) = rest.strip_prefix('\\') {
            let len = escape.bytes().take(6).take_while(u8::is_ascii_hexdigit).count();
            let c = u32::from_str_radix(&escape[..len], 16).ok().and_then(char::from_u32);
            found.extend(c);
            rest = &escape[len..];
            rest = if len > 0 { rest.strip_prefix([' ', '\t', '\n']).unwrap_or(rest) } else { rest };
        } else {
            found.push('/');
            rest = &rest[1..];
        }
    }
    found + rest
}

/// A renderer that refuses programs which carry a picture.
pub struct Guarded<R> {
    inner: Arc<R>,
    carriers: Vec<Carrier>,
}

impl<R: Renderer> Guarded<R> {
    pub fn new(inner: Arc<R>, carriers: Vec<Carrier>) -> Self {
        Self { inner, carriers }
    }
}

impl<R: Renderer> Renderer for Guarded<R> {
    fn version(&self) -> String {
        let names: Vec<&str> = self.carriers.iter().map(|carrier| carrier.name()).collect();
        let without = if names.is_empty() { String::new() } else { format!(" without {}", names.join("+")) };
        format!("{}{without}", self.inner.version())
    }

    fn render(&self, program: &str, deadline: Duration) -> Result<Render, DomainError> {
        if !self.carriers.is_empty()
            && let Some(fault) = find(program, &outline(program), &self.carriers)
        {
            return Ok(Render::failed(fault));
        }
        self.inner.render(program, deadline)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(program: &str) -> Option<String> {
        let fault = find(program, &outline(program), &Carrier::ALL)?;
        assert_eq!(fault.kind, FaultKind::Forbidden);
        assert!(fault.message.contains("bytes "), "{}", fault.message);
        fault.span?.slice(program).map(str::to_owned)
    }

    #[test]
    fn pictures_are_found_however_they_are_written() {
        for (program, place) in [
            ("<p>x</p><SVG width=9><path/></svg>", "<SVG width=9>"),
            ("<img alt=x src='data:image/png;base64,AA'>", "data:image/png;base64,AA"),
            ("<img src=\"&#100;ata&colon;image/png,x\">", "&#100;ata&colon;image/png,x"),
            ("<img src=\" d\na\tta:x\">", " d\na\tta:x"),
            ("<iframe srcdoc='&lt;svg>'></iframe>", "&lt;svg>"),
            ("<div style=\"color:red; background : \\75 rl(x.png)\">", "background : \\75 rl(x.png)"),
            ("<style>p{top:0;content:image-set('a' 1x)}</style>", "content:image-set('a' 1x)"),
            ("<style>@media all{a{b{background:url(/**/x)}}}</style>", "background:url(/**/x)"),
            ("<body background=x.png>", "x.png"),
            ("<link rel=stylesheet href=data:text/css,x>", "data:text/css,x"),
        ] {
            assert_eq!(found(program).as_deref(), Some(place), "{program}");
        }
    }

    #[test]
    fn pages_that_draw_are_let_through() {
        for program in [
            "<p>data: svg in text &lt;svg></p>",
            "<img src=rick.jpg alt='data: 5'><a href='data:x'>y</a>",
            "<div style='background:linear-gradient(red,blue);content:\"a/b\"'>x</div>",
            "<!-- <svg> --><style>p{background:#fff}</style><p>url(x)</p>",
        ] {
            assert_eq!(found(program), None, "{program}");
        }
        assert!(find("<svg/>", &outline("<svg/>"), &[Carrier::Data]).is_none());
    }

    #[test]
    fn names_are_read_back() {
        assert!(Carrier::ALL.iter().all(|carrier| Carrier::named(carrier.name()) == Some(*carrier)));
    }

    #[test]
    fn odd_references_end() {
        for text in ["&", "&#", "&#x", "&#xffffffff;", "&#0;", "\\", "\\110000 x", "/*", "é&é", "\\é"] {
            plain(text);
        }
    }
}
