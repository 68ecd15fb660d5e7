//! Which axis a CSS property concerns and by what its effect is judged.

/// The axis of a mismatch; the picture axis has its own detector.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MismatchAxis {
    /// Sizes, borders, type sizes, missing and surplus elements.
    Block,
    Text,
    Position,
    Color,
}

impl MismatchAxis {
    pub const ALL: [Self; 4] = [Self::Block, Self::Text, Self::Position, Self::Color];

    /// The reward axis.
    pub fn name(self) -> &'static str {
        match self {
            Self::Block => "block",
            Self::Text => "text",
            Self::Position => "position",
            Self::Color => "color",
        }
    }

    /// The detector that reports it.
    pub fn detector(self) -> &'static str {
        match self {
            Self::Block => "web/block-mismatch",
            Self::Text => "web/text-mismatch",
            Self::Position => "web/position-mismatch",
            Self::Color => "web/color-mismatch",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dimension {
    Width,
    Height,
}

/// How the effect of a declaration is judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Check {
    /// The colour that is behind the element's content.
    Background,
    /// The text colour, where there is text.
    TextColour,
    BorderColour,
    /// The size of the box.
    Extent(Dimension),
    /// Four lengths of a computed property, or one of them (top, right, bottom, left).
    Sides {
        key: &'static str,
        side: Option<usize>,
    },
    /// A keyword, number or length of a computed property.
    Value(&'static str),
    /// As `Value`, where there is text.
    TextValue(&'static str),
    /// The `font` shorthand.
    Font,
    /// The `border` shorthand: width, then colour.
    Border,
    /// Where the element stands in its parent.
    Offset,
    /// Where its children stand in it.
    Arrangement,
}

/// `None` for properties whose effect is not judged here (the picture axis sees it).
pub fn check(property: &str) -> Option<(MismatchAxis, Check)> {
    use Check::{
        Arrangement, Background, Border, BorderColour, Extent, Font, Offset, Sides, TextColour, TextValue,
        Value,
    };
    use MismatchAxis::{Block, Color, Position};
    let sides = |key, side| Sides { key, side };
    Some(match property {
        "background" | "background-color" | "background-image" => (Color, Background),
        "color" => (Color, TextColour),
        "border-color"
        | "border-top-color"
        | "border-right-color"
        | "border-bottom-color"
        | "border-left-color" => (Color, BorderColour),
        "opacity" => (Color, Value("opacity")),
        "width" | "min-width" | "max-width" | "flex-basis" | "flex" => (Block, Extent(Dimension::Width)),
        "height" | "min-height" | "max-height" | "aspect-ratio" => (Block, Extent(Dimension::Height)),
        "padding" => (Block, sides("padding", None)),
        "padding-top" => (Block, sides("padding", Some(0))),
        "padding-right" => (Block, sides("padding", Some(1))),
        "padding-bottom" => (Block, sides("padding", Some(2))),
        "padding-left" => (Block, sides("padding", Some(3))),
        "border" => (Block, Border),
        "border-width" => (Block, sides("border-width", None)),
        "border-top" | "border-top-width" => (Block, sides("border-width", Some(0))),
        "border-right" | "border-right-width" => (Block, sides("border-width", Some(1))),
        "border-bottom" | "border-bottom-width" => (Block, sides("border-width", Some(2))),
        "border-left" | "border-left-width" => (Block, sides("border-width", Some(3))),
        "border-radius" => (Block, Value("border-radius")),
        "font" => (Block, Font),
        "font-size" => (Block, TextValue("font-size")),
        "font-weight" => (Block, TextValue("font-weight")),
        "font-family" => (Block, TextValue("font-family")),
        "font-style" => (Block, TextValue("font-style")),
        "line-height" => (Block, TextValue("line-height")),
        "margin" => (Position, sides("margin", None)),
        "margin-top" => (Position, sides("margin", Some(0))),
        "margin-right" => (Position, sides("margin", Some(1))),
        "margin-bottom" => (Position, sides("margin", Some(2))),
        "margin-left" => (Position, sides("margin", Some(3))),
        "text-align" => (Position, TextValue("text-align")),
        "display" => (Position, Value("display")),
        "position" => (Position, Value("position")),
        "flex-direction" => (Position, Value("flex-direction")),
        "gap" => (Position, Value("gap")),
        "left" | "top" | "right" | "bottom" | "inset" | "transform" | "float" | "align-self"
        | "justify-self" | "order" => (Position, Offset),
        "justify-content"
        | "align-items"
        | "align-content"
        | "flex-wrap"
        | "grid-template-columns"
        | "grid-template-rows"
        | "grid-template"
        | "place-items"
        | "place-content"
        | "vertical-align" => (Position, Arrangement),
        _ => return None,
    })
}
