//! Where Python runs out of stack.
//!
//! Beautiful Soup writes a page without recursion, but asks at each end of an element whether the next node's parent
//! *equals* the open element, which compares their whole content, level by level. So a page of like elements nested
//! some hundred levels deep cannot be written. The limits here are those of Python's default recursion limit of 1000
//! when the evaluator is called from a main program, as measured; each frame more above it costs a part of a level.

use super::PageError;
use super::tree::{Node, NodeId, Soup};

/// Elements that may be nested in `body` before the reader of text colours fails.
pub(crate) const MAX_TEXT_DEPTH: usize = 497;

/// Levels that a comparison of two elements may go down before it fails.
const MAX_EQUAL_DEPTH: usize = 247;

impl Soup {
    /// Whether `str(soup)` works.
    ///
    /// # Errors
    /// [`PageError::TooDeep`], where Python raises `RecursionError`.
    pub(crate) fn check_depth(&self) -> Result<(), PageError> {
        match self.unwritable().first() {
            Some(_) => Err(PageError::TooDeep { levels: MAX_EQUAL_DEPTH }),
            None => Ok(()),
        }
    }

    /// The nodes, in document order, that Python cannot write: `str(element)` of an element with one of them fails.
    pub(crate) fn unwritable(&self) -> Vec<NodeId> {
        let mut open: Vec<NodeId> = vec![0];
        let mut unwritable = Vec::new();
        for id in self.walk(1, self.len()) {
            let parent = self.parent(id);
            while let Some(closed) = open.pop_if(|&mut top| top != parent) {
                if self.equal(parent, closed, 1).is_none() {
                    unwritable.push(id);
                }
            }
            if self.end(id) > id + 1 || self.name(id).is_some_and(|name| !super::builder::is_void(name)) {
                open.push(id);
            }
        }
        unwritable
    }

    /// Whether two elements are equal in name, attributes and content; `None` if it takes too many levels to tell.
    fn equal(&self, a: NodeId, b: NodeId, level: usize) -> Option<bool> {
        if level > MAX_EQUAL_DEPTH {
            return None;
        }
        match (self.node(a), self.node(b)) {
            (Node::Text { text: a, .. }, Node::Text { text: b, .. }) => return Some(a == b),
            (a, b) if a != b => return Some(false),
            _ => {}
        }
        // `b` is the smaller one; counting no further in `a` keeps wide pages linear.
        let length = self.children(b).count();
        if self.children(a).take(length + 1).count() != length {
            return Some(false);
        }
        for (a, b) in self.children(a).zip(self.children(b)) {
            if !self.equal(a, b, level + 1)? {
                return Some(false);
            }
        }
        Some(true)
    }
}
