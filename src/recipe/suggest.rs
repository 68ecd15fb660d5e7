//! "Did you mean".

/// The known name that was most likely meant, if one is near.
pub(super) fn nearest<'a>(written: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let written = plain(written);
    known
        .into_iter()
        .map(|name| (strsim::damerau_levenshtein(&written, &plain(name)), name))
        .filter(|(distance, name)| *distance <= 1 + name.len().max(written.len()) / 4)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

/// ``did you mean `a`? known: a, b``
pub(super) fn help(written: &str, known: &[&str]) -> String {
    let list = if known.is_empty() { "nothing".to_owned() } else { known.join(", ") };
    match nearest(written, known.iter().copied()) {
        Some(name) => format!("did you mean `{name}`? known: {list}"),
        None => format!("known: {list}"),
    }
}

fn plain(name: &str) -> String {
    name.to_lowercase().replace('_', "-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names_are_found_and_far_ones_are_not() {
        assert_eq!(nearest("lrr", ["lr", "eps"]), Some("lr"));
        assert_eq!(nearest("weight_decay", ["weight-decay", "warmup"]), Some("weight-decay"));
        assert_eq!(nearest("setps", ["steps", "eps"]), Some("steps"));
        assert_eq!(nearest("colour", ["steps", "eps"]), None);
    }
}
