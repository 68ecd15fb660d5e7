//! The tags of a page as HTML's tree construction orders them.

use std::{borrow::Cow, cell::RefCell};

use html5ever::{
    Attribute, LocalName, Namespace, ParseOpts, QualName,
    interface::{ElemName, ElementFlags, NodeOrText, QuirksMode, TreeSink},
    parse_document,
    tendril::{StrTendril, TendrilSink},
    tree_builder::TreeBuilderOpts,
};

/// The names of all elements in document order, implied ones included.
pub fn document_tags(page: &str) -> Vec<String> {
    let tree_builder = TreeBuilderOpts { scripting_enabled: false, ..TreeBuilderOpts::default() };
    let options = ParseOpts { tree_builder, ..ParseOpts::default() };
    parse_document(Sink::default(), options).one(page)
}

/// A tree of elements; texts and comments are dropped.
struct Sink {
    nodes: RefCell<Vec<Node>>,
}

struct Node {
    /// `None` for the document and for what is no element.
    name: Option<QualName>,
    parent: Option<usize>,
    children: Vec<usize>,
}

const DOCUMENT: usize = 0;

/// A name that outlives the borrow of the tree.
#[derive(Debug)]
struct Name(QualName);

impl ElemName for Name {
    fn ns(&self) -> &Namespace {
        &self.0.ns
    }

    fn local_name(&self) -> &LocalName {
        &self.0.local
    }
}

impl Default for Sink {
    fn default() -> Self {
        Self { nodes: RefCell::new(vec![Node { name: None, parent: None, children: Vec::new() }]) }
    }
}

impl Sink {
    fn create(&self, name: Option<QualName>) -> usize {
        let mut nodes = self.nodes.borrow_mut();
        nodes.push(Node { name, parent: None, children: Vec::new() });
        nodes.len() - 1
    }

    fn detach(&self, node: usize) {
        let mut nodes = self.nodes.borrow_mut();
        if let Some(parent) = nodes[node].parent.take() {
            nodes[parent].children.retain(|child| *child != node);
        }
    }

    /// Puts `node` among the children of `parent`, before `sibling` or last.
    fn insert(&self, parent: usize, node: usize, sibling: Option<usize>) {
        self.detach(node);
        let mut nodes = self.nodes.borrow_mut();
        let at =
            sibling.and_then(|sibling| nodes[parent].children.iter().position(|child| *child == sibling));
        let at = at.unwrap_or(nodes[parent].children.len());
        nodes[parent].children.insert(at, node);
        nodes[node].parent = Some(parent);
    }
}

impl TreeSink for Sink {
    type Handle = usize;
    type Output = Vec<String>;
    type ElemName<'a> = Name;

    fn finish(self) -> Vec<String> {
        let nodes = self.nodes.into_inner();
        let (mut names, mut open) = (Vec::new(), vec![DOCUMENT]);
        while let Some(at) = open.pop() {
            names.extend(nodes[at].name.as_ref().map(|name| name.local.to_string()));
            open.extend(nodes[at].children.iter().rev());
        }
        names
    }

    fn parse_error(&self, _: Cow<'static, str>) {}

    fn get_document(&self) -> usize {
        DOCUMENT
    }

    fn elem_name<'a>(&'a self, target: &'a usize) -> Name {
        let empty = || QualName::new(None, html5ever::ns!(), html5ever::local_name!(""));
        Name(self.nodes.borrow()[*target].name.clone().unwrap_or_else(empty))
    }

    fn create_element(&self, name: QualName, _: Vec<Attribute>, _: ElementFlags) -> usize {
        self.create(Some(name))
    }

    fn create_comment(&self, _: StrTendril) -> usize {
        self.create(None)
    }

    fn create_pi(&self, _: StrTendril, _: StrTendril) -> usize {
        self.create(None)
    }

    fn append(&self, parent: &usize, child: NodeOrText<usize>) {
        if let NodeOrText::AppendNode(node) = child {
            self.insert(*parent, node, None);
        }
    }

    fn append_based_on_parent_node(&self, element: &usize, previous: &usize, child: NodeOrText<usize>) {
        let is_placed = self.nodes.borrow()[*element].parent.is_some();
        if is_placed { self.append_before_sibling(element, child) } else { self.append(previous, child) }
    }

    fn append_doctype_to_document(&self, _: StrTendril, _: StrTendril, _: StrTendril) {}

    fn get_template_contents(&self, target: &usize) -> usize {
        *target
    }

    fn same_node(&self, x: &usize, y: &usize) -> bool {
        x == y
    }

    fn set_quirks_mode(&self, _: QuirksMode) {}

    fn append_before_sibling(&self, sibling: &usize, new: NodeOrText<usize>) {
        let parent = self.nodes.borrow()[*sibling].parent;
        if let (NodeOrText::AppendNode(node), Some(parent)) = (new, parent) {
            self.insert(parent, node, Some(*sibling));
        }
    }

    fn add_attrs_if_missing(&self, _: &usize, _: Vec<Attribute>) {}

    fn remove_from_parent(&self, target: &usize) {
        self.detach(*target);
    }

    fn reparent_children(&self, node: &usize, parent: &usize) {
        let children = self.nodes.borrow()[*node].children.clone();
        children.into_iter().for_each(|child| self.insert(*parent, child, None));
    }
}
