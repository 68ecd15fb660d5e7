//! The page: which tags are in its document.

use super::{lcs::likeness, sink::document_tags};

/// Tags whose number the validity term counts.
const COMMON: [&str; 16] = [
    "html", "head", "body", "div", "p", "span", "table", "ul", "ol", "li", "a", "section", "header",
    "footer", "nav", "main",
];

/// How many tags the structure term looks at.
const LONGEST: usize = 200;

/// The validity term of a page, 0..=1. Anything parses, so 0.4 is certain.
pub fn validity(page: &str) -> f64 {
    let tags = document_tags(page);
    let has = |name: &&str| tags.iter().any(|tag| tag == name);
    let skeleton = ["html", "head", "body"].iter().filter(|name| has(name)).count();
    let common = COMMON.iter().filter(|name| has(name)).count();
    0.4 + 0.3 * (skeleton as f64 / 3.0) + 0.3 * (common as f64 / 6.0).min(1.0)
}

/// The structure term of a page and its reference, 0..=1.
pub fn structure(page: &str, reference: &str) -> f64 {
    let cut = |page: &str| {
        let mut tags = document_tags(page);
        tags.truncate(LONGEST);
        tags
    };
    likeness(&cut(page), &cut(reference))
}
