//! `PIL.ImageColor.getrgb`: colour names and colour functions (Pillow 13.0.0).

use super::super::soup::{Integer, decimal_digits, is_space};
use super::named::named;

/// Red, green and blue, not limited to bytes; `None` where Pillow raises `ValueError`. Values that begin with `#` are none
/// of its business here.
pub(super) fn channels(color: &str) -> Option<[Integer; 3]> {
    if color.chars().count() > 100 {
        return None;
    }
    let color = color.to_lowercase();
    if let Some(rgb) = named(&color) {
        return Some([rgb >> 16, rgb >> 8 & 255, rgb & 255].map(|c| Integer::truncated(f64::from(c))));
    }
    let (function, arguments) = call(&color)?;
    match function {
        "rgb" => whole(&arguments).or_else(|| percentages(&arguments)),
        "rgba" => (arguments.len() == 4)
            .then(|| whole(&arguments[..3]))
            .flatten()
            .filter(|_| is_whole(arguments[3])),
        "hsl" => hue_and_two(&arguments).map(|[h, s, l]| bytes(hls_to_rgb(h, l, s))),
        "hsb" | "hsv" => hue_and_two(&arguments).map(|[h, s, v]| bytes(hsv_to_rgb(h, s, v))),
        _ => None,
    }
}

/// `name(a, b, …)`, a line feed after it allowed.
fn call(color: &str) -> Option<(&str, Vec<&str>)> {
    let (function, rest) = color.split_once('(')?;
    let inner = rest.strip_suffix('\n').unwrap_or(rest).strip_suffix(')')?;
    Some((function, inner.split(',').map(|argument| argument.trim_matches(is_space)).collect()))
}

fn is_whole(argument: &str) -> bool {
    decimal_digits(argument).is_some()
}

fn whole(arguments: &[&str]) -> Option<[Integer; 3]> {
    let &[r, g, b] = arguments else { return None };
    let channel = |text: &str| is_whole(text).then(|| super::integer(text)).flatten();
    Some([channel(r)?, channel(g)?, channel(b)?])
}

fn percentages(arguments: &[&str]) -> Option<[Integer; 3]> {
    let &[r, g, b] = arguments else { return None };
    let channel = |text: &str| {
        let product = times_255(&decimal_digits(text.strip_suffix('%')?)?).parse::<f64>().ok()?;
        Some(Integer::truncated(product / 100.0 + 0.5))
    };
    Some([channel(r)?, channel(g)?, channel(b)?])
}

/// The product in decimal digits, so that a long number is rounded to a float only once.
fn times_255(digits: &str) -> String {
    let mut carry = 0;
    let mut reversed = Vec::new();
    for digit in digits.bytes().rev() {
        carry += u32::from(digit - b'0') * 255;
        reversed.push(carry % 10);
        carry /= 10;
    }
    let low = reversed.iter().rev().filter_map(|&digit| char::from_digit(digit, 10));
    carry.to_string().chars().chain(low).collect()
}

/// A hue in degrees and two percentages, as fractions.
fn hue_and_two(arguments: &[&str]) -> Option<[f64; 3]> {
    let &[hue, a, b] = arguments else { return None };
    let percent = |text: &str| Some(float(text.strip_suffix('%')?)? / 100.0);
    Some([float(hue)? / 360.0, percent(a)?, percent(b)?])
}

/// `\d+\.?\d*`.
fn float(text: &str) -> Option<f64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let fraction = if fraction.is_empty() { "0".to_owned() } else { decimal_digits(fraction)? };
    format!("{}.{fraction}", decimal_digits(whole)?).parse().ok()
}

fn bytes(rgb: [f64; 3]) -> [Integer; 3] {
    rgb.map(|c| Integer::truncated(c * 255.0 + 0.5))
}

/// `colorsys.hls_to_rgb`.
fn hls_to_rgb(h: f64, l: f64, s: f64) -> [f64; 3] {
    if s == 0.0 {
        return [l; 3];
    }
    let m2 = if l <= 0.5 { l * (1.0 + s) } else { l + s - (l * s) };
    let m1 = 2.0 * l - m2;
    let value = |hue: f64| match hue.rem_euclid(1.0) {
        hue if hue < 1.0 / 6.0 => m1 + (m2 - m1) * hue * 6.0,
        hue if hue < 0.5 => m2,
        hue if hue < 2.0 / 3.0 => m1 + (m2 - m1) * (2.0 / 3.0 - hue) * 6.0,
        _ => m1,
    };
    [value(h + 1.0 / 3.0), value(h), value(h - 1.0 / 3.0)]
}

/// `colorsys.hsv_to_rgb`.
fn hsv_to_rgb(h: f64, s: f64, v: f64) -> [f64; 3] {
    if s == 0.0 {
        return [v; 3];
    }
    let sector = (h * 6.0).trunc();
    let f = h * 6.0 - sector;
    let (p, q, t) = (v * (1.0 - s), v * (1.0 - s * f), v * (1.0 - s * (1.0 - f)));
    match (sector % 6.0) as u8 {
        0 => [v, t, p],
        1 => [q, v, p],
        2 => [p, v, t],
        3 => [p, q, v],
        4 => [t, p, v],
        _ => [v, p, q],
    }
}
