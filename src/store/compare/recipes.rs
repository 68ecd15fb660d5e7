//! What differs between two resolved recipes, with the line and the origin of each value.

use serde::{Deserialize, Serialize};

/// A value of a resolved recipe.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecipeValue {
    /// As TOML.
    pub value: String,
    /// Line of `recipe.toml`, from 1.
    pub line: usize,
    /// Where it was set: `file:line`, `environment …`, `command line …`, `default`.
    pub origin: String,
}

/// A key with different values; `None` where a side does not have it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecipeDifference {
    pub key: String,
    pub baseline: Option<RecipeValue>,
    pub other: Option<RecipeValue>,
}

/// Keys whose values differ, in the order of the baseline, then what only the other has. Where a value came from makes
/// no difference.
pub fn compare_recipes(baseline: &str, other: &str) -> Vec<RecipeDifference> {
    let (a, b) = (recipe_values(baseline), recipe_values(other));
    let find = |values: &[(String, RecipeValue)], key: &str| {
        values.iter().find(|(known, _)| known == key).map(|(_, value)| value.clone())
    };
    let mut differences = Vec::new();
    for (key, value) in &a {
        let theirs = find(&b, key);
        if theirs.as_ref().is_none_or(|theirs| theirs.value != value.value) {
            differences.push(RecipeDifference {
                key: key.clone(),
                baseline: Some(value.clone()),
                other: theirs,
            });
        }
    }
    for (key, value) in b {
        if find(&a, &key).is_none() {
            differences.push(RecipeDifference { key, baseline: None, other: Some(value) });
        }
    }
    differences
}

/// The values of a resolved recipe by dotted key; texts without their quotes.
pub fn recipe_params(text: &str) -> std::collections::BTreeMap<String, String> {
    let bare = |value: String| match value.len() >= 2 && value.starts_with(['"', '\'']) {
        true => value[1..value.len() - 1].to_owned(),
        false => value,
    };
    recipe_values(text).into_iter().map(|(key, value)| (key, bare(value.value))).collect()
}

/// Every value of a resolved recipe by its dotted key. Resolved recipes have one value a line and full table headers;
/// of other TOML a value that goes on over several lines is cut at the first.
pub fn recipe_values(text: &str) -> Vec<(String, RecipeValue)> {
    let mut table = String::new();
    let mut values = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let (code, origin) = split_comment(line);
        if let Some(header) = code.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            table = format!("{}.", header.trim_matches(['[', ']']).trim());
        } else if let Some((key, value)) = split_key(code) {
            let value = RecipeValue { value: value.to_owned(), line: index + 1, origin: origin.to_owned() };
            values.push((format!("{table}{key}"), value));
        }
    }
    values
}

fn split_comment(line: &str) -> (&str, &str) {
    match unquoted(line, '#') {
        Some(at) => (line[..at].trim(), line[at + 1..].trim()),
        None => (line.trim(), ""),
    }
}

fn split_key(code: &str) -> Option<(&str, &str)> {
    let at = unquoted(code, '=')?;
    Some((code[..at].trim(), code[at + 1..].trim()))
}

/// The first `wanted` outside of strings.
fn unquoted(text: &str, wanted: char) -> Option<usize> {
    let mut quote = None;
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match quote {
            Some('"') if escaped => escaped = false,
            Some('"') if c == '\\' => escaped = true,
            Some(open) => quote = (c != open).then_some(open),
            None if c == wanted => return Some(at),
            None => quote = (c == '"' || c == '\'').then_some(c),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "name = \"a # \\\" b\"   # pages.toml:1\nseed = 1 # default\n\n[train]\nlr = 1e-3  # default\nsteps = 60 # default\n";
    const B: &str = "name = \"a # \\\" b\"\nseed = 1\n\n[train]\nlr = 3e-4  # command line train.lr=3e-4\n[guard]\non = true\n";

    #[test]
    fn differences_have_key_value_line_and_origin() {
        let differences = compare_recipes(A, B);
        let keys: Vec<&str> = differences.iter().map(|difference| difference.key.as_str()).collect();
        assert_eq!(keys, ["train.lr", "train.steps", "guard.on"]);
        let lr = differences[0].other.clone().unwrap();
        assert_eq!(
            (lr.value.as_str(), lr.line, lr.origin.as_str()),
            ("3e-4", 5, "command line train.lr=3e-4")
        );
        assert!(differences[1].other.is_none() && differences[2].baseline.is_none());
        assert_eq!(recipe_values(A)[0].1.value, "\"a # \\\" b\"");
    }
}
