//! What names and values may be: MLflow's rules, so that what is logged here can be read there.

use serde_json::json;

use super::error::ApiError;

pub(crate) const METRICS: usize = 1000;
pub(crate) const PARAMS_AND_TAGS: usize = 100;
pub(crate) const BATCH_BYTES: usize = 1_000_000;
const KEY: usize = 250;
const PARAM: usize = 6000;
const TAG: usize = 8000;
const EXPERIMENT_NAME: usize = 500;
const EXPERIMENT_TAG: usize = 20_000;

/// Names of metrics, params and tags; `place` is how the message calls the parameter.
pub(crate) fn name(place: &str, name: &str) -> Result<(), ApiError> {
    let wrong = |why: &str| {
        let text = format!("Invalid value {} for parameter '{place}' supplied: {why}", json!(name));
        Err(ApiError::invalid(text))
    };
    let allowed = |c: char| c.is_alphanumeric() || matches!(c, '/' | '_' | '.' | '-' | ' ' | ':');
    if !name.chars().all(allowed) {
        return wrong(
            "Names may only contain alphanumerics, underscores (_), dashes (-), periods (.), spaces ( ), colon(:) and \
             slashes (/).",
        );
    }
    let parts: Vec<&str> = name.split('/').collect();
    if name.is_empty() || parts.iter().any(|part| matches!(*part, "" | "." | "..")) {
        return wrong(
            "Names may be treated as files in certain cases, and must not resolve to other names when treated as such.",
        );
    }
    length(place, name, KEY)
}

fn length(place: &str, text: &str, limit: usize) -> Result<(), ApiError> {
    match text.chars().count() <= limit {
        true => Ok(()),
        false => {
            Err(ApiError::invalid(format!("'{place}' exceeds the maximum length of {limit} characters")))
        }
    }
}

/// As MLflow does, what is too long is cut.
pub(crate) fn param_value(value: &str) -> String {
    value.chars().take(PARAM).collect()
}

/// As MLflow does, what is too long is cut.
pub(crate) fn tag_value(value: &str) -> String {
    value.chars().take(TAG).collect()
}

pub(crate) fn experiment_tag(key: &str, value: &str) -> Result<(), ApiError> {
    name("key", key)?;
    length("value", value, EXPERIMENT_TAG)
}

pub(crate) fn experiment_name(name: &str) -> Result<(), ApiError> {
    length("name", name, EXPERIMENT_NAME)
}

/// How many of a kind a batch may hold.
pub(crate) fn count(kind: &str, limit: usize, length: usize) -> Result<(), ApiError> {
    match length <= limit {
        true => Ok(()),
        false => Err(ApiError::invalid(format!(
            "A batch logging request can contain at most {limit} {kind}. Got {length} {kind}. Please split up {kind} \
             across multiple requests and try again."
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_are_paths_elsewhere_or_markup_are_refused() {
        for good in ["loss", "val/loss", "é 1", "a:b.c-d_e", "..a"] {
            assert!(name("key", good).is_ok(), "{good}");
        }
        for bad in ["", "../a", "/a", "a//b", "a/./b", "a/", "<b>", "a\n", "..", &"x".repeat(251)] {
            assert!(name("key", bad).is_err(), "{bad}");
        }
    }
}
