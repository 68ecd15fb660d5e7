//! Computed style values of elements as the renderer writes them: colours, lengths, what lies behind an element.

use galley_core::Element;

/// A colour with channels 0..=255 and alpha 0..=1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rgba {
    pub rgb: [f64; 3],
    pub alpha: f64,
}

/// Two channels of a colour that differ by more are seen to differ; a step of a 12-bit colour is 17.
const CHANNEL_TOLERANCE: f64 = 8.0;

/// The canvas where nothing is painted.
pub const WHITE: [f64; 3] = [255.0; 3];

impl Rgba {
    /// Reads `rgb(…)`, `rgba(…)`, `#rgb`, `#rrggbb`, `#rrggbbaa`, `transparent`, `black` and `white`: what computed
    /// values and generated programs use.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        match text {
            "transparent" => return Some(Self { rgb: [0.0; 3], alpha: 0.0 }),
            "black" => return Some(Self { rgb: [0.0; 3], alpha: 1.0 }),
            "white" => return Some(Self { rgb: WHITE, alpha: 1.0 }),
            _ => {}
        }
        if let Some(digits) = text.strip_prefix('#') {
            return Self::parse_hex(digits);
        }
        let inner = text.strip_prefix("rgba(").or_else(|| text.strip_prefix("rgb("))?.strip_suffix(')')?;
        let mut numbers = inner
            .split(|c: char| c == ',' || c == '/' || c.is_whitespace())
            .filter(|part| !part.is_empty())
            .map(|part| part.parse::<f64>().ok());
        let rgb = [numbers.next()??, numbers.next()??, numbers.next()??];
        let alpha = numbers.next().map_or(Some(1.0), |alpha| alpha)?;
        Some(Self { rgb, alpha })
    }

    fn parse_hex(digits: &str) -> Option<Self> {
        let values: Vec<f64> =
            digits.chars().map(|c| c.to_digit(16).map(f64::from)).collect::<Option<_>>()?;
        let pair = |at: usize| values[at] * 16.0 + values[at + 1];
        match values.len() {
            3 => Some(Self { rgb: [values[0] * 17.0, values[1] * 17.0, values[2] * 17.0], alpha: 1.0 }),
            6 => Some(Self { rgb: [pair(0), pair(2), pair(4)], alpha: 1.0 }),
            8 => Some(Self { rgb: [pair(0), pair(2), pair(4)], alpha: pair(6) / 255.0 }),
            _ => None,
        }
    }

    /// What is seen when it is painted on an opaque colour.
    pub fn over(self, backdrop: [f64; 3]) -> [f64; 3] {
        std::array::from_fn(|c| self.rgb[c] * self.alpha + backdrop[c] * (1.0 - self.alpha))
    }

    /// Whether a viewer tells the two apart, on any backdrop.
    pub fn differs(self, other: Self) -> bool {
        if self.alpha * 255.0 <= CHANNEL_TOLERANCE && other.alpha * 255.0 <= CHANNEL_TOLERANCE {
            return false;
        }
        (self.alpha - other.alpha).abs() * 255.0 > CHANNEL_TOLERANCE || differ(self.rgb, other.rgb)
    }

    /// `#f0a` where three digits say it, else `#ff00ab`, with `transparent` for alpha 0.
    pub fn written(self) -> String {
        if self.alpha <= 0.0 { "transparent".into() } else { hex(self.rgb) }
    }
}

/// Whether a viewer tells two opaque colours apart: any channel differs by more than 8 of 255.
pub fn differ(a: [f64; 3], b: [f64; 3]) -> bool {
    a.iter().zip(b).any(|(a, b)| (a - b).abs() > CHANNEL_TOLERANCE)
}

/// The shortest hexadecimal notation of an opaque colour.
pub fn hex(rgb: [f64; 3]) -> String {
    let bytes = rgb.map(|channel| channel.round().clamp(0.0, 255.0) as u8);
    if bytes.iter().all(|byte| byte % 17 == 0) {
        let [r, g, b] = bytes.map(|byte| byte / 17);
        return format!("#{r:x}{g:x}{b:x}");
    }
    let [r, g, b] = bytes;
    format!("#{r:02x}{g:02x}{b:02x}")
}

/// The colour value of a property.
pub fn colour(element: &Element, property: &str) -> Option<Rgba> {
    Rgba::parse(element.style.get(property)?)
}

/// The first length of a property in pixels (`16px`, `0px 4px`, `120`).
pub fn pixels(element: &Element, property: &str) -> Option<f64> {
    let value = element.style.get(property)?.split_whitespace().next()?;
    value.strip_suffix("px").unwrap_or(value).parse().ok()
}

