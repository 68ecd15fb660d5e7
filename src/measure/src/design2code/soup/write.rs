//! `str(soup)`: the default ("minimal") formatter.

use super::builder::is_void;
use super::python::skip_space;
use super::tree::{Node, NodeId, Soup, StringKind};

/// The text of a page with where each element lies in it.
pub(crate) struct Written {
    pub(crate) html: String,
    /// `html[start..end]` of each element, by node; `(0, 0)` for other nodes.
    pub(crate) spans: Vec<(usize, usize)>,
}

impl Soup {
    /// `str(soup)`.
    pub fn to_html(&self) -> String {
        self.write().html
    }

    /// `str(soup)`, which contains `str(element)` of every element.
    pub(crate) fn write(&self) -> Written {
        let mut out = Written { html: String::new(), spans: vec![(0, 0); self.len()] };
        let mut open: Vec<NodeId> = Vec::new();
        for id in self.walk(1, self.len()) {
            while let Some(closed) = open.pop_if(|&mut top| self.end(top) <= id) {
                self.close(closed, &mut out);
            }
            match self.node(id) {
                Node::Element { name, attributes } => {
                    let start = out.html.len();
                    let void = is_void(name) && self.children(id).next().is_none();
                    write_start(name, attributes, void, &mut out.html);
                    out.spans[id] = (start, out.html.len());
                    if !void {
                        open.push(id);
                    }
                }
                Node::Text { kind, text } => {
                    let raw = matches!(self.name(self.parent(id)), Some("script" | "style"));
                    write_text(*kind, text, raw, &mut out.html);
                }
                Node::Document => {}
            }
        }
        while let Some(closed) = open.pop() {
            self.close(closed, &mut out);
        }
        out
    }

    fn close(&self, id: NodeId, out: &mut Written) {
        if let Some(name) = self.name(id) {
            out.html.extend(["</", name, ">"]);
            out.spans[id].1 = out.html.len();
        }
    }
}

fn write_start(name: &str, attributes: &[(String, String)], void: bool, out: &mut String) {
    out.extend(["<", name]);
    for (attribute, value) in attributes {
        out.extend([" ", attribute, "="]);
        match declared_charset(name, attribute, attributes, value) {
            Some(value) => write_quoted(&value, out),
            None => write_quoted(value, out),
        }
    }
    out.push_str(if void { "/>" } else { ">" });
}

/// The value of a `meta` attribute that declares the character set, which becomes the one that is written.
fn declared_charset(name: &str, attribute: &str, all: &[(String, String)], value: &str) -> Option<String> {
    if name != "meta" {
        return None;
    }
    let get = |wanted: &str| all.iter().find(|(known, _)| known == wanted).map(|(_, value)| value);
    match attribute {
        "charset" => Some("utf-8".to_owned()),
        "content" if get("charset").is_none() => {
            let content_type = get("http-equiv").is_some_and(|value| value.to_lowercase() == "content-type");
            content_type.then(|| with_charset(value))
        }
        _ => None,
    }
}

/// `text/html; charset=latin1` with `utf-8` for what follows each `charset=` at the start of a line or after a semicolon.
fn with_charset(content: &str) -> String {
    const KEY: &str = "charset=";
    let (mut out, mut at) = (String::new(), 0);
    while at < content.len() {
        let line_start = at == 0 || content[..at].ends_with('\n');
        let semicolon = content[at..].starts_with(';').then_some(at + 1);
        let candidates = [line_start.then_some(at), semicolon];
        let mut keys = candidates.into_iter().flatten().map(|from| skip_space(content, from));
        if let Some(key) = keys.find(|&key| content[key..].starts_with(KEY)) {
            out.extend([&content[at..key + KEY.len()], "utf-8"]);
            at = content[key..].find(';').map_or(content.len(), |length| key + length);
        } else {
            let length = content[at..].chars().next().map_or(1, char::len_utf8);
            out.push_str(&content[at..at + length]);
            at += length;
        }
    }
    out
}

/// In double quotes; in single ones if only double quotes occur inside; with `&quot;` if both do.
fn write_quoted(value: &str, out: &mut String) {
    let double = value.contains('"');
    let both = double && value.contains('\'');
    let quote = if double && !both { '\'' } else { '"' };
    out.push(quote);
    write_escaped(value, both, out);
    out.push(quote);
}

fn write_text(kind: StringKind, text: &str, raw: bool, out: &mut String) {
    let (before, after) = match kind {
        StringKind::Text if raw => ("", ""),
        StringKind::Text => return write_escaped(text, false, out),
        StringKind::Comment => ("<!--", "-->"),
        StringKind::CData => ("<![CDATA[", "]]>"),
        StringKind::ProcessingInstruction => ("<?", ">"),
        StringKind::Declaration => ("<?", "?>"),
        StringKind::Doctype => ("<!DOCTYPE ", ">\n"),
    };
    out.extend([before, text, after]);
}

fn write_escaped(text: &str, quotes: bool, out: &mut String) {
    let mut rest = text;
    let special = |c: char| matches!(c, '&' | '<' | '>') || (quotes && c == '"');
    while let Some(at) = rest.find(special) {
        out.push_str(&rest[..at]);
        out.push_str(match rest.as_bytes()[at] {
            b'&' => "&amp;",
            b'<' => "&lt;",
            b'>' => "&gt;",
            _ => "&quot;",
        });
        rest = &rest[at + 1..];
    }
    out.push_str(rest);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn charsets_become_utf_8() {
        assert_eq!(with_charset("text/html; charset=latin1; x"), "text/html; charset=utf-8; x");
        assert_eq!(with_charset(" charset=a\ncharset=b"), " charset=utf-8");
        assert_eq!(with_charset("xcharset=a"), "xcharset=a");
    }

    #[test]
    fn quotes_follow_what_is_inside() {
        let html = Soup::parse("<a b='\"' c=\"'\" d=\"&quot;'\" e>x & y</a><br>").unwrap().to_html();
        assert_eq!(html, "<a b='\"' c=\"'\" d=\"&quot;'\" e=\"\">x &amp; y</a><br/>");
    }
}
