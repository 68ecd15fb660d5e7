//! The kinds of generated pages, one file each.
//!
//! `color` to `color-responsive` are the data sets of the Reverse Browser thesis (A.1.1) as one-line programs of 20–45
//! tokens; `boxes` is several of them on one page, `bars` three wide ones; `components` looks like a small web site.
//! Pages have no doctype, so that the browser's quirks mode gives percentage heights a meaning: the body fills the
//! viewport less its margins of 8 px, and `height:30%` is 30 % of that.
//!
//! **Canonical form.** A picture has one program: declarations come in one order ([`markup`]), a value has one spelling,
//! there is no white space that draws nothing.

mod bars;
mod boxes;
mod color;
mod color_responsive;
mod color_text;
mod color_text_size;
mod components;
mod markup;
mod size;

use galley_core::Random;

use super::Vocabulary;

/// A kind of generated page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Family {
    Color,
    Size,
    ColorText,
    ColorTextSize,
    ColorResponsive,
    Boxes,
    Bars,
    Components,
}

impl Family {
    pub const ALL: [Self; 8] = [
        Self::Color,
        Self::Size,
        Self::ColorText,
        Self::ColorTextSize,
        Self::ColorResponsive,
        Self::Boxes,
        Self::Bars,
        Self::Components,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::Color => "color",
            Self::Size => "size",
            Self::ColorText => "color-text",
            Self::ColorTextSize => "color-text-size",
            Self::ColorResponsive => "color-responsive",
            Self::Boxes => "boxes",
            Self::Bars => "bars",
            Self::Components => "components",
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|family| family.name() == name)
    }

    /// Draws a program.
    pub fn page(self, scene: &Scene, random: &mut Random) -> String {
        match self {
            Self::Color => color::page(scene, random),
            Self::Size => size::page(scene, random),
            Self::ColorText => color_text::page(scene, random),
            Self::ColorTextSize => color_text_size::page(scene, random),
            Self::ColorResponsive => color_responsive::page(scene, random),
            Self::Boxes => boxes::page(scene, random),
            Self::Bars => bars::page(random),
            Self::Components => components::page(scene, random),
        }
    }
}

/// What a family needs to know besides its random numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scene {
    /// 1 to 3: which [`Vocabulary`], and how many parts a page has.
    pub difficulty: u8,
    /// Of the viewport, in CSS pixels.
    pub width: u32,
}

impl Scene {
    pub fn vocabulary(&self) -> Vocabulary {
        Vocabulary::of(self.difficulty)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_family_is_found_by_its_name() {
        for family in Family::ALL {
            assert_eq!(Family::named(family.name()), Some(family));
        }
        assert_eq!(Family::named("colour"), None);
    }

    #[test]
    fn the_forms_are_as_documented() {
        let page = |family: Family| family.page(&Scene { difficulty: 2, width: 256 }, &mut Random::new(1));
        let shape = |program: String| {
            let mut shape = program.replace(|c: char| c.is_ascii_digit(), "0");
            for word in Vocabulary::of(2).words {
                shape = shape.replace(&format!(">{word}<"), ">word<");
            }
            let mut parts = shape.split('#');
            let head = parts.next().unwrap_or_default().to_owned();
            parts.fold(head, |shape, part| shape + "#rgb" + part.get(3..).unwrap_or_default())
        };
        assert_eq!(shape(page(Family::Color)), r##"<body style="background:#rgb"></body>"##);
        assert_eq!(
            shape(page(Family::Size)),
            r##"<body style="background:#rgb"><div style="background:#rgb;width:00%;height:00%"></div></body>"##
        );
        assert_eq!(
            shape(page(Family::ColorText)),
            r##"<body style="background:#rgb"><div style="color:#rgb">word</div></body>"##
        );
        let cell = r##"<div style="background:#rgb;color:#rgb;width:00%;height:00%">word</div>"##;
        assert_eq!(
            shape(page(Family::ColorTextSize)),
            format!(r##"<body style="background:#rgb">{cell}</body>"##)
        );
        assert_eq!(
            shape(page(Family::ColorResponsive)),
            "<style>body{background:#rgb}@media(max-width:000px){body{background:#rgb}}</style><body></body>"
        );
        let bar = r##"<div style="background:#rgb;color:#rgb;width:000%;height:00%">word</div>"##;
        let three = bar.repeat(3);
        assert_eq!(shape(page(Family::Bars)), format!(r##"<body style="background:#rgb">{three}</body>"##));
        let boxes = shape(page(Family::Boxes));
        assert!((2..=3).contains(&boxes.matches(cell).count()), "{boxes}");
    }
}
