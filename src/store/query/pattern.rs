//! LIKE: `%` any characters, `_` one.

/// Whether the whole text fits.
pub(super) fn like(text: &str, pattern: &str, any_case: bool) -> bool {
    if any_case {
        return like(&text.to_lowercase(), &pattern.to_lowercase(), false);
    }
    let (text, pattern): (Vec<char>, Vec<char>) = (text.chars().collect(), pattern.chars().collect());
    // Greedy with one way back, to the last `%`: linear in practice, quadratic at worst.
    let (mut t, mut p, mut back) = (0, 0, None);
    while t < text.len() {
        match pattern.get(p) {
            Some('%') => {
                back = Some((p, t));
                p += 1;
            }
            Some(c) if *c == '_' || *c == text[t] => (t, p) = (t + 1, p + 1),
            _ => match back {
                Some((star, from)) => {
                    back = Some((star, from + 1));
                    (t, p) = (from + 1, star + 1);
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|c| *c == '%')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        for (text, pattern, fits) in [
            ("abc", "a%", true),
            ("abc", "%c", true),
            ("abc", "a_c", true),
            ("abc", "b", false),
            ("abc", "%b%", true),
            ("aXbXc", "a%X%c", true),
            ("", "%", true),
            ("a", "", false),
            ("mississippi", "m%iss%ip_i", true),
            ("äöü", "_ö_", true),
        ] {
            assert_eq!(like(text, pattern, false), fits, "{text} {pattern}");
        }
        assert!(like("ABC", "a%c", true) && !like("ABC", "a%c", false));
    }
}
