//! Where tokens and patches stand: M-RoPE positions of text, rotary angles, the learned grid of the vision tower.

use std::sync::Arc;

use super::{
    PolicyError, Result, Stretch, TextConfig, VisionConfig,
    config::VISION_THETA,
    ops::{Angles, Gather},
};

/// Time, height and width of one token.
pub type Position = [u32; 3];

/// Positions of a token sequence: text advances all axes by 1; the `h × w` tokens of an image (merged grid) stand at
/// `(p, p + y, p + x)`, then `p` advances by `max(h, w)`. Also returns the position that follows.
///
/// # Errors
/// When image tokens and `grids` do not match.
pub fn positions(tokens: &[u32], image: u32, grids: &[(usize, usize)]) -> Result<(Vec<Position>, u32)> {
    let mut out = Vec::with_capacity(tokens.len());
    let mut next = 0u32;
    let mut grids = grids.iter();
    let mut at = 0;
    while at < tokens.len() {
        if tokens[at] != image {
            out.push([next; 3]);
            (next, at) = (next + 1, at + 1);
            continue;
        }
        let &(h, w) = grids.next().ok_or_else(|| PolicyError::input("more image tokens than images"))?;
        if tokens.len() < at + h * w || tokens[at..at + h * w].iter().any(|&token| token != image) {
            return Err(PolicyError::input(format!(
                "an image of {h} x {w} tokens has fewer image tokens in the prompt"
            )));
        }
        for y in 0..h as u32 {
            out.extend((0..w as u32).map(|x| [next, next + y, next + x]));
        }
        next += h.max(w) as u32;
        at += h * w;
    }
    if grids.next().is_some() {
        return Err(PolicyError::input("more images than image tokens"));
    }
    Ok((out, next))
}

/// Angles of the language model: slot `k` follows height if `k mod 3 = 1` and `k < 3 · section[1]`, width if
/// `k mod 3 = 2` and `k < 3 · section[2]`, else time.
pub fn text_angles(config: &TextConfig, positions: &[Position]) -> Arc<Angles> {
    let half = config.head_dim / 2;
    let [_, height, width] = config.mrope_section;
    let slots: Vec<(usize, f32)> = config
        .stretch
        .frequencies(config.rope_theta, half)
        .into_iter()
        .enumerate()
        .map(|(k, frequency)| match k % 3 {
            1 if k < 3 * height => (1, frequency),
            2 if k < 3 * width => (2, frequency),
            _ => (0, frequency),
        })
        .collect();
    let angles: Vec<f32> = positions
        .iter()
        .flat_map(|position| slots.iter().map(|&(axis, frequency)| position[axis] as f32 * frequency))
        .collect();
    Angles::scaled(&angles, half, config.stretch.attention())
}

/// Row and column of every patch of an `h × w` grid, block by block of `merge × merge`.
pub fn patch_order(h: usize, w: usize, merge: usize) -> impl Iterator<Item = (usize, usize)> {
    let blocks = (0..h / merge).flat_map(move |by| (0..w / merge).map(move |bx| (by * merge, bx * merge)));
    blocks.flat_map(move |(y, x)| (0..merge * merge).map(move |i| (y + i / merge, x + i % merge)))
}

/// Angles of the vision tower: half of the slots follow the row, half the column.
pub fn vision_angles(config: &VisionConfig, grids: &[(usize, usize)]) -> Arc<Angles> {
    let quarter = config.hidden / config.heads / 4;
    let frequencies = Stretch::None.frequencies(VISION_THETA, quarter);
    let mut angles = Vec::new();
    for &(h, w) in grids {
        for (y, x) in patch_order(h, w, config.merge) {
            angles.extend(frequencies.iter().map(|frequency| y as f32 * frequency));
            angles.extend(frequencies.iter().map(|frequency| x as f32 * frequency));
        }
    }
    Angles::new(&angles, 2 * quarter)
}

/// Bilinear taps into the learned grid, corners aligned: (h0, w0), (h0, w1), (h1, w0), (h1, w1) for every patch.
pub fn position_taps(config: &VisionConfig, grids: &[(usize, usize)]) -> Arc<Gather> {
    let side = config.position_side;
    let tap = |i: usize, n: usize| {
        let source = i as f32 * (side - 1) as f32 / (n.max(2) - 1) as f32;
        let low = source.floor();
        (low as usize, (low as usize + 1).min(side - 1), source - low)
    };
    let (mut rows, mut weights) = (Vec::new(), Vec::new());
    for &(h, w) in grids {
        for (y, x) in patch_order(h, w, config.merge) {
            let ((y0, y1, dy), (x0, x1, dx)) = (tap(y, h), tap(x, w));
            rows.extend(
                [y0 * side + x0, y0 * side + x1, y1 * side + x0, y1 * side + x1].map(|row| row as u32),
            );
            weights.extend([(1.0 - dy) * (1.0 - dx), (1.0 - dy) * dx, dy * (1.0 - dx), dy * dx]);
        }
    }
    Arc::new(Gather { rows, weights: Some(weights), taps: 4 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_goes_on_after_the_longer_side_of_an_image() {
        let (positions, next) = positions(&[1, 9, 9, 2, 3], 9, &[(1, 2)]).unwrap();
        assert_eq!(positions, [[0, 0, 0], [1, 1, 1], [1, 1, 2], [3, 3, 3], [4, 4, 4]]);
        assert_eq!(next, 5);
    }

    #[test]
    fn images_and_their_tokens_must_match() {
        assert!(positions(&[9], 9, &[]).is_err());
        assert!(positions(&[9], 9, &[(1, 2)]).is_err());
        assert!(positions(&[1], 9, &[(1, 2)]).is_err());
    }
}
