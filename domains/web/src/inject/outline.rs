//! The elements of a page as its source writes them.

use std::collections::BTreeMap;

use galley_core::Span;

use super::{
    rules,
    tokens::{Cut, StartTag, Token, TokenKind, tokens},
};

/// Elements in source order. Any two spans are nested or disjoint, and all lie in the program.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outline {
    pub elements: Vec<SourceElement>,
    /// The construct that the end of the text cuts off, if any.
    pub unfinished: Option<Unfinished>,
}

/// One element that the source names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceElement {
    /// Lower case.
    pub name: String,
    /// Start tag through end tag; to where it is implicitly closed, without trailing white space, where it has none.
    pub span: Span,
    pub start_tag: Span,
    /// Whether it has an end tag of its own.
    pub closed: bool,
    /// Whether it has no content: void in HTML, or `/>` in SVG and MathML.
    pub void: bool,
    /// Index into [`Outline::elements`].
    pub parent: Option<usize>,
    pub(super) tag: StartTag,
}

/// A tag or comment without its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unfinished {
    Tag(Span),
    Comment(Span),
}

impl Outline {
    /// Elements that need an end tag and have none, in source order.
    pub fn unclosed(&self) -> impl Iterator<Item = &SourceElement> {
        let needs_end = |element: &&SourceElement| !element.closed && !element.void;
        self.elements.iter().filter(needs_end).filter(|element| !rules::may_stay_open(&element.name))
    }

    /// Whether the page has anything to run: scripts, event handlers, `javascript:` addresses.
    pub fn acts(&self) -> bool {
        self.elements.iter().any(|element| element.tag.acts)
    }

    /// Whether the page leaves traces on the window that shows it, so that the next page needs another.
    pub fn taints(&self) -> bool {
        self.elements.iter().any(|element| match element.name.as_str() {
            "meta" => {
                let names = [&element.tag.http_equiv, &element.tag.meta_name];
                names.into_iter().flatten().any(|name| !is_harmless(name))
            }
            "iframe" | "frame" | "frameset" | "object" | "embed" | "video" | "audio" | "base" => true,
            _ => false,
        })
    }
}

/// Whether a browser ignores a `meta` of that name, a picture does not tell, or it is silenced. Unknown names are ignored
/// by browsers; these are not, and a character reference may spell any of them.
fn is_harmless(name: &str) -> bool {
    const MARKING: [&str; 6] = [
        "color-scheme",
        "supported-color-schemes",
        "text-scale",
        "content-security-policy",
        "content-language",
        "default-style",
    ];
    !name.contains('&') && !MARKING.contains(&name)
}

/// Reads the elements of `program`. Never fails: the tree of broken HTML is what a browser would make of it, closely.
pub fn outline(program: &str) -> Outline {
    let tokens = tokens(program);
    let mut builder = Builder { program, ..Builder::default() };
    for token in tokens.tags {
        match token.kind.clone() {
            TokenKind::Start(tag) => builder.start(token, tag),
            TokenKind::End => builder.end(&token),
        }
    }
    builder.close_down_to(0, program.len());
    let unfinished = tokens.cut.map(|(at, cut)| match cut {
        Cut::Tag => Unfinished::Tag(Span::new(at, program.len())),
        Cut::Comment => Unfinished::Comment(Span::new(at, program.len())),
    });
    Outline { elements: builder.elements, unfinished }
}

#[derive(Default)]
struct Builder<'a> {
    program: &'a str,
    elements: Vec<SourceElement>,
    /// Open elements, outermost first.
    open: Vec<usize>,
    /// Where in `open` the elements of a name are.
    depths: Places,
    /// Elements that something else closed before their end tag came.
    orphans: Places,
    /// The last `body` and the last `html` that an end tag closed.
    ended: BTreeMap<&'static str, usize>,
}

/// Ascending numbers by name. Everything is asked of it instead of searched for: a page may nest a hundred thousand
/// elements.
#[derive(Default)]
struct Places(BTreeMap<String, Vec<usize>>);

impl Places {
    fn push(&mut self, name: &str, place: usize) {
        match self.0.get_mut(name) {
            Some(places) => places.push(place),
            None => drop(self.0.insert(name.to_owned(), vec![place])),
        }
    }

    fn pop(&mut self, name: &str) {
        self.0.get_mut(name).and_then(Vec::pop);
    }

