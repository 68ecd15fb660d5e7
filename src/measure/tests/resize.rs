//! Pillow's `Image.resize` against checksums that Pillow printed, over random sizes, filters and contents.

use galley_measure::pillow::{Filter, resize};
use serde_json::Value;

/// The bytes of a case: the high byte of a linear congruential generator.
fn content(seed: u32, count: usize) -> Vec<u8> {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    (0..count).map(|_| next()).collect()
}

fn filter(name: &str) -> Filter {
    match name {
        "nearest" => Filter::Nearest,
        "box" => Filter::Box,
        "bilinear" => Filter::Bilinear,
        "hamming" => Filter::Hamming,
        "bicubic" => Filter::Bicubic,
        _ => Filter::Lanczos,
    }
}

fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32, byte: &u8| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0xEDB8_8320 & (crc & 1).wrapping_neg()))
    };
    !bytes.iter().fold(!0, step)
}

#[test]
fn resize_gives_pillows_bytes() {
    let golden: Value = serde_json::from_str(include_str!("goldens/resize.json")).unwrap();
    let rows = golden["rows"].as_array().unwrap();
    assert!(rows.len() >= 50);
    for row in rows {
        let number = |value: &Value| value.as_u64().unwrap() as usize;
        let pair = |key: &str| (number(&row[key][0]), number(&row[key][1]));
        let (from, to, channels) = (pair("size"), pair("to"), number(&row["channels"]));
        let pixels = content(number(&row["seed"]) as u32, from.0 * from.1 * channels);
        let filter = filter(row["filter"].as_str().unwrap());
        let out = match channels {
            1 => resize::<1>(&pixels, from, to, filter),
            _ => resize::<3>(&pixels, from, to, filter),
        };
        assert_eq!(crc32(&out), number(&row["crc32"]) as u32, "{row}: begins {:?}", &out[..out.len().min(6)]);
    }
}
