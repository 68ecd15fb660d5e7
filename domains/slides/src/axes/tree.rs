//! The boxes of a page as AeSlides' in-page script lists them.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One element of a page.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Node {
    /// The index of its parent, which comes later.
    pub parent: Option<usize>,
    /// Tag name in lower case.
    pub kind: String,
    /// Left, top, width, height, clipped to the view.
    pub bbox: [f64; 4],
    pub opacity: f64,
    /// Characters of its text with that of its children, 240 at most.
    pub text_len: usize,
    /// Boxes of the lines of its own text, twelve at most.
    pub text_rects: Vec<[f64; 4]>,
    pub text_like: bool,
    pub image_like: bool,
    pub icon_like: bool,
    pub background_image: bool,
}

/// The nodes of a tree as AeSlides writes it, children before parents: the order in which it weighs them. What is no node
/// is left out.
pub fn flatten(tree: &Value) -> Vec<Node> {
    let mut nodes = Vec::new();
    add(tree, &mut nodes);
    nodes
}

/// Adds a node behind all below it and returns its index.
fn add(value: &Value, nodes: &mut Vec<Node>) -> usize {
    let below: Vec<usize> = value["children"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|child| child.is_object())
        .map(|child| add(child, nodes))
        .collect();
    let at = nodes.len();
    nodes.push(node(value));
    for child in below {
        nodes[child].parent = Some(at);
    }
    at
}

fn node(value: &Value) -> Node {
    let meta = &value["meta"];
    let flag = |name: &str| meta["flags"][name] == true;
    let picture = meta["style"]["background_image"].as_str();
    let rects = meta["text_rects"].as_array().into_iter().flatten();
    let text_len = meta["text_len"].as_f64().unwrap_or(0.0).max(0.0) as usize;
    Node {
        parent: None,
        kind: value["node_type"].as_str().unwrap_or_default().trim().to_lowercase(),
        bbox: rect(&value["bbox"]),
        opacity: meta["style"]["opacity"].as_f64().unwrap_or(1.0).clamp(0.0, 1.0),
        text_len,
        text_rects: rects.filter(|rect| rect.is_object()).map(rect).collect(),
        text_like: flag("is_text_like"),
        image_like: flag("is_image_like"),
        icon_like: flag("is_icon_like"),
        background_image: flag("has_background_image")
            || picture.is_some_and(|picture| picture.trim().to_lowercase() != "none"),
    }
}

fn rect(value: &Value) -> [f64; 4] {
    let number = |name: &str| value[name].as_f64().unwrap_or(0.0);
    [number("x"), number("y"), number("width").max(0.0), number("height").max(0.0)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn children_come_before_their_parents() {
        let tree = serde_json::json!({
            "node_type": "DIV ", "bbox": {"x": 1, "y": 2, "width": 30, "height": -4},
            "children": [{"node_type": "p", "meta": {"text_len": 7, "style": {"opacity": null}}}, 5],
        });
        let nodes = flatten(&tree);
        assert_eq!((nodes.len(), nodes[0].parent, nodes[1].parent), (2, Some(1), None));
        assert_eq!((nodes[1].kind.as_str(), nodes[1].bbox), ("div", [1.0, 2.0, 30.0, 0.0]));
        assert_eq!((nodes[0].text_len, nodes[0].opacity), (7, 1.0));
    }
}
