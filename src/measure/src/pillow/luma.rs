//! `Image.convert("L")`.

/// ITU-R 601 luma of RGB pixels in 16-bit fixed point: `(19595 R + 38470 G + 7471 B + 32768) >> 16`.
pub fn luma(rgb: &[u8]) -> Vec<u8> {
    rgb.chunks_exact(3)
        .map(|pixel| {
            let [r, g, b] = [pixel[0], pixel[1], pixel[2]].map(u32::from);
            ((19595 * r + 38470 * g + 7471 * b + 0x8000) >> 16) as u8
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn luma_rounds_as_pillow_does() {
        assert_eq!(luma(&[255, 255, 255, 255, 0, 0, 0, 255, 0, 0, 0, 255]), [255, 76, 150, 29]);
    }
}
