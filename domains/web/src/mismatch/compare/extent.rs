//! Widths and heights, in the unit of their declaration.

use galley_core::Region;

use super::{Pair, SIZE_TOLERANCE, Unit, font_scale, near};
use crate::mismatch::{property::Dimension, start_tag::Declaration};

/// What is wrong with the size in one dimension, where this declaration decides it.
pub fn extent(pair: &Pair<'_>, dimension: Dimension) -> Option<String> {
    if !binding(pair, dimension) {
        return None;
    }
    let of = |region: Region| match dimension {
        Dimension::Width => region.width,
        Dimension::Height => region.height,
    };
    let (wanted, seen) = (of(pair.wanted().region), of(pair.seen().region));
    let (outer, outer_seen) = pair.containers();
    let (outer, outer_seen) = (of(outer), of(outer_seen));
    let (expected, tolerance) = match Unit::of(&pair.declaration.value) {
        Unit::Percent if outer > 0.0 => (wanted / outer * outer_seen, SIZE_TOLERANCE * outer_seen),
        Unit::Em => (wanted * font_scale(pair), (SIZE_TOLERANCE * outer).min(0.05 * wanted)),
        _ => (wanted, (SIZE_TOLERANCE * outer).min(0.05 * wanted)),
    };
    let off = seen - expected;
    // A percentage of a height is of what the parent had before its content made it grow, so equal pixels are right.
    let grown = dimension == Dimension::Height && near(wanted, seen);
    // What a flexible element gets follows from the space that its parent has.
    let flexed = pair.declaration.property.starts_with("flex")
        && (seen * outer - wanted * outer_seen).abs() <= SIZE_TOLERANCE * outer * outer_seen;
    if off.abs() <= tolerance.max(1.0) || grown || flexed {
        return None;
    }
    let direction = match (dimension, off > 0.0) {
        (Dimension::Width, true) => "too wide",
        (Dimension::Width, false) => "too narrow",
        (Dimension::Height, true) => "too tall",
        (Dimension::Height, false) => "too short",
    };
    let shares = match Unit::of(&pair.declaration.value) {
        Unit::Percent if outer > 0.0 && outer_seen > 0.0 => {
            format!(
                "{:.0} % of its parent, should be {:.0} %",
                100.0 * seen / outer_seen,
                100.0 * wanted / outer
            )
        }
        _ => format!("{seen:.0} px, should be {expected:.0} px"),
    };
    Some(format!("{:.0} px {direction} ({shares})", off.abs()))
}

/// Of several declarations that bound one dimension, whether this is the one that decides in the reference: a minimum
/// or maximum that the box has reached, else the plain size.
fn binding(pair: &Pair<'_>, dimension: Dimension) -> bool {
    let (plain, limits, size) = match dimension {
        Dimension::Width => ("width", ["min-width", "max-width"], pair.wanted().region.width),
        Dimension::Height => ("height", ["min-height", "max-height"], pair.wanted().region.height),
    };
    let is_limit = |declaration: &Declaration| limits.contains(&declaration.property.as_str());
    let reached = |declaration: &Declaration| {
        let length = declaration.value.strip_suffix("px").and_then(|value| value.parse::<f64>().ok());
        is_limit(declaration) && length.is_some_and(|length| (length - size).abs() <= 1.0)
    };
    if let Some(limit) = pair.all.iter().find(|declaration| reached(declaration)) {
        return limit.property == pair.declaration.property;
    }
    let has_plain = pair.all.iter().any(|declaration| declaration.property == plain);
    pair.declaration.property == plain || (!has_plain && !is_limit(pair.declaration))
}
