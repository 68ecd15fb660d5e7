//! The official resize, bit for bit: antialiased bicubic (a = −0.5) on 8-bit pixels, columns first, 8 bits between the
//! passes, 16-bit weights (torchvision's uint8 path).

/// `rgb` of `height × width` pixels → `to_height × to_width`.
pub fn resize(rgb: &[u8], (height, width): (usize, usize), (to_height, to_width): (usize, usize)) -> Vec<u8> {
    let wide = pass(rgb, Axis { lines: height, count: width, step: 3, line: width * 3 }, to_width);
    pass(&wide, Axis { lines: to_width, count: height, step: to_width * 3, line: 3 }, to_height)
}

/// How a pass walks over a picture: `lines` lines of `count` pixels, `step` bytes apart, each line `line` bytes further.
struct Axis {
    lines: usize,
    count: usize,
    step: usize,
    line: usize,
}

/// Resamples one axis; the result has the same memory order.
fn pass(pixels: &[u8], axis: Axis, to: usize) -> Vec<u8> {
    if axis.count == to {
        return pixels.to_vec();
    }
    let taps = taps(axis.count, to);
    let (bits, rounded) = quantise(&taps);
    let (step, line) = if axis.step == 3 { (3, to * 3) } else { (axis.step, axis.line) };
    let mut out = vec![0u8; axis.lines * to * 3];
    for at in 0..axis.lines {
        for (i, (from, weights)) in rounded.iter().enumerate() {
            for channel in 0..3 {
                let mut sum = 1i64 << (bits - 1);
                for (j, weight) in weights.iter().enumerate() {
                    sum += weight * i64::from(pixels[at * axis.line + (from + j) * axis.step + channel]);
                }
                out[at * line + i * step + channel] = (sum >> bits).clamp(0, 255) as u8;
            }
        }
    }
    out
}

/// First source pixel and normalised weights of each target pixel.
fn taps(from: usize, to: usize) -> Vec<(usize, Vec<f64>)> {
    let scale = from as f64 / to as f64;
    let (support, inverse) = if scale >= 1.0 { (2.0 * scale, 1.0 / scale) } else { (2.0, 1.0) };
    (0..to)
        .map(|i| {
            let centre = scale * (i as f64 + 0.5);
            let low = (centre - support + 0.5).max(0.0) as usize;
            let high = ((centre + support + 0.5) as usize).min(from);
            let weights: Vec<f64> = (low..high).map(|j| cubic((j as f64 - centre + 0.5) * inverse)).collect();
            let sum: f64 = weights.iter().sum();
            (low, weights.into_iter().map(|weight| weight / sum).collect())
        })
        .collect()
}

fn cubic(x: f64) -> f64 {
    const A: f64 = -0.5;
    let x = x.abs();
    match x {
        _ if x < 1.0 => ((A + 2.0) * x - (A + 3.0)) * x * x + 1.0,
        _ if x < 2.0 => (((x - 5.0) * x + 8.0) * x - 4.0) * A,
        _ => 0.0,
    }
}

/// The weights as integers of as many bits as keep the largest below 2^15, and that number of bits.
fn quantise(taps: &[(usize, Vec<f64>)]) -> (u32, Vec<(usize, Vec<i64>)>) {
    let largest = taps.iter().flat_map(|(_, weights)| weights).fold(f64::MIN, |a, &b| a.max(b));
    let bits = (0..22).find(|p| (0.5 + largest * f64::from(1u32 << (p + 1))) as i64 >= 1 << 15).unwrap_or(22);
    let round = |weight: f64| {
        let scaled = weight * f64::from(1u32 << bits);
        if scaled < 0.0 { (scaled - 0.5).trunc() as i64 } else { (scaled + 0.5).trunc() as i64 }
    };
    let rounded =
        taps.iter().map(|(from, weights)| (*from, weights.iter().map(|&weight| round(weight)).collect()));
    (bits, rounded.collect())
}