    /// The greatest number of any of the names.
    fn last(&self, names: &[&str]) -> Option<usize> {
        names.iter().filter_map(|name| self.0.get(*name)?.last().copied()).max()
    }
}

impl Builder<'_> {
    fn start(&mut self, token: Token, tag: StartTag) {
        if !tag.foreign {
            self.make_room(&token);
        }
        let void = if tag.foreign { tag.self_closing } else { rules::is_void(&token.name) };
        let index = self.elements.len();
        self.elements.push(SourceElement {
            name: token.name,
            span: token.span,
            start_tag: token.span,
            closed: false,
            void,
            parent: self.open.last().copied(),
            tag,
        });
        if !void {
            self.depths.push(&self.elements[index].name, self.open.len());
            self.open.push(index);
        }
    }

    /// Closes what the start tag closes by standing there.
    fn make_room(&mut self, token: &Token) {
        if !rules::belongs_in_head(&token.name) && self.top_is("head") {
            self.close_down_to(self.open.len() - 1, token.span.start);
        }
        for closing in rules::closings(&token.name) {
            if let Some(depth) = self.find(closing.closes, closing.until) {
                self.close_down_to(depth, token.span.start);
            }
        }
    }

    fn end(&mut self, token: &Token) {
        let barriers = if rules::reaches_over_barriers(&token.name) { &[] } else { rules::BARRIERS };
        let Some(depth) = self.find(rules::ended_by(&[&token.name]), barriers) else {
            return if self.reopens(token) { self.stretch(token) } else { self.claim_orphan(token) };
        };
        self.close_down_to(depth + 1, token.span.start);
        if let Some(index) = self.pop() {
            let element = &mut self.elements[index];
            element.span.end = token.span.end;
            element.closed = true;
            if let Some(name) = ["html", "body"].into_iter().find(|name| *name == element.name) {
                self.ended.insert(name, index);
            }
        }
    }

    /// Whether an end tag ends the document, or its body, a second time: what came since then belonged to it.
    fn reopens(&self, token: &Token) -> bool {
        let only_html = self.open.iter().all(|&index| self.elements[index].name == "html");
        self.ended.contains_key(token.name.as_str()) && only_html
    }

    fn stretch(&mut self, token: &Token) {
        for index in ["html", token.name.as_str()].iter().filter_map(|name| self.ended.get(*name)) {
            self.elements[*index].span.end = token.span.end;
        }
    }

    /// An end tag too late still shows that its element was not forgotten (`<b><i></b></i>`).
    fn claim_orphan(&mut self, token: &Token) {
        if let Some(index) = self.orphans.last(rules::ended_by(&[&token.name])) {
            let element = &mut self.elements[index];
            element.closed = true;
            self.orphans.pop(&element.name);
        }
    }

    /// Depth of the innermost open element that is wanted, unless one to stop at is further in.
    fn find(&self, wanted: &[&str], stop: &[&str]) -> Option<usize> {
        let found = self.depths.last(wanted)?;
        self.depths.last(stop).is_none_or(|stop| stop <= found).then_some(found)
    }

    /// Ends all elements from `depth` inwards at byte `at`, without end tags.
    fn close_down_to(&mut self, depth: usize, at: usize) {
        if depth >= self.open.len() {
            return;
        }
        let end = self.program.get(..at).unwrap_or_default().trim_end().len();
        while self.open.len() > depth
            && let Some(index) = self.pop()
        {
            let element = &mut self.elements[index];
            element.span.end = element.start_tag.end.max(end);
            if !rules::may_stay_open(&element.name) {
                self.orphans.push(&element.name, index);
            }
        }
    }

    /// Takes the innermost element off the open ones.
    fn pop(&mut self) -> Option<usize> {
        let index = self.open.pop()?;
        self.depths.pop(&self.elements[index].name);
        Some(index)
    }

    fn top_is(&self, name: &str) -> bool {
        self.open.last().is_some_and(|&index| self.elements[index].name == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spans(program: &str) -> Vec<&str> {
        outline(program).elements.iter().map(|element| element.span.slice(program).unwrap_or("?")).collect()
    }

    fn unclosed(program: &str) -> Vec<String> {
        outline(program).unclosed().map(|element| element.name.clone()).collect()
    }

    #[test]
    fn spans_reach_from_start_tag_through_end_tag() {
        assert_eq!(spans("<div>a<b>ä</b><br>c</div> "), ["<div>a<b>ä</b><br>c</div>", "<b>ä</b>", "<br>"]);
        assert_eq!(spans("<svg><path d='M0'/></svg>"), ["<svg><path d='M0'/></svg>", "<path d='M0'/>"]);
    }

    #[test]
    fn omitted_end_tags_end_where_html_says() {
        assert_eq!(spans("<ul><li>a <li>b</ul>"), ["<ul><li>a <li>b</ul>", "<li>a", "<li>b"]);
        assert_eq!(spans("<p>a<div>b</div>"), ["<p>a", "<div>b</div>"]);
        assert_eq!(
            spans("<ul><li>a<ul><li>b</ul><li>c</ul>")[1..],
            ["<li>a<ul><li>b</ul>", "<ul><li>b</ul>", "<li>b", "<li>c"]
        );
        assert_eq!(
            spans("<table><tr><td>1<td>2<tr><td>3</table>")[1..],
            ["<tr><td>1<td>2", "<td>1", "<td>2", "<tr><td>3", "<td>3"]
        );
        assert_eq!(spans("<html><head><title>t</title><body>x")[1], "<head><title>t</title>");
    }

    #[test]
    fn a_document_that_ends_twice_ends_the_second_time() {
        let program = "<html><body>a</body></html></p></body></html>";
        assert_eq!(spans(program), [program, "<body>a</body></html></p></body>"]);
    }

    #[test]
    fn deep_and_endless_pages_are_read_at_once() {
        let many = |text: &str| text.repeat(200_000);
        for program in [
            many("<div>"),
            many("<p><button><div>"),
            format!("<b>{}</b>{}", many("<span>"), many("</i>")),
            format!("<html><body></body></html>{}{}", many("<p>"), many("</body>")),
            format!("{}{}</b>", many("<b>"), many(" ")),
        ] {
            assert!(outline(&program).elements.len() >= 200_000);
        }
    }

    #[test]
    fn only_forgotten_end_tags_are_missed() {
        assert_eq!(unclosed("<html><body><p>a<ul><li>b</ul>"), Vec::<String>::new());
        assert_eq!(unclosed("<b><i>x</b></i>"), Vec::<String>::new());
        assert_eq!(unclosed("<p><b>x<div>y</div></b>"), Vec::<String>::new());
        assert_eq!(unclosed("<span><div></span></div>"), Vec::<String>::new());
        assert_eq!(unclosed("<div><div>x</div>"), ["div"]);
        assert_eq!(unclosed("<div><span>x</div>"), ["span"]);
        assert_eq!(unclosed("<table><tr><td><div>x</td></tr></table>"), ["div"]);
        assert_eq!(unclosed("<style>a{}"), ["style"]);
        assert_eq!(unclosed("<svg><g></svg>"), ["g"]);
    }

    #[test]
    fn spans_of_broken_html_stay_nested_or_disjoint() {
        for program in [
            "<b><i>x</b></i>",
            "<table><div><td></div><b></table></b>",
            "</p><li><a><a></li></a>x",
            "<h1><h2></h1>",
            "<html><body></body><div></body></div></html></body>",
        ] {
            let elements = outline(program).elements;
            for (index, a) in elements.iter().enumerate() {
                for b in &elements[index + 1..] {
                    assert!(a.span.encloses(b.span) || a.span.end <= b.span.start, "{program}: {a:?} {b:?}");
                }
            }
        }
    }

    #[test]
    fn pages_that_act_are_told() {
        for program in [
            "<script>1</script>",
            "<p OnClick=f()>",
            "<a href=' JavaScript:f()'>x</a>",
            "<iframe srcdoc='<script>1</script>'>",
            "<svg><script>1</script></svg>",
        ] {
            assert!(outline(program).acts(), "{program}");
        }
        assert!(
            !outline("<p class=on title=script>&lt;script><!--<script>--></p><style>script{}</style>").acts()
        );
    }

    #[test]
    fn pages_that_would_mark_their_window_are_told() {
        assert!(outline("<meta name=color-scheme content=dark>").taints());
        assert!(outline("<meta http-equiv=content-language content=de>").taints());
        assert!(outline("<meta name='color-sche&#109;e' content=dark>").taints());
        assert!(!outline("<meta charset=utf-8><meta name=viewport content=x><p>").taints());
        assert!(!outline("<meta name=referrer content=no><meta http-equiv=Origin-Trial content=x>").taints());
    }
}
