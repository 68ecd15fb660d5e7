//! Events into a tree, as Beautiful Soup's `HTMLTreeBuilder` does: what is open, what an end tag closes, which white
//! space is kept.

use std::collections::BTreeMap;

use super::python::is_space;
use super::tree::{Entry, Node, NodeId, Soup, StringKind};

/// The tree so far, the open elements and the text that waits to become a string.
pub(super) struct Builder {
    nodes: Vec<Entry>,
    /// Open elements, the document first.
    open: Vec<NodeId>,
    /// How many elements of a name are open.
    open_names: BTreeMap<Box<str>, usize>,
    /// Open `pre` and `textarea`: inside them white space stays.
    preserving: usize,
    text: String,
    /// Some text came, be it empty: `<!---->` makes a string.
    has_text: bool,
    /// Void elements by name whose end tag, should it come, is to be ignored.
    closed_voids: BTreeMap<Box<str>, usize>,
}

impl Builder {
    pub(super) fn new() -> Self {
        Self {
            nodes: vec![Entry { parent: 0, end: 0, removed: false, node: Node::Document }],
            open: vec![0],
            open_names: BTreeMap::new(),
            preserving: 0,
            text: String::new(),
            has_text: false,
            closed_voids: BTreeMap::new(),
        }
    }

    pub(super) fn text(&mut self, text: &str) {
        self.text.push_str(text);
        self.has_text = true;
    }

    /// A comment, doctype or the like: a string of its own.
    pub(super) fn special(&mut self, kind: StringKind, text: &str) {
        self.flush(StringKind::Text);
        self.text(text);
        self.flush(kind);
    }

    /// `<name …>`.
    pub(super) fn start_tag(&mut self, name: &str, attributes: Vec<(String, String)>) {
        self.open_element(name, attributes);
        if is_void(name) {
            self.close_element(name);
            *self.closed_voids.entry(name.into()).or_default() += 1;
        }
    }

    /// `<name …/>`.
    pub(super) fn empty_tag(&mut self, name: &str, attributes: Vec<(String, String)>) {
        self.open_element(name, attributes);
        self.close_element(name);
    }

    /// `</name>`: one that follows a void element of that name closes nothing.
    pub(super) fn end_tag(&mut self, name: &str) {
        match self.closed_voids.get_mut(name) {
            Some(waiting) if *waiting > 0 => *waiting -= 1,
            _ => self.close_element(name),
        }
    }

    pub(super) fn finish(mut self) -> Soup {
        self.flush(StringKind::Text);
        while let Some(id) = self.open.pop() {
            self.nodes[id].end = self.nodes.len();
        }
        Soup { nodes: self.nodes }
    }

    fn open_element(&mut self, name: &str, attributes: Vec<(String, String)>) {
        self.flush(StringKind::Text);
        *self.open_names.entry(name.into()).or_default() += 1;
        self.preserving += usize::from(preserves_space(name));
        let id = self.push(Node::Element { name: name.into(), attributes: attribute_map(name, attributes) });
        self.open.push(id);
    }

    /// Closes everything down to the innermost open element of that name; nothing if there is none.
    fn close_element(&mut self, name: &str) {
        self.flush(StringKind::Text);
        if self.open_names.get(name).is_none_or(|&open| open == 0) {
            return;
        }
        while self.open.len() > 1 && !self.close_innermost(name) {}
    }

    /// Whether the element closed bore that name.
    fn close_innermost(&mut self, name: &str) -> bool {
        let Some(id) = self.open.pop() else { return true };
        self.nodes[id].end = self.nodes.len();
        let Node::Element { name: closed, .. } = &self.nodes[id].node else { return false };
        if let Some(open) = self.open_names.get_mut(closed) {
            *open -= 1;
        }
        self.preserving -= usize::from(preserves_space(closed));
        **closed == *name
    }

    fn flush(&mut self, kind: StringKind) {
        if !std::mem::take(&mut self.has_text) {
            return;
        }
        let mut text = std::mem::take(&mut self.text);
        if self.preserving == 0 && text.bytes().all(|byte| b" \n\t\x0c\r".contains(&byte)) {
            text = (if text.contains('\n') { "\n" } else { " " }).to_owned();
        }
        let id = self.push(Node::Text { kind, text });
        self.nodes[id].end = id + 1;
    }

    fn push(&mut self, node: Node) -> NodeId {
        let parent = self.open.last().copied().unwrap_or(0);
        self.nodes.push(Entry { parent, end: 0, removed: false, node });
        self.nodes.len() - 1
    }
}

/// The attributes as a map sorted by name: the last of a name counts, lists of words lose their extra white space.
fn attribute_map(element: &str, attributes: Vec<(String, String)>) -> Vec<(String, String)> {
    let mut sorted = attributes;
    sorted.reverse();
    sorted.sort_by(|(a, _), (b, _)| a.cmp(b));
    sorted.dedup_by(|later, kept| later.0 == kept.0);
    for (name, value) in &mut sorted {
        if is_word_list(element, name) {
            *value = value.split(is_space).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
        }
    }
    sorted
}

fn is_word_list(element: &str, attribute: &str) -> bool {
    match attribute {
        "class" | "accesskey" | "dropzone" => true,
        "rel" => matches!(element, "a" | "link" | "area"),
        "rev" => matches!(element, "a" | "link"),
        "headers" => matches!(element, "td" | "th"),
        "accept-charset" => element == "form",
        "archive" => element == "object",
        "sizes" => element == "icon",
        "sandbox" => element == "iframe",
        "for" => element == "output",
        _ => false,
    }
}

fn preserves_space(name: &str) -> bool {
    matches!(name, "pre" | "textarea")
}

/// Elements without content, today's and those of older HTML.
#[rustfmt::skip]
pub(super) fn is_void(name: &str) -> bool {
    matches!(
        name,
        "area" | "base" | "br" | "col" | "embed" | "hr" | "img" | "input" | "keygen" | "link" | "menuitem" | "meta"
            | "param" | "source" | "track" | "wbr" | "basefont" | "bgsound" | "command" | "frame" | "image"
            | "isindex" | "nextid" | "spacer"
    )
}
