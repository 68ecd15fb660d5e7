//! AeSlides' centre of visual weight (`centroid.py`): boxes of text and pictures, weighed by their area.
//!
//! Its authors say that the published rules are a subset of theirs. A text counts once for every element around it, because
//! the text of an element includes that of its children.

use super::tree::Node;

/// Tolerances of the centre, as shares of width and height.
const TOLERANCE: [f64; 2] = [0.0075, 0.145];
const LEAST_AREA: f64 = 4.0;
const LEAST_LINE: f64 = 2.0;
const LEAST_OPACITY: f64 = 0.05;
/// Longer texts count by their lines, shorter ones by their box.
const LONG_TEXT: usize = 40;
const ICON: f64 = 0.5;
/// Of the view, for background pictures.
const BACKGROUND: std::ops::RangeInclusive<f64> = 0.002..=0.75;
const LEAST_RESIDUAL: f64 = 0.08;
const MOST_CHILDREN: usize = 12;
const FRAMES: [&str; 2] = ["html", "body"];
/// What shows something of its own without text or children.
const ATOMS: [&str; 15] = [
    "svg", "img", "picture", "canvas", "video", "iframe", "object", "embed", "button", "input", "textarea",
    "select", "option", "progress", "meter",
];

/// Why something has weight; the names are those of AeSlides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    TextBox,
    TextLine,
    Image,
    Icon,
    Atom,
    Background,
}

impl Source {
    pub const ALL: [Self; 6] =
        [Self::TextBox, Self::TextLine, Self::Image, Self::Icon, Self::Atom, Self::Background];

    pub fn name(self) -> &'static str {
        match self {
            Self::TextBox => "text_bbox",
            Self::TextLine => "text_rect",
            Self::Image => "image",
            Self::Icon => "icon",
            Self::Atom => "atomic_fallback",
            Self::Background => "background_residual",
        }
    }
}

/// Something with weight.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Item {
    pub centre: (f64, f64),
    pub weight: f64,
    pub source: Source,
}

impl Item {
    pub fn of([x, y, width, height]: [f64; 4], share: f64, source: Source) -> Self {
        Self { centre: (x + width / 2.0, y + height / 2.0), weight: width * height * share, source }
    }
}

/// Where the weight of a view lies.
#[derive(Clone, Debug, PartialEq)]
pub struct Centroid {
    /// Distance from the middle in tolerances: `sqrt((dx / W / 0.0075)² + (dy / H / 0.145)²)`.
    pub score: f64,
    /// In pixels.
    pub centre: (f64, f64),
    /// From the middle, in pixels.
    pub offset: (f64, f64),
    pub total_weight: f64,
    pub items: usize,
}

impl Centroid {
    /// AeSlides' verdict.
    pub fn is_imbalanced(&self) -> bool {
        self.score > 1.0
    }
}

/// The centre of `items` in a view; `None` where nothing has weight (AeSlides raises an error there).
pub fn centroid(items: &[Item], (width, height): (f64, f64)) -> Option<Centroid> {
    let total: f64 = items.iter().map(|item| item.weight).sum();
    if total <= 0.0 {
        return None;
    }
    let mean =
        |place: fn(&Item) -> f64| items.iter().map(|item| place(item) * item.weight).sum::<f64>() / total;
    let centre = (mean(|item| item.centre.0), mean(|item| item.centre.1));
    let offset = (centre.0 - width / 2.0, centre.1 - height / 2.0);
    let [x, y] = [(offset.0 / width).abs() / TOLERANCE[0], (offset.1 / height).abs() / TOLERANCE[1]];
    Some(Centroid {
        score: (x.powi(2) + y.powi(2)).sqrt(),
        centre,
        offset,
        total_weight: total,
        items: items.len(),
    })
}

