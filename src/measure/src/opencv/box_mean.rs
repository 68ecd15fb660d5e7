//! Mean over a window around every pixel.

use super::{Border, Plane};

/// `boxFilter(plane, -1, (across, down), normalize=True, borderType=BORDER_REFLECT)`: running sums in float64, first along
/// the rows, then along the columns, and one multiplication with the inverse of the area.
///
/// # Panics
/// If a size is even.
pub fn box_mean(plane: &Plane, (across, down): (usize, usize)) -> Plane {
    assert!(across % 2 == 1 && down % 2 == 1, "a window of {across} x {down} has no middle");
    let (width, height) = (plane.width, plane.height);
    let sums = row_sums(plane, across);
    let row = |y: usize| &sums[y * width..(y + 1) * width];
    let scale = 1.0 / (across * down) as f64;
    let places = Border::Reflect.places(height, down);
    let mut running = vec![0.0; width];
    for &y in &places[..down - 1] {
        running.iter_mut().zip(row(y)).for_each(|(sum, value)| *sum += value);
    }
    let mut values = Vec::with_capacity(plane.values.len());
    for y in 0..height {
        let (entering, leaving) = (row(places[y + down - 1]), row(places[y]));
        for ((sum, entering), leaving) in running.iter_mut().zip(entering).zip(leaving) {
            let whole = *sum + entering;
            values.push((whole * scale) as f32);
            *sum = whole - leaving;
        }
    }
    Plane::new(width, height, values)
}

/// Sums of `across` neighbours in every row.
fn row_sums(plane: &Plane, across: usize) -> Vec<f64> {
    let places = Border::Reflect.places(plane.width, across);
    let mut sums = Vec::with_capacity(plane.values.len());
    for y in 0..plane.height {
        let row: Vec<f64> = places.iter().map(|&x| f64::from(plane.row(y)[x])).collect();
        let mut sum: f64 = row[..across].iter().sum();
        sums.push(sum);
        for (leaving, entering) in row.iter().zip(&row[across..]) {
            sum += entering - leaving;
            sums.push(sum);
        }
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_is_reflected_at_the_edges() {
        let plane = Plane::new(4, 1, vec![1.0, 2.0, 4.0, 8.0]);
        let third = |sum: f64| (sum / 3.0) as f32;
        let found = box_mean(&plane, (3, 1));
        assert_eq!(found.values, [third(4.0), third(7.0), third(14.0), third(20.0)]);
    }
}
