//! HTML as Python reads and writes it: `BeautifulSoup(text, "html.parser")` and `str(soup)`.
//!
//! Port of the behaviour of CPython 3.11.7 `html.parser` and beautifulsoup4 4.15.0, faults included: a page that a browser
//! repairs in one way is repaired here in another (nothing closes a `<p>` but `</p>`), and the evaluator's numbers
//! depend on it. `parser` cuts the text into events, `builder` makes the tree of them, `write` turns it into text
//! again. Everything is iterative and linear in the length of the text; nothing here can overflow the stack.

mod builder;
mod declaration;
mod error;
mod numbers;
mod parser;
mod python;
mod recursion;
mod references;
mod start_tag;
mod tree;
mod write;

pub use error::PageError;
pub use python::{decode, universal_newlines};
pub use tree::{Node, NodeId, Soup, StringKind};

pub(crate) use numbers::{Integer, decimal_digits, integer};
pub(crate) use python::{is_space, strip};
pub(crate) use recursion::MAX_TEXT_DEPTH;
