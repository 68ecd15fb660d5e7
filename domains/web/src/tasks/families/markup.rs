//! Writes elements in canonical form.

/// The one order of declarations in a style attribute.
const ORDER: [&str; 14] = [
    "background",
    "color",
    "width",
    "height",
    "margin",
    "padding",
    "display",
    "gap",
    "flex",
    "border",
    "border-radius",
    "font-family",
    "font-size",
    "text-align",
];

/// `<tag style="…">inner</tag>`; declarations are put into canonical order, no style attribute without one.
pub(super) fn element(tag: &str, style: &[(&str, String)], inner: &str) -> String {
    format!("<{tag}{}>{inner}</{tag}>", attribute(style))
}

/// `<tag style="…">`, for elements without content.
pub(super) fn void(tag: &str, style: &[(&str, String)]) -> String {
    format!("<{tag}{}>", attribute(style))
}

fn attribute(style: &[(&str, String)]) -> String {
    let mut sorted: Vec<_> = style.iter().collect();
    sorted.sort_by_key(|(name, _)| ORDER.iter().position(|known| known == name).unwrap_or(ORDER.len()));
    let declarations: Vec<String> = sorted.iter().map(|(name, value)| format!("{name}:{value}")).collect();
    if declarations.is_empty() { String::new() } else { format!(r#" style="{}""#, declarations.join(";")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn declarations_come_in_one_order() {
        let style = [("height", "30%".into()), ("background", "#a3c".into())];
        assert_eq!(element("div", &style, "x"), r##"<div style="background:#a3c;height:30%">x</div>"##);
        assert_eq!(element("p", &[], "x"), "<p>x</p>");
        assert_eq!(void("img", &style), r##"<img style="background:#a3c;height:30%">"##);
    }
}
