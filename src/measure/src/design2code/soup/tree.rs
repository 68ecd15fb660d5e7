//! The tree: nodes in document order in one vector.
//!
//! A node's descendants are the nodes after it up to its `end`; that is all the structure there is, so a walk is a loop.

use super::PageError;
use super::builder::Builder;
use super::parser::Parser;

/// A place in [`Soup`]; ascending ids are document order.
pub type NodeId = usize;

/// A parsed page. Node 0 is the document itself and writes nothing.
#[derive(Clone, Debug)]
pub struct Soup {
    pub(super) nodes: Vec<Entry>,
}

#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) parent: NodeId,
    /// The node after the last descendant.
    pub(super) end: NodeId,
    /// Taken out of the tree, with everything below it.
    pub(super) removed: bool,
    pub(super) node: Node,
}

/// An element with its attributes sorted by name, or a string.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Node {
    Document,
    Element { name: Box<str>, attributes: Vec<(String, String)> },
    Text { kind: StringKind, text: String },
}

/// What kind of string: all but [`StringKind::Text`] are written as they are, between their own marks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StringKind {
    Text,
    Comment,
    CData,
    ProcessingInstruction,
    Declaration,
    Doctype,
}

impl Soup {
    /// `BeautifulSoup(html, "html.parser")` of text that was already read (see [`super::universal_newlines`]).
    ///
    /// # Errors
    /// [`PageError::Rejected`] and [`PageError::LongReference`], where Python raises.
    pub fn parse(html: &str) -> Result<Self, PageError> {
        let mut parser = Parser::new(html, Builder::new());
        parser.advance(false)?;
        parser.advance(true)?;
        Ok(parser.into_builder().finish())
    }

    /// The number of nodes, removed ones included.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether nothing but the document itself is there.
    pub fn is_empty(&self) -> bool {
        self.nodes.len() == 1
    }

    pub fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id].node
    }

    pub fn parent(&self, id: NodeId) -> NodeId {
        self.nodes[id].parent
    }

    /// The first node after `id` that is not below it.
    pub fn end(&self, id: NodeId) -> NodeId {
        self.nodes[id].end
    }

    /// The name of an element, `None` for strings and the document.
    pub fn name(&self, id: NodeId) -> Option<&str> {
        match self.node(id) {
            Node::Element { name, .. } => Some(name),
            _ => None,
        }
    }

    pub fn attribute(&self, id: NodeId, name: &str) -> Option<&str> {
        let Node::Element { attributes, .. } = self.node(id) else { return None };
        find(attributes, name).ok().map(|at| attributes[at].1.as_str())
    }

    /// `element[name] = value`; does nothing to other nodes.
    pub fn set_attribute(&mut self, id: NodeId, name: &str, value: String) {
        let Node::Element { attributes, .. } = &mut self.nodes[id].node else { return };
        match find(attributes, name) {
            Ok(at) => attributes[at].1 = value,
            Err(at) => attributes.insert(at, (name.to_owned(), value)),
        }
    }

    /// `element.decompose()`: the node and everything below it is no longer written or walked.
    pub fn remove(&mut self, id: NodeId) {
        self.nodes[id].removed = true;
    }

    /// The nodes of `from..to` in document order, without removed ones.
    pub fn walk(&self, from: NodeId, to: NodeId) -> impl Iterator<Item = NodeId> + '_ {
        let mut next = from;
        std::iter::from_fn(move || {
            while next < to && self.nodes[next].removed {
                next = self.nodes[next].end;
            }
            let id = next;
            next += 1;
            (id < to).then_some(id)
        })
    }

    /// All elements in document order: `soup.find_all(True)`.
    pub fn elements(&self) -> impl Iterator<Item = NodeId> + '_ {
        self.walk(1, self.len()).filter(|&id| self.name(id).is_some())
    }

    /// Direct children in order, without removed ones: `element.contents`.
    pub(super) fn children(&self, id: NodeId) -> impl Iterator<Item = NodeId> + '_ {
        let (mut next, end) = (id + 1, self.end(id));
        std::iter::from_fn(move || {
            let child = next;
            next = self.nodes.get(child)?.end;
            (child < end).then_some(child)
        })
        .filter(|&child| !self.nodes[child].removed)
    }
}

fn find(attributes: &[(String, String)], name: &str) -> Result<usize, usize> {
    attributes.binary_search_by(|(known, _)| known.as_str().cmp(name))
}
