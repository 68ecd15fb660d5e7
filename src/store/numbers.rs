//! Named numbers that survive JSON, NaN and infinities included: a loss that became NaN must be on record as NaN.

use std::{collections::BTreeMap, fmt};

use serde::{Deserializer, Serialize, Serializer, de, ser::SerializeMap};

/// Values by metric name.
pub type Numbers = BTreeMap<String, f64>;

/// A float as JSON: a number, or `"NaN"`, `"inf"`, `"-inf"`.
struct Float(f64);

impl Serialize for Float {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            value if value.is_finite() => serializer.serialize_f64(value),
            value if value.is_nan() => serializer.serialize_str("NaN"),
            value if value > 0.0 => serializer.serialize_str("inf"),
            _ => serializer.serialize_str("-inf"),
        }
    }
}

impl<'de> de::Deserialize<'de> for Float {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(FloatVisitor)
    }
}

struct FloatVisitor;

impl de::Visitor<'_> for FloatVisitor {
    type Value = Float;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a number, \"NaN\", \"inf\" or \"-inf\"")
    }

    fn visit_f64<E>(self, value: f64) -> Result<Float, E> {
        Ok(Float(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Float, E> {
        Ok(Float(value as f64))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Float, E> {
        Ok(Float(value as f64))
    }

    fn visit_unit<E>(self) -> Result<Float, E> {
        Ok(Float(f64::NAN))
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<Float, E> {
        value.parse().map(Float).map_err(|_| E::invalid_value(de::Unexpected::Str(value), &self))
    }
}

/// `#[serde(with = "numbers::map")]` for [`Numbers`].
pub(crate) mod map {
    use serde::Deserialize;

    use super::{BTreeMap, Deserializer, Float, Numbers, SerializeMap, Serializer};

    pub(crate) fn serialize<S: Serializer>(values: &Numbers, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(values.len()))?;
        for (name, value) in values {
            map.serialize_entry(name, &Float(*value))?;
        }
        map.end()
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Numbers, D::Error> {
        let map = BTreeMap::<String, Float>::deserialize(deserializer)?;
        Ok(map.into_iter().map(|(name, Float(value))| (name, value)).collect())
    }
}

/// `#[serde(with = "numbers::nested")]` for numbers by task.
pub(crate) mod nested {
    use serde::{Deserialize, Serialize};

    use super::{BTreeMap, Deserializer, Numbers, SerializeMap, Serializer, map};

    #[derive(Serialize, Deserialize)]
    struct Owned(#[serde(with = "map")] Numbers);

    #[derive(Serialize)]
    struct Borrowed<'a>(#[serde(serialize_with = "by_reference")] &'a Numbers);

    fn by_reference<S: Serializer>(values: &&Numbers, serializer: S) -> Result<S::Ok, S::Error> {
        map::serialize(values, serializer)
    }

    pub(crate) fn serialize<S: Serializer>(
        all: &BTreeMap<String, Numbers>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(all.len()))?;
        for (task, values) in all {
            map.serialize_entry(task, &Borrowed(values))?;
        }
        map.end()
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<BTreeMap<String, Numbers>, D::Error> {
        let map = BTreeMap::<String, Owned>::deserialize(deserializer)?;
        Ok(map.into_iter().map(|(task, Owned(values))| (task, values)).collect())
    }
}

/// `#[serde(with = "numbers::one")]` for a single float.
pub(crate) mod one {
    use serde::{Deserialize, Serialize};

    use super::{Deserializer, Float, Serializer};

    pub(crate) fn serialize<S: Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
        Float(*value).serialize(serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
        Float::deserialize(deserializer).map(|Float(value)| value)
    }
}

/// `#[serde(with = "numbers::maybe")]` for an optional float.
pub(crate) mod maybe {
    use serde::{Deserialize, Serialize};

    use super::{Deserializer, Float, Serializer};

    pub(crate) fn serialize<S: Serializer>(value: &Option<f64>, serializer: S) -> Result<S::Ok, S::Error> {
        value.map(Float).serialize(serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
        Ok(Option::<Float>::deserialize(deserializer)?.map(|Float(value)| value))
    }
}

#[cfg(test)]
mod tests {
    use serde::{Deserialize, Serialize};

    use super::*;

    #[derive(Serialize, Deserialize)]
    struct Holder {
        #[serde(with = "map")]
        values: Numbers,
        #[serde(with = "maybe")]
        none: Option<f64>,
    }

    #[test]
    fn nan_and_infinities_survive_json() {
        let values = [("a", f64::NAN), ("b", f64::NEG_INFINITY), ("c", 0.1 + 0.2), ("d", 3.0)];
        let holder = Holder { values: values.map(|(k, v)| (k.to_owned(), v)).into(), none: None };
        let text = serde_json::to_string(&holder).unwrap();
        assert_eq!(text, r#"{"values":{"a":"NaN","b":"-inf","c":0.30000000000000004,"d":3.0},"none":null}"#);
        let back: Holder = serde_json::from_str(&text).unwrap();
        assert!(back.values["a"].is_nan());
        assert_eq!((back.values["b"], back.values["c"]), (f64::NEG_INFINITY, 0.1 + 0.2));
        assert_eq!(back.none, None);
    }
}
