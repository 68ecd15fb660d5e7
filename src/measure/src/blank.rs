//! The filter for blank pictures (tcz/rb-msps, `image-blank-filter.py`).

/// Whether every channel of every pixel has one value: white, black and greys are blank, a page of another colour is not.
/// An empty picture is not blank.
pub fn is_blank(rgb: &[u8]) -> bool {
    rgb.first().is_some_and(|first| rgb.iter().all(|byte| byte == first))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_value_is_blank_and_one_colour_is_not() {
        assert!(is_blank(&[9; 12]));
        assert!(!is_blank(&[9, 9, 8, 9, 9, 8]));
        assert!(!is_blank(&[]));
    }
}
