//! Names in a recipe that stand for things.

use galley_core::DomainError;

/// Looks up names of the key `key` in the table `[domain.<domain>]`.
///
/// # Errors
/// `Setup` for an unknown name; it lists the known ones.
pub fn chosen<T>(
    (domain, key): (&str, &str),
    names: &[String],
    find: impl Fn(&str) -> Option<T>,
    known: &[&'static str],
) -> Result<Vec<T>, DomainError> {
    let find = |name: &String| {
        find(name).ok_or_else(|| {
            DomainError::setup(
                format!("[domain.{domain}] {key}: there is no `{name}`"),
                format!("known: {}", known.join(", ")),
            )
        })
    };
    names.iter().map(find).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_name_is_an_error_with_the_known_ones() {
        let find = |name: &str| (name == "bar").then_some(1);
        let look = |name: &str| chosen(("charts", "families"), &[name.to_owned()], find, &["bar"]);
        assert_eq!(look("bar").unwrap(), [1]);
        let error = look("baz").unwrap_err().to_string();
        assert!(error.contains("[domain.charts] families") && error.contains("known: bar"), "{error}");
    }
}
