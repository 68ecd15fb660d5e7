//! Grey values as OpenCV weighs the channels.

/// `cvtColor(BGR2GRAY)` of RGB bytes: 0.299 R + 0.587 G + 0.114 B in 15 bits, rounded.
///
/// # Panics
/// If the slice does not hold whole pixels.
pub fn gray(rgb: &[u8]) -> Vec<u8> {
    let (pixels, rest) = rgb.as_chunks::<3>();
    assert!(rest.is_empty(), "a picture holds three bytes a pixel");
    pixels.iter().map(|&[r, g, b]| weigh(r.into(), g.into(), b.into())).collect()
}

fn weigh(r: u32, g: u32, b: u32) -> u8 {
    ((r * 9798 + g * 19235 + b * 3735 + (1 << 14)) >> 15) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opencv_prints_these_greys() {
        assert_eq!(
            gray(&[255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255, 12, 200, 77]),
            [76, 150, 29, 255, 130]
        );
    }
}