/// The items of a page's boxes, in AeSlides' order.
pub fn items(nodes: &[Node], (width, height): (f64, f64)) -> Vec<Item> {
    let mut children: Vec<Vec<usize>> = vec![Vec::new(); nodes.len()];
    for (at, node) in nodes.iter().enumerate() {
        if let Some(list) = node.parent.and_then(|parent| children.get_mut(parent)) {
            list.push(at);
        }
    }
    let mut items = Vec::new();
    for (node, children) in nodes.iter().zip(&children) {
        let area = area(node.bbox);
        if area < LEAST_AREA || node.opacity < LEAST_OPACITY || FRAMES.contains(&node.kind.as_str()) {
            continue;
        }
        let text = node.text_like || node.text_len > 0;
        if text {
            items.extend(text_items(node));
        }
        if node.image_like {
            items.push(Item::of(node.bbox, 1.0, Source::Image));
        } else if node.icon_like {
            items.push(Item::of(node.bbox, ICON, Source::Icon));
        } else if !text && children.is_empty() && ATOMS.contains(&node.kind.as_str()) {
            items.push(Item::of(node.bbox, 1.0, Source::Atom));
        }
        let boxes: Vec<[f64; 4]> = children.iter().map(|child| nodes[*child].bbox).collect();
        items.extend(background(node, &boxes, width * height));
    }
    items
}

fn text_items(node: &Node) -> Vec<Item> {
    if node.text_len <= LONG_TEXT || node.text_rects.is_empty() {
        return vec![Item::of(node.bbox, 1.0, Source::TextBox)];
    }
    let lines = node.text_rects.iter().filter(|line| area(**line) >= LEAST_LINE);
    lines.map(|line| Item::of(*line, 1.0, Source::TextLine)).collect()
}

/// What is seen of a background picture between the things on it.
fn background(node: &Node, children: &[[f64; 4]], view: f64) -> Option<Item> {
    let area = area(node.bbox);
    let share = if view > 0.0 { area / view } else { 0.0 };
    let fits = BACKGROUND.contains(&share) && children.len() <= MOST_CHILDREN;
    if !node.background_image || node.image_like || !fits {
        return None;
    }
    let common = |boxes: &[[f64; 4]]| boxes.iter().map(|other| common_area(node.bbox, *other)).sum::<f64>();
    let free = (area - area.min(common(children) + common(&node.text_rects))).max(0.0);
    let [x, y, width, height] = node.bbox;
    let centre = (x + width / 2.0, y + height / 2.0);
    (free >= LEAST_AREA && free / area >= LEAST_RESIDUAL).then_some(Item {
        centre,
        weight: free,
        source: Source::Background,
    })
}

fn area([_, _, width, height]: [f64; 4]) -> f64 {
    width * height
}

fn common_area(a: [f64; 4], b: [f64; 4]) -> f64 {
    let side = |at: usize| (a[at] + a[at + 2]).min(b[at] + b[at + 2]) - a[at].max(b[at]);
    side(0).max(0.0) * side(1).max(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_box_in_the_middle_is_balanced_and_one_beside_it_is_not() {
        let at = |x: f64| [Item::of([x, 310.0, 200.0, 100.0], 1.0, Source::Image)];
        let middle = centroid(&at(540.0), (1280.0, 720.0)).unwrap();
        assert_eq!((middle.score, middle.is_imbalanced()), (0.0, false));
        let beside = centroid(&at(560.0), (1280.0, 720.0)).unwrap();
        assert!((beside.score - 20.0 / 9.6).abs() < 1e-9 && beside.is_imbalanced());
        assert_eq!(centroid(&[], (1280.0, 720.0)), None);
    }

    #[test]
    fn a_background_picture_counts_between_its_children() {
        let bare = Node { kind: "p".into(), opacity: 1.0, bbox: [0.0, 0.0, 100.0, 50.0], ..Node::default() };
        let child = Node { parent: Some(1), text_len: 3, ..bare.clone() };
        let parent = Node { background_image: true, bbox: [0.0, 0.0, 100.0, 100.0], ..bare };
        let found = items(&[child, parent], (1280.0, 720.0));
        let weights: Vec<_> = found.iter().map(|item| (item.source, item.weight)).collect();
        assert_eq!(weights, [(Source::TextBox, 5000.0), (Source::Background, 5000.0)]);
    }
}
