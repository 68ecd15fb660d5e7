//! What a property sets: shorthands and longhands that compete for the same thing share a slot.

/// The longhands that `property` sets; the property itself where it is one.
pub fn slots(property: &str) -> Vec<&str> {
    match property {
        "background" => vec!["background-color", "background-image"],
        "border" => [BORDER_WIDTHS, BORDER_COLORS].concat(),
        "border-width" => BORDER_WIDTHS.to_vec(),
        "border-color" => BORDER_COLORS.to_vec(),
        "border-top" => vec!["border-top-width", "border-top-color"],
        "border-right" => vec!["border-right-width", "border-right-color"],
        "border-bottom" => vec!["border-bottom-width", "border-bottom-color"],
        "border-left" => vec!["border-left-width", "border-left-color"],
        "padding" => vec!["padding-top", "padding-right", "padding-bottom", "padding-left"],
        "margin" => vec!["margin-top", "margin-right", "margin-bottom", "margin-left"],
        "inset" => vec!["top", "right", "bottom", "left"],
        "font" => vec!["font-size", "font-weight", "font-family", "font-style", "line-height"],
        "grid-template" => vec!["grid-template-rows", "grid-template-columns"],
        "place-items" => vec!["align-items", "justify-items"],
        "place-content" => vec!["align-content", "justify-content"],
        longhand => vec![longhand],
    }
}

const BORDER_WIDTHS: [&str; 4] =
    ["border-top-width", "border-right-width", "border-bottom-width", "border-left-width"];
const BORDER_COLORS: [&str; 4] =
    ["border-top-color", "border-right-color", "border-bottom-color", "border-left-color"];

/// Whether children take the value of their parent where they declare none.
pub fn is_inherited(slot: &str) -> bool {
    matches!(
        slot,
        "color" | "font-size" | "font-weight" | "font-family" | "font-style" | "line-height" | "text-align"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shorthand_competes_with_its_longhands() {
        for (shorthand, longhand) in
            [("background", "background-color"), ("border", "border-left-color"), ("font", "line-height")]
        {
            assert!(slots(shorthand).contains(&slots(longhand)[0]), "{shorthand} {longhand}");
        }
        assert_eq!(slots("width"), ["width"]);
        assert!(is_inherited("color") && !is_inherited("width"));
    }
}
