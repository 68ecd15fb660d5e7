//! How unlike two feature maps are.

use candle_core::Tensor;

/// Keeps a point without features from dividing by 0.
const EPSILON: f32 = 1e-10;

/// Mean over all points of `Σ_c head_c · (a_c / |a| − b_c / |b|)²`, for maps of `1 × channels × height × width`.
pub(super) fn unlikeness(a: &Tensor, b: &Tensor, head: &[f32]) -> candle_core::Result<f64> {
    let (_, channels, height, width) = a.dims4()?;
    let points = height * width;
    if channels != head.len() || a.dims() != b.dims() {
        candle_core::bail!(
            "{channels} channels of {:?} and {:?} do not meet {} weights",
            a.dims(),
            b.dims(),
            head.len()
        );
    }
    let (a, b): (Vec<f32>, Vec<f32>) = (a.flatten_all()?.to_vec1()?, b.flatten_all()?.to_vec1()?);
    let (a_length, b_length) = (lengths(&a, points), lengths(&b, points));
    let mut apart = vec![0f32; points];
    for ((a, b), weight) in a.chunks_exact(points).zip(b.chunks_exact(points)).zip(head) {
        for (at, apart) in apart.iter_mut().enumerate() {
            let difference = a[at] / a_length[at] - b[at] / b_length[at];
            *apart += weight * difference * difference;
        }
    }
    Ok(apart.iter().map(|apart| f64::from(*apart)).sum::<f64>() / points as f64)
}

/// The length of the feature vector of each point.
fn lengths(map: &[f32], points: usize) -> Vec<f32> {
    let mut squares = vec![0f32; points];
    for channel in map.chunks_exact(points) {
        squares.iter_mut().zip(channel).for_each(|(sum, value)| *sum += value * value);
    }
    squares.iter().map(|sum| sum.sqrt() + EPSILON).collect()
}