/// Top, right, bottom and left of a property of one to four lengths.
pub fn sides(value: &str) -> Option<[f64; 4]> {
    let lengths: Vec<f64> = value
        .split_whitespace()
        .map(|part| part.strip_suffix("px").unwrap_or(part).parse().ok())
        .collect::<Option<_>>()?;
    Some(match lengths[..] {
        [all] => [all; 4],
        [vertical, horizontal] => [vertical, horizontal, vertical, horizontal],
        [top, horizontal, bottom] => [top, horizontal, bottom, horizontal],
        [top, right, bottom, left] => [top, right, bottom, left],
        _ => return None,
    })
}

/// The values of a list that is separated by spaces outside parentheses (`rgb(1, 2, 3) rgb(4, 5, 6)`).
pub fn words(value: &str) -> Vec<&str> {
    let (mut found, mut depth, mut start) = (Vec::new(), 0usize, None);
    for (at, c) in value.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if c.is_whitespace() && depth == 0 {
            found.extend(start.take().map(|start: usize| &value[start..at]));
        } else if start.is_none() {
            start = Some(at);
        }
    }
    found.extend(start.map(|start| &value[start..]));
    found
}

/// The opaque colour on which the content of an element stands: its own background over its ancestors'.
pub fn background(elements: &[Element], at: usize) -> [f64; 3] {
    let element = &elements[at];
    if let Some(known) = colour(element, "effective-background") {
        return known.over(WHITE);
    }
    let behind = backdrop(elements, at);
    colour(element, "background-color").map_or(behind, |own| own.over(behind))
}

/// The opaque colour behind an element: the background of its parent, or the canvas.
pub fn backdrop(elements: &[Element], at: usize) -> [f64; 3] {
    match elements[at].parent {
        Some(parent) if parent < at => background(elements, parent),
        _ => WHITE,
    }
}

/// The colour of the canvas: the body's background (it spreads over the page), else that of html, else white.
pub fn canvas(elements: &[Element]) -> [f64; 3] {
    let root = |kind: &str| {
        let at = elements.iter().position(|element| element.kind == kind)?;
        Some((at, colour(&elements[at], "background-color")?)).filter(|(_, own)| own.alpha > 0.0)
    };
    match root("html").or_else(|| root("body")) {
        Some((at, _)) => background(elements, at),
        None => WHITE,
    }
}

/// Whether the element *is* the page rather than something on it.
pub fn is_root(element: &Element) -> bool {
    element.kind == "html" || element.kind == "body"
}

/// Pictures and other things that show something of their own.
pub fn is_replaced(element: &Element) -> bool {
    const REPLACED: [&str; 9] =
        ["img", "svg", "canvas", "video", "iframe", "object", "progress", "meter", "picture"];
    REPLACED.contains(&element.kind.as_str())
}

/// The colour of the text of an element as it is seen on its background.
pub fn ink(elements: &[Element], at: usize) -> [f64; 3] {
    let ground = background(elements, at);
    let own = colour(&elements[at], "color").unwrap_or(Rgba { rgb: [0.0; 3], alpha: 1.0 });
    own.over(ground)
}

/// The colour of the border, where one of some width is seen.
pub fn border(element: &Element) -> Option<Rgba> {
    let widths = sides(element.style.get("border-width")?)?;
    let side = widths.iter().position(|width| *width > 0.0)?;
    let colours = words(element.style.get("border-color")?);
    let colour = Rgba::parse(colours.get(side).or(colours.first())?)?;
    (colour.alpha > 0.0).then_some(colour)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_read_in_the_notations_of_computed_values() {
        let plain = |rgb| Some(Rgba { rgb, alpha: 1.0 });
        assert_eq!(Rgba::parse("rgb(1, 2, 3)"), plain([1.0, 2.0, 3.0]));
        assert_eq!(Rgba::parse("#f0a"), plain([255.0, 0.0, 170.0]));
        assert_eq!(Rgba::parse("rgba(1, 2, 3, 0.5)"), Some(Rgba { rgb: [1.0, 2.0, 3.0], alpha: 0.5 }));
        assert_eq!(Rgba::parse("#é"), None);
        assert_eq!(hex([255.0, 0.0, 170.0]), "#f0a");
        assert_eq!(hex([255.0, 0.0, 171.0]), "#ff00ab");
    }

    #[test]
    fn one_step_of_a_12_bit_colour_differs_and_rounding_does_not() {
        let colour = |text| Rgba::parse(text).unwrap();
        assert!(colour("#f0a").differs(colour("#f0b")));
        assert!(!colour("#ff00aa").differs(colour("#f800a2")));
        assert!(!colour("rgba(0, 0, 0, 0)").differs(colour("rgba(255, 9, 9, 0)")));
        assert!(colour("rgba(0, 0, 0, 0)").differs(colour("#000")));
    }

    #[test]
    fn lists_split_outside_parentheses() {
        assert_eq!(words("rgb(1, 2, 3)  rgb(4, 5, 6)"), ["rgb(1, 2, 3)", "rgb(4, 5, 6)"]);
        assert_eq!(sides("1px 2px"), Some([1.0, 2.0, 1.0, 2.0]));
        assert_eq!(sides("auto"), None);
    }
}
