//! Which half of the data a text belongs to.

use galley_core::Split;

/// One eighth of all texts is held out: those whose BLAKE3 is divisible by 8. Generated programs are split by their
/// text, those of a folder by their id.
pub fn split_of(text: &str) -> Split {
    if blake3::hash(text.as_bytes()).as_bytes()[0].is_multiple_of(8) { Split::HeldOut } else { Split::Train }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn about_one_eighth_is_held_out() {
        let held_out = (0..8000).filter(|i| split_of(&i.to_string()) == Split::HeldOut).count();
        assert!((900..1100).contains(&held_out), "{held_out}");
    }
}
