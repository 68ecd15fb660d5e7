//! The parameters of a call, from a JSON body or a query, checked as the protocol checks them.

use serde_json::{Map, Value, json};

use super::error::ApiError;
use crate::query::Query;

/// Parameters that may come several times in a query.
const LISTS: [&str; 4] = ["run_ids", "run_id[]", "experiment_ids", "order_by"];
const HINT: &str = " See the API docs for more information about request parameters.";

pub(crate) struct Fields {
    all: Map<String, Value>,
}

impl Fields {
    /// # Errors
    /// When the body is no JSON object.
    pub(crate) fn of_body(body: &[u8]) -> Result<Self, ApiError> {
        if body.iter().all(u8::is_ascii_whitespace) {
            return Ok(Self { all: Map::new() });
        }
        let wrong = || ApiError::invalid("The request body must be a JSON object.");
        let parsed: Value = serde_json::from_slice(body).map_err(|_| wrong())?;
        // Old clients encode twice.
        let parsed = match parsed {
            Value::String(text) => serde_json::from_str(&text).map_err(|_| wrong())?,
            other => other,
        };
        match parsed {
            Value::Object(all) => Ok(Self { all }),
            Value::Null => Ok(Self { all: Map::new() }),
            _ => Err(wrong()),
        }
    }

    pub(crate) fn of_query(query: &Query) -> Self {
        let mut all = Map::new();
        for (name, value) in query.pairs() {
            match all.get_mut(name) {
                _ if !LISTS.contains(&name) => drop(all.insert(name.to_owned(), json!(value))),
                Some(Value::Array(list)) => list.push(json!(value)),
                _ => drop(all.insert(name.to_owned(), json!([value]))),
            }
        }
        Self { all }
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.all.get(name).is_some_and(|value| !value.is_null())
    }

    fn value(&self, name: &str) -> Option<&Value> {
        self.all.get(name).filter(|value| !value.is_null())
    }

    /// A text; absent where there is none.
    pub(crate) fn text(&self, name: &str) -> Result<Option<&str>, ApiError> {
        self.value(name).map(|value| value.as_str().ok_or_else(|| invalid(name, value))).transpose()
    }

    /// A text that must be there and not be empty.
    pub(crate) fn required(&self, name: &str) -> Result<&str, ApiError> {
        self.text(name)?.filter(|text| !text.is_empty()).ok_or_else(|| missing(name))
    }

    /// `run_id`, or its old name `run_uuid`.
    pub(crate) fn run_id(&self) -> Result<&str, ApiError> {
        match self.has("run_id") {
            false if self.has("run_uuid") => self.required("run_uuid"),
            _ => self.required("run_id"),
        }
    }

    /// A whole number, or a text that is one.
    pub(crate) fn integer(&self, name: &str) -> Result<Option<i64>, ApiError> {
        self.value(name).map(|value| integer(value).ok_or_else(|| invalid(name, value))).transpose()
    }

    pub(crate) fn required_integer(&self, name: &str) -> Result<i64, ApiError> {
        self.integer(name)?.ok_or_else(|| missing(name))
    }

    pub(crate) fn required_float(&self, name: &str) -> Result<f64, ApiError> {
        let value = self.value(name).ok_or_else(|| missing(name))?;
        float(value).ok_or_else(|| invalid(name, value))
    }

    /// A list; empty where there is none.
    pub(crate) fn list(&self, name: &str) -> Result<&[Value], ApiError> {
        match self.value(name) {
            None => Ok(&[]),
            Some(Value::Array(list)) => Ok(list),
            Some(other) => Err(invalid(name, other)),
        }
    }

    /// A list of texts.
    pub(crate) fn texts(&self, name: &str) -> Result<Vec<&str>, ApiError> {
        let list = self.list(name)?;
        let texts: Option<Vec<&str>> = list.iter().map(Value::as_str).collect();
        texts.ok_or_else(|| invalid(name, &json!(list)))
    }

    /// `[{"key": …, "value": …}]`; `place` is how messages call an entry, such as `tags[0].key`.
    pub(crate) fn pairs(&self, name: &str) -> Result<Vec<(String, String)>, ApiError> {
        let pair = |(index, entry): (usize, &Value)| {
            let part = |part: &str| entry.get(part).filter(|value| !value.is_null());
            let text = |part: &str, value: &Value| {
                value
                    .as_str()
                    .map(str::to_owned)
                    .ok_or_else(|| invalid(&format!("{name}[{index}].{part}"), value))
            };
            let key = part("key")
                .filter(|key| *key != "")
                .ok_or_else(|| missing(&format!("{name}[{index}].key")))?;
            let value = part("value").map_or(Ok(String::new()), |value| text("value", value))?;
            Ok((text("key", key)?, value))
        };
        self.list(name)?.iter().enumerate().map(pair).collect()
    }
}

pub(crate) fn integer(value: &Value) -> Option<i64> {
    match value {
        Value::String(text) => text.parse().ok(),
        number => number.as_i64().or_else(|| {
            let float = number.as_f64().filter(|float| float.fract() == 0.0 && float.abs() < 9.0e15);
            float.map(|float| float as i64)
        }),
    }
}

/// A number, or how the protocol writes those that JSON has not.
pub(crate) fn float(value: &Value) -> Option<f64> {
    match value {
        Value::String(text) => match text.as_str() {
            "NaN" => Some(f64::NAN),
            "Infinity" => Some(f64::INFINITY),
            "-Infinity" => Some(f64::NEG_INFINITY),
            other => other.parse().ok().filter(|value: &f64| value.is_finite()),
        },
        number => number.as_f64(),
    }
}

pub(crate) fn missing(name: &str) -> ApiError {
    ApiError::invalid(format!("Missing value for required parameter '{name}'.{HINT}"))
}

pub(crate) fn invalid(name: &str, value: &Value) -> ApiError {
    let kind = match value {
        Value::Null => "NoneType",
        Value::Bool(_) => "bool",
        Value::Number(number) if number.is_f64() => "float",
        Value::Number(_) => "int",
        Value::String(_) => "str",
        Value::Array(_) => "list",
        Value::Object(_) => "dict",
    };
    let shown: String = value.to_string().chars().take(500).collect();
    ApiError::invalid(format!(
        "Invalid value {shown} for parameter '{name}' supplied:  Hint: Value was of type '{kind}'.{HINT}"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_the_protocols() {
        let fields = Fields::of_body(
            br#"{"run_id": 31, "step": "foo", "at": "12", "x": 9.0, "tags": "5", "v": "-Infinity"}"#,
        )
        .unwrap();
        assert!(
            fields
                .run_id()
                .unwrap_err()
                .message
                .starts_with("Invalid value 31 for parameter 'run_id' supplied")
        );
        assert!(
            fields
                .integer("step")
                .unwrap_err()
                .message
                .starts_with("Invalid value \"foo\" for parameter 'step'")
        );
        assert!(
            fields
                .required("key")
                .unwrap_err()
                .message
                .starts_with("Missing value for required parameter 'key'.")
        );
        assert!(fields.text("x").unwrap_err().message.starts_with("Invalid value 9.0 for parameter 'x'"));
        assert!(
            fields.pairs("tags").unwrap_err().message.starts_with("Invalid value \"5\" for parameter 'tags'")
        );
        assert_eq!(
            (fields.integer("at").unwrap(), fields.required_float("v").unwrap()),
            (Some(12), f64::NEG_INFINITY)
        );
        assert!(
            Fields::of_body(b"[1]").is_err()
                && Fields::of_body(b"").is_ok()
                && Fields::of_body(b"\"{}\"").is_ok()
        );
    }
}
