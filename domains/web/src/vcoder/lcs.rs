//! Likeness of two sequences by their longest common subsequence.

/// `2·LCS / (m + n)`, 0 where either is empty.
pub fn likeness<T: PartialEq>(a: &[T], b: &[T]) -> f64 {
    if a.is_empty() || b.is_empty() {
        return 0.0;
    }
    // The row of the table for the items of `a` so far.
    let mut row = vec![0usize; b.len() + 1];
    for item in a {
        let mut diagonal = 0;
        for (column, other) in b.iter().enumerate() {
            let above = row[column + 1];
            row[column + 1] = if item == other { diagonal + 1 } else { above.max(row[column]) };
            diagonal = above;
        }
    }
    2.0 * row[b.len()] as f64 / (a.len() + b.len()) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_counts() {
        assert_eq!(likeness(&[1, 2, 3], &[1, 2, 3]), 1.0);
        assert_eq!(likeness(&[1, 2, 3, 4], &[4, 2, 1, 3]), 0.5);
        assert_eq!(likeness(&[1, 2], &[]), 0.0);
    }
}
