//! Pictures as weighted patches, with the original's mixture of float types.

/// Pixels along a side of a patch.
pub(super) const SIDE: usize = 8;
pub(super) const PIXELS: usize = SIDE * SIDE;

/// What background weighs.
const FAINT: f32 = 0.001;
/// What is added for foreground: `1 − 0.001` in float64, rounded.
const FULL: f32 = 0.999;

/// The background colour and the two greys it is compared by.
pub(super) struct Background {
    pub colour: [u8; 3],
    /// Of the colour's bytes: what the pixels of whole patches are compared with, before they are rounded …
    exact: f64,
    /// … and after.
    pub rounded: f32,
}

impl Background {
    pub fn of(colour: [u8; 3]) -> Self {
        let exact = grey(colour) / 255.0;
        Self { colour, exact, rounded: exact as f32 }
    }
}

/// Grey of a colour in 0..=255, as a product of integers with the luma weights.
pub(super) fn grey([r, g, b]: [u8; 3]) -> f64 {
    (f64::from(r) * 0.299 + f64::from(g) * 0.587) + f64::from(b) * 0.114
}

/// Grey of a pixel in 0..=1, as the matrix product of float32 pixels with float64 weights rounds it (OpenBLAS, fused).
fn pixel_grey(pixel: &[u8]) -> f64 {
    let [r, g, b] = [pixel[0], pixel[1], pixel[2]].map(|byte| f64::from(f32::from(byte) / 255.0));
    b.mul_add(0.114, r.mul_add(0.299, g * 0.587))
}

/// 8×8 pixels.
pub(super) struct Patch {
    pub weight: f32,
    /// Row-major.
    pub grey: [f32; PIXELS],
    /// Row and column among the patches, each as a share of their number.
    pub place: [f32; 2],
}

impl Patch {
    fn differs(&self, background: &Background) -> bool {
        self.grey.iter().any(|grey| *grey != background.rounded)
    }
}

/// Cuts a picture into patches, row by row; the last ones are filled up with background. Weights sum to 1.
pub(super) fn patches(rgb: &[u8], size: (usize, usize), background: &Background) -> Vec<Patch> {
    let (across, down) = (size.0.div_ceil(SIDE), size.1.div_ceil(SIDE));
    let mut patches: Vec<Patch> = (0..across * down)
        .map(|at| {
            let (row, column) = (at / across, at % across);
            let grey: [f64; PIXELS] = std::array::from_fn(|pixel| {
                let (y, x) = (row * SIDE + pixel / SIDE, column * SIDE + pixel % SIDE);
                let inside = x < size.0 && y < size.1;
                pixel_grey(if inside { &rgb[(y * size.0 + x) * 3..][..3] } else { &background.colour })
            });
            let foreground = grey.iter().any(|grey| *grey != background.exact);
            Patch {
                weight: weight(foreground),
                grey: grey.map(|grey| grey as f32),
                place: [(row as f64 / down as f64) as f32, (column as f64 / across as f64) as f32],
            }
        })
        .collect();
    let total = pairwise(&patches.iter().map(|patch| patch.weight).collect::<Vec<_>>());
    patches.iter_mut().for_each(|patch| patch.weight /= total);
    patches
}

/// Drops the places where both pictures show background only, unless that is everywhere.
pub(super) fn without_background(first: &mut Vec<Patch>, second: &mut Vec<Patch>, background: &Background) {
    let kept: Vec<bool> = first
        .iter()
        .zip(second.iter())
        .map(|(first, second)| first.differs(background) || second.differs(background))
        .collect();
    if kept.contains(&true) {
        for patches in [first, second] {
            let mut kept = kept.iter();
            patches.retain(|_| kept.next() == Some(&true));
        }
    }
}

/// The larger weight at each place, normalised: the weights of both pictures.
pub(super) fn shared_weights(first: &[Patch], second: &[Patch]) -> Vec<f32> {
    let mut weights: Vec<f32> =
        first.iter().zip(second).map(|(first, second)| first.weight.max(second.weight)).collect();
    let total = pairwise(&weights);
    weights.iter_mut().for_each(|weight| *weight /= total);
    weights
}

/// The weights of the pixels of a patch that itself has weight `whole`: background is faint. They sum to 1.
pub(super) fn pixel_weights(grey: &[f32; PIXELS], whole: f32, background: &Background) -> [f32; PIXELS] {
    let weights = grey.map(|grey| weight(grey != background.rounded) * whole);
    let total = pairwise(&weights);
    weights.map(|weight| weight / total)
}

fn weight(foreground: bool) -> f32 {
    FAINT + FULL * f32::from(u8::from(foreground))
}

/// NumPy's sum of up to 128 float32: eight running sums, then the rest.
fn pairwise(values: &[f32]) -> f32 {
    let chunks = values.chunks_exact(8);
    let rest = chunks.remainder();
    let mut chunks = chunks.map(|chunk| <[f32; 8]>::try_from(chunk).unwrap_or([0.0; 8]));
    let eight = chunks.next().map(|first| {
        chunks.fold(first, |mut sums, chunk| {
            sums.iter_mut().zip(chunk).for_each(|(sum, value)| *sum += value);
            sums
        })
    });
    let sum = eight.map_or(-0.0, |[a, b, c, d, e, f, g, h]| ((a + b) + (c + d)) + ((e + f) + (g + h)));
    rest.iter().fold(sum, |sum, value| sum + value)
}
