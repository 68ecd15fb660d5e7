//! The sentence that a comparison comes down to.

use super::MetricComparison;
use crate::view::{number, p_value, signed};

/// "Better" and "worse" are said only where the interval leaves out 0 and p is below 0.05.
pub(super) fn sentence(a: &str, b: &str, metric: &MetricComparison) -> String {
    let paired = &metric.paired;
    let difference = paired.difference;
    let numbers = format!(
        "{}: {} [{}, {}], paired, n = {}, {}; {} wins, {} ties, {} losses",
        metric.name,
        signed(difference.mean),
        signed(difference.low),
        signed(difference.high),
        paired.n,
        p_value(paired.p),
        paired.wins,
        paired.ties,
        paired.losses,
    );
    if paired.n > 1 && difference.excludes_zero() && paired.p < 0.05 {
        let word = if difference.mean > 0.0 { "better" } else { "worse" };
        return format!("{b} {word} than {a} on {numbers}");
    }
    match paired.n {
        0 | 1 => format!("one task decides nothing between {a} and {b} on {numbers}"),
        _ => format!(
            "no difference shown between {a} and {b} on {numbers}; smallest detectable {}",
            number(paired.detectable)
        ),
    }
}
