//! Which text of a recoloured page carries which colour.

mod css_color;
mod named;

use super::soup::{
    MAX_TEXT_DEPTH, Node, NodeId, PageError, Soup, StringKind, decimal_digits, integer, strip,
    universal_newlines,
};

/// A colour as it is written: `#FAFAEA`, or whatever followed a `#` in a style.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TextColor(String);

impl TextColor {
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Red, green and blue, read as the evaluator reads them: two characters each after any number of `#`, anything after
    /// the third ignored. `None` where it cannot; such text is left out.
    pub fn rgb(&self) -> Option<[u8; 3]> {
        let digits: Vec<char> = self.0.trim_start_matches('#').chars().collect();
        let channel = |from: usize| {
            let pair: String = digits.iter().skip(from).take(2).collect();
            hexadecimal(&pair)
        };
        Some([channel(0)?, channel(2)?, channel(4)?])
    }
}

/// `int(pair, 16)` as a byte.
fn hexadecimal(pair: &str) -> Option<u8> {
    let pair = strip(pair);
    let unsigned = pair.strip_prefix(['+', '-']).unwrap_or(pair);
    let ascii = |c: char| match c {
        'a'..='f' | 'A'..='F' => Some(c.to_string()),
        _ => decimal_digits(c.encode_utf8(&mut [0; 4])),
    };
    let digits = unsigned.chars().map(ascii).collect::<Option<Vec<_>>>()?.concat();
    let value = u8::from_str_radix(&digits, 16).ok()?;
    (value == 0 || !pair.starts_with('-')).then_some(value)
}

/// Every string in `body` with the colour of the innermost element that names one, `#000000` if none does
/// (`extract_text_with_color`).
///
/// `html` is the text of a file, usually what [`super::recolor::recolor`] returns. Strings are stripped and never empty;
/// those of `style` and `script` count, comments do not. Without a `body` there are none.
///
/// # Errors
/// [`PageError::NoColorValue`], [`PageError::ShortRgb`], [`PageError::TooDeep`], and what [`Soup::parse`] returns.
pub fn text_colors(html: &str) -> Result<Vec<(String, TextColor)>, PageError> {
    let soup = Soup::parse(&universal_newlines(html))?;
    let Some(body) = soup.elements().find(|&id| soup.name(id) == Some("body")) else { return Ok(Vec::new()) };
    let mut texts = Vec::new();
    let mut open: Vec<(NodeId, TextColor)> = Vec::new();
    for id in soup.walk(body, soup.end(body)) {
        while open.pop_if(|(element, _)| soup.end(*element) <= id).is_some() {}
        let inherited =
            open.last().map_or_else(|| TextColor("#000000".to_owned()), |(_, color)| color.clone());
        match soup.node(id) {
            Node::Element { .. } => {
                if open.len() == MAX_TEXT_DEPTH {
                    return Err(PageError::TooDeep { levels: MAX_TEXT_DEPTH });
                }
                open.push((id, own_color(&soup, id)?.unwrap_or(inherited)));
            }
            Node::Text { kind, text } if *kind != StringKind::Comment && !strip(text).is_empty() => {
                texts.push((strip(text).to_owned(), inherited));
            }
            _ => {}
        }
    }
    Ok(texts)
}

/// The last declaration of an element's style that speaks of a colour, whatever its property is called; `None` too where
/// the value is no colour.
fn own_color(soup: &Soup, id: NodeId) -> Result<Option<TextColor>, PageError> {
    let mut declarations = soup.attribute(id, "style").unwrap_or("").split(';');
    let speaks_of_color = |piece: &&str| piece.contains("color") && !piece.contains("background-color");
    let Some(declaration) = declarations.rfind(speaks_of_color) else { return Ok(None) };
    let value = declaration.split(':').nth(1).unwrap_or("");
    let color = strip(value).replace(" !important", "");
    if color.is_empty() {
        return Err(PageError::NoColorValue { declaration: declaration.to_owned() });
    }
    if color.starts_with('#') {
        return Ok(Some(TextColor(color)));
    }
    let channels = if color.starts_with("rgb") { rgb_function(&color)? } else { css_color::channels(&color) };
    Ok(channels
        .map(|channels| TextColor(channels.iter().fold("#".to_owned(), |hex, c| hex + &c.two_digits()))))
}

/// `rgb(1, 2, 3)`: whatever lies between the fourth character and the last one, as whole numbers.
fn rgb_function(color: &str) -> Result<Option<[super::soup::Integer; 3]>, PageError> {
    let mut inner = color.chars();
    inner.by_ref().take(4).for_each(drop);
    inner.next_back();
    let numbers: Option<Vec<_>> = inner.as_str().split(',').map(integer).collect();
    let Some(numbers) = numbers else { return Ok(None) };
    match numbers.try_into() {
        Ok(channels) => Ok(Some(channels)),
        Err(numbers) => first_three(numbers).map(Some).ok_or(PageError::ShortRgb { color: color.to_owned() }),
    }
}

fn first_three<T>(values: Vec<T>) -> Option<[T; 3]> {
    let mut values = values.into_iter();
    Some([values.next()?, values.next()?, values.next()?])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn colors(style: &str) -> Result<Vec<String>, PageError> {
        let texts = text_colors(&format!("<body style='{style}'>x</body>"))?;
        Ok(texts.into_iter().map(|(_, color)| color.0).collect())
    }

    #[test]
    fn the_last_declaration_with_color_in_it_counts() {
        assert_eq!(colors("color:red;border-color: #AbC !important").unwrap(), ["#AbC"]);
        assert_eq!(colors("color:rgb(1,2,300,4)").unwrap(), ["#010212c"]);
        assert_eq!(colors("color:red;color:rgba(1,2,3,0.5)").unwrap(), ["#000000"]);
        assert_eq!(colors("color:HSL(120,100%,25%)").unwrap(), ["#008000"]);
        assert!(colors("background:url(color)").is_ok());
        assert!(matches!(colors("color"), Err(PageError::NoColorValue { .. })));
        assert!(matches!(colors("color:rgb(1,2)"), Err(PageError::ShortRgb { .. })));
    }

    #[test]
    fn colours_are_read_two_characters_at_a_time() {
        let rgb = |text: &str| TextColor(text.to_owned()).rgb();
        assert_eq!(rgb("#FAFAEA"), Some([250, 250, 234]));
        assert_eq!(rgb("##ff000fzz"), Some([255, 0, 15]));
        assert_eq!(rgb("#fffff"), Some([255, 255, 15]));
        assert_eq!((rgb("#fff"), rgb("#-10000"), rgb("#xx0000")), (None, None, None));
    }
}
