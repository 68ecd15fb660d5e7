//! Recolouring: each text tag gets a text colour that no other has, so that a screenshot tells whose pixel is whose.

use super::soup::{PageError, Soup, strip, universal_newlines};

/// Elements that get a colour; all others inherit.
#[rustfmt::skip]
const TEXT_TAGS: [&str; 19] = [
    "p", "h1", "h2", "h3", "h4", "h5", "h6", "div", "span", "a", "b", "li", "table", "td", "th", "button", "footer",
    "header", "figcaption",
];

/// Steps of 16 in three channels.
const COLORS: u32 = 16 * 16 * 16;

/// The page with every background transparent and every text tag in its own colour (`process_html`).
///
/// `html` is the text of a file. `offset` is 0 for the first recoloured page and 50 for the second: a pixel whose colour
/// moves by 50 belongs to text.
///
/// # Errors
/// [`PageError::TooManyTags`] beyond 4096 text tags, [`PageError::TooDeep`], and what [`Soup::parse`] returns.
pub fn recolor(html: &str, offset: u8) -> Result<String, PageError> {
    let mut soup = Soup::parse(&universal_newlines(html))?;
    let elements: Vec<_> = soup.elements().collect();
    let mut colors = (0..COLORS).rev();
    for id in elements {
        let old = soup.attribute(id, "style").unwrap_or("");
        let mut style = with_property(old, "background-color", "rgba(255, 255, 255, 0.0)");
        if soup.name(id).is_some_and(|name| TEXT_TAGS.contains(&name)) {
            let index = colors.next().ok_or(PageError::TooManyTags { colors: COLORS as usize })?;
            style = with_property(&style, "color", &color(index, offset));
            style = with_property(&style, "opacity", "1.0");
        }
        soup.set_attribute(id, "style", style);
    }
    soup.check_depth()?;
    Ok(soup.to_html())
}

/// `#RRGGBB` of the colour number `index`, red varying slowest.
fn color(index: u32, offset: u8) -> String {
    let channel = |shift: u32| (10 + 16 * (index >> shift & 15) + u32::from(offset)) % 256;
    format!("#{:02X}{:02X}{:02X}", channel(8), channel(4), channel(0))
}

/// The style with one more declaration, which overrules all others; declarations of properties that begin with that
/// name go.
fn with_property(style: &str, property: &str, value: &str) -> String {
    let kept =
        style.split(';').filter(|piece| !strip(piece).is_empty() && !strip(piece).starts_with(property));
    let declaration = format!("{property}: {value} !important");
    let pieces: Vec<&str> = kept.chain([declaration.as_str()]).collect();
    strip(&pieces.join("; ")).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_count_down_from_the_brightest() {
        assert_eq!([color(4095, 0), color(4094, 0), color(0, 0)], ["#FAFAFA", "#FAFAEA", "#0A0A0A"]);
        assert_eq!(color(4095, 50), "#2C2C2C");
        assert!(recolor(&"<p>".repeat(200), 0).is_ok());
        assert_eq!(recolor(&"<p></p>".repeat(4097), 0), Err(PageError::TooManyTags { colors: 4096 }));
    }

    #[test]
    fn only_declarations_that_begin_with_the_name_go() {
        assert_eq!(
            with_property(" color-x:1; border-color:2;; ", "color", "3"),
            "border-color:2; color: 3 !important"
        );
    }
}
