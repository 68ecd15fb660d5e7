//! Which tags close which: the parts of HTML's tree construction that decide where an element ends
//! (WHATWG HTML §13.1.2.4 "optional tags" and §13.2.6).

/// Elements that have neither content nor an end tag.
pub fn is_void(name: &str) -> bool {
    matches!(
        name,
        "area"
            | "base"
            | "basefont"
            | "bgsound"
            | "br"
            | "col"
            | "embed"
            | "frame"
            | "hr"
            | "image"
            | "img"
            | "input"
            | "keygen"
            | "link"
            | "meta"
            | "param"
            | "source"
            | "track"
            | "wbr"
    )
}

/// Elements whose end tag may be left out.
pub fn may_stay_open(name: &str) -> bool {
    matches!(
        name,
        "html"
            | "head"
            | "body"
            | "p"
            | "li"
            | "dt"
            | "dd"
            | "rt"
            | "rp"
            | "rb"
            | "rtc"
            | "option"
            | "optgroup"
            | "colgroup"
            | "caption"
            | "thead"
            | "tbody"
            | "tfoot"
            | "tr"
            | "td"
            | "th"
            | "plaintext"
    )
}

/// An end tag does not reach over these to what is outside, unless it is one of a table's own.
pub const BARRIERS: &[&str] = &["table", "td", "th", "caption", "template", "svg", "math"];

/// Which open elements a start tag closes, and how far up it looks for them.
#[derive(Clone, Copy, Debug)]
pub struct Closing {
    pub closes: &'static [&'static str],
    /// The search stops at these.
    pub until: &'static [&'static str],
}

const CELLS: &[&str] = &["table", "template"];
const LISTS: &[&str] = &["ul", "ol", "menu", "dir", "table", "td", "th", "template", "div"];
const TERMS: &[&str] = &["dl", "table", "td", "th", "template"];
const PARAGRAPH: &[&str] = &["table", "td", "th", "caption", "template", "button", "svg", "math"];

/// What a start tag of this name closes before it opens, outermost search last.
pub fn closings(name: &str) -> &'static [Closing] {
    const P: Closing = Closing { closes: &["p"], until: PARAGRAPH };
    match name {
        "li" => &[P, Closing { closes: &["li"], until: LISTS }],
        "dt" | "dd" => &[P, Closing { closes: &["dt", "dd"], until: TERMS }],
        "option" => &[Closing { closes: &["option"], until: &["select", "datalist"] }],
        "optgroup" | "hr" => {
            &[P, Closing { closes: &["option", "optgroup"], until: &["select", "datalist"] }]
        }
        "rt" | "rp" | "rb" | "rtc" => &[Closing { closes: &["rt", "rp", "rb"], until: &["ruby"] }],
        "td" | "th" => &[Closing { closes: &["td", "th"], until: CELLS }],
        "tr" => &[Closing { closes: &["tr", "caption", "colgroup"], until: CELLS }],
        "tbody" | "thead" | "tfoot" => {
            &[Closing { closes: &["tbody", "thead", "tfoot", "caption", "colgroup"], until: CELLS }]
        }
        "colgroup" | "caption" => &[Closing { closes: &["colgroup", "caption"], until: CELLS }],
        _ if is_block(name) => &[P],
        _ => &[],
    }
}

/// Start tags that end a paragraph.
fn is_block(name: &str) -> bool {
    matches!(
        name,
        "address"
            | "article"
            | "aside"
            | "blockquote"
            | "center"
            | "details"
            | "dialog"
            | "dir"
            | "div"
            | "dl"
            | "fieldset"
            | "figcaption"
            | "figure"
            | "footer"
            | "form"
            | "h1"
            | "h2"
            | "h3"
            | "h4"
            | "h5"
            | "h6"
            | "header"
            | "hgroup"
            | "listing"
            | "main"
            | "menu"
            | "nav"
            | "ol"
            | "p"
            | "plaintext"
            | "pre"
            | "search"
            | "section"
            | "summary"
            | "table"
            | "ul"
            | "xmp"
    )
}

/// Elements that may stand in an open `head`; any other one closes it.
pub fn belongs_in_head(name: &str) -> bool {
    matches!(
        name,
        "meta"
            | "link"
            | "title"
            | "style"
            | "script"
            | "base"
            | "noscript"
            | "template"
            | "bgsound"
            | "basefont"
    )
}

/// The elements that an end tag closes: those of its name, and any heading's end tag closes any heading.
pub fn ended_by<'a>(tag: &'a [&'a str]) -> &'a [&'a str] {
    const HEADINGS: &[&str] = &["h1", "h2", "h3", "h4", "h5", "h6"];
    if tag.iter().any(|name| HEADINGS.contains(name)) { HEADINGS } else { tag }
}

/// Whether an end tag may reach over barriers: tables close their cells.
pub fn reaches_over_barriers(name: &str) -> bool {
    matches!(
        name,
        "table" | "tr" | "tbody" | "thead" | "tfoot" | "body" | "html" | "svg" | "math" | "template"
    )
}
/// Whether a `meta` of that name or `http-equiv`, in lower case, can be silenced without a change of the picture: what
/// it governs are later addresses, other sites and other pages.
pub fn is_idle_meta(name: &str) -> bool {
    matches!(
        name,
        "refresh"
            | "referrer"
            | "origin-trial"
            | "accept-ch"
            | "delegate-ch"
            | "permissions-policy"
            | "set-cookie"
            | "x-dns-prefetch-control"
    )
}
