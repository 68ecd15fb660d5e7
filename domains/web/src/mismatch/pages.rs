//! The two pages that are compared, with what is looked up often.

use galley_core::{Element, Region, Render};

use super::{
    correspondence::Correspondence,
    start_tag::{Declaration, StartTag},
};
use crate::{
    blocks, computed,
    css::{Decider, deciders, rules},
    inject::outline,
};

pub struct Pages<'a> {
    pub reference: &'a Render,
    pub attempt: &'a Render,
    pub program: &'a str,
    pub pairing: Correspondence,
    /// What decides how each reference element looks.
    pub deciders: Vec<Vec<Decider>>,
    /// Whether a reference element or one inside it has text.
    pub has_text: Vec<bool>,
    /// Children of each reference element.
    pub children: Vec<Vec<usize>>,
}

impl<'a> Pages<'a> {
    pub fn new(reference: &'a Render, attempt: &'a Render, program: &'a str) -> Self {
        let elements = &reference.elements;
        let mut has_text: Vec<bool> = elements.iter().map(|element| !element.text.is_empty()).collect();
        let mut children = vec![Vec::new(); elements.len()];
        for at in (0..elements.len()).rev() {
            if let Some(parent) = elements[at].parent.filter(|parent| *parent < at) {
                has_text[parent] |= has_text[at];
                children[parent].push(at);
            }
        }
        children.iter_mut().for_each(|children| children.reverse());
        let pairing = Correspondence::new(reference, attempt);
        let deciders = deciders(program, &rules(program, &outline(program)), elements);
        Self { reference, attempt, program, pairing, deciders, has_text, children }
    }

    /// What the source says of a reference element.
    pub fn source(&self, element: usize) -> Source<'a> {
        let text = self.reference.elements[element].span.and_then(|span| {
            let text = self.program.get(span.start..span.end.min(self.program.len()))?;
            text.starts_with('<').then_some((span.start, text))
        });
        match text {
            Some((start, text)) => {
                let tag = StartTag::read(text);
                Source { start, content: start + tag.len, tag }
            }
            None => {
                let start = self.start_before(element);
                Source { start, content: start, tag: StartTag::default() }
            }
        }
    }

    /// The sibling of a reference element that stands before it.
    pub fn sibling_before(&self, element: usize) -> Option<usize> {
        let parent = self.reference.elements[element].parent?;
        self.children.get(parent)?.iter().rev().find(|at| **at < element).copied()
    }

    /// Where the nearest earlier element with a place in the source begins.
    fn start_before(&self, element: usize) -> usize {
        let earlier = self.reference.elements[..element].iter().rev();
        earlier.filter_map(|element| element.span).map(|span| span.start).next().unwrap_or(0)
    }

    /// The box of the parent of an element, or the canvas.
    pub fn container(render: &Render, element: usize) -> Region {
        let parent = render.elements[element].parent.filter(|parent| *parent < element);
        parent.map_or(render.canvas(), |parent| render.elements[parent].region)
    }
}

/// The start tag of a reference element and where it stands.
pub struct Source<'a> {
    pub start: usize,
    /// Where the content begins.
    pub content: usize,
    pub tag: StartTag<'a>,
}

impl<'a> Source<'a> {
    /// The declarations of the style attribute; positions count from the start of the program.
    pub fn inline(&self) -> Vec<Declaration> {
        let mut declarations = self.tag.declarations();
        declarations.iter_mut().for_each(|declaration| declaration.at += self.start);
        declarations
    }
}

/// Whether the element shows something of its own: a text, a box or a picture.
pub fn visible(elements: &[Element], at: usize) -> bool {
    !elements[at].text.is_empty() || blocks::painted(elements, at).is_some()
}

/// "`div` "Buy"": the tag and the first text in it.
pub fn describe(elements: &[Element], at: usize) -> String {
    let text = first_text(elements, at);
    let kind = &elements[at].kind;
    if text.is_empty() || computed::is_root(&elements[at]) {
        return format!("`{kind}`");
    }
    format!("`{kind}` \"{}\"", shortened(text))
}

fn first_text(elements: &[Element], at: usize) -> &str {
    let mut inside = vec![false; elements.len() - at];
    for (offset, element) in elements[at..].iter().enumerate() {
        inside[offset] = offset == 0
            || element
                .parent
                .and_then(|parent| parent.checked_sub(at))
                .is_some_and(|parent| parent < offset && inside[parent]);
        if !inside[offset] {
            return "";
        }
        if !element.text.is_empty() {
            return &element.text;
        }
    }
    ""
}

/// At most 24 characters of a text.
pub fn shortened(text: &str) -> String {
    const LONGEST: usize = 24;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
