//! A walk through an answer that knows where it is.

use galley_core::{Region, Span};
use serde_json::Value;

/// Characters of a value that an error shows.
const SHOWN: usize = 60;

/// Greater numbers are mistakes.
const GREATEST: f64 = 1e9;

/// Which field does not fit, what it should be, and what it is.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct WrongField(String);

/// A value and the path to it.
#[derive(Clone, Debug)]
pub struct Field<'a> {
    path: String,
    value: &'a Value,
}

impl<'a> Field<'a> {
    pub fn root(path: &str, value: &'a Value) -> Self {
        Self { path: path.into(), value }
    }

    pub fn value(&self) -> &'a Value {
        self.value
    }

    /// That this field breaks a rule.
    pub fn wrong(&self, rule: impl std::fmt::Display) -> WrongField {
        let name = if self.path.is_empty() { "the line" } else { &self.path };
        WrongField(format!("`{name}`: {rule}"))
    }

    fn expected(&self, what: &str) -> WrongField {
        let text = self.value.to_string();
        let mut shown: String = text.chars().take(SHOWN).collect();
        if shown.len() < text.len() {
            shown.push('…');
        }
        self.wrong(format_args!("expected {what}, found {shown}"))
    }

    pub fn get(&self, key: &str) -> Result<Field<'a>, WrongField> {
        if !self.value.is_object() {
            return Err(self.expected("an object"));
        }
        self.maybe(key).ok_or_else(|| self.at(key, self.value).wrong("is missing"))
    }

    /// A field that may be left out or be `null`.
    pub fn maybe(&self, key: &str) -> Option<Field<'a>> {
        self.value.get(key).filter(|value| !value.is_null()).map(|value| self.at(key, value))
    }

    fn at(&self, key: &str, value: &'a Value) -> Field<'a> {
        let path = if self.path.is_empty() { key.into() } else { format!("{}.{key}", self.path) };
        Field { path, value }
    }

    pub fn text(&self) -> Result<&'a str, WrongField> {
        self.value.as_str().ok_or_else(|| self.expected("a string"))
    }

    pub fn flag(&self) -> Result<bool, WrongField> {
        self.value.as_bool().ok_or_else(|| self.expected("true or false"))
    }

    pub fn count(&self) -> Result<usize, WrongField> {
        let number = self.value.as_u64().filter(|number| *number <= GREATEST as u64);
        number.map(|number| number as usize).ok_or_else(|| self.expected("a whole number from 0 to 1e9"))
    }

    pub fn number(&self) -> Result<f64, WrongField> {
        let number = self.value.as_f64().filter(|number| number.abs() <= GREATEST);
        number.ok_or_else(|| self.expected("a number of at most 1e9"))
    }

    /// A number in 0..=1.
    pub fn share(&self) -> Result<f64, WrongField> {
        self.number()
            .ok()
            .filter(|share| (0.0..=1.0).contains(share))
            .ok_or_else(|| self.expected("a number from 0 to 1"))
    }

    pub fn list(&self) -> Result<Vec<Field<'a>>, WrongField> {
        let items = self.value.as_array().ok_or_else(|| self.expected("a list"))?;
        let field = |(at, value)| Field { path: format!("{}[{at}]", self.path), value };
        Ok(items.iter().enumerate().map(field).collect())
    }

    /// An optional list; empty where it is left out.
    pub fn all(&self, key: &str) -> Result<Vec<Field<'a>>, WrongField> {
        self.maybe(key).map_or(Ok(Vec::new()), |field| field.list())
    }

    /// The entries of an optional object.
    pub fn entries(&self, key: &str) -> Result<Vec<(&'a String, Field<'a>)>, WrongField> {
        let Some(field) = self.maybe(key) else { return Ok(Vec::new()) };
        let entries = field.value.as_object().ok_or_else(|| field.expected("an object"))?;
        Ok(entries.iter().map(|(name, value)| (name, field.at(name, value))).collect())
    }

    /// `[start, end]`, bytes of `text`.
    pub fn span(&self, text: &str) -> Result<Span, WrongField> {
        let [start, end] = self.pair()?;
        let (start, end) = (start.count()?, end.count()?);
        if start > end || text.get(start..end).is_none() {
            let of = format!("is no piece of the {} bytes of text, between characters", text.len());
            return Err(self.wrong(format_args!("{start}..{end} {of}")));
        }
        Ok(Span::new(start, end))
    }

    fn pair(&self) -> Result<[Field<'a>; 2], WrongField> {
        let list = self.list().map_err(|_| self.expected("[start, end]"))?;
        list.try_into().map_err(|_| self.expected("[start, end]"))
    }

    /// `[x, y, width, height]`.
    pub fn region(&self) -> Result<Region, WrongField> {
        let expected = || self.expected("[x, y, width, height], no size below 0");
        let list = self.list().map_err(|_| expected())?;
        let numbers = list.iter().map(Field::number).collect::<Result<Vec<_>, _>>()?;
        match numbers[..] {
            [x, y, width, height] if width >= 0.0 && height >= 0.0 => Ok(Region::new(x, y, width, height)),
            _ => Err(expected()),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_error_names_the_field_and_what_it_found() {
        let value =
            json!({"answer": {"list": [{"x": 1}, {"x": "one"}], "span": [1, 9], "box": [0, 0, -1, 1]}});
        let answer = Field::root("", &value).get("answer").unwrap();
        let second = answer.get("list").unwrap().list().unwrap().remove(1);
        for (error, text) in [
            (
                second.get("x").unwrap().number().unwrap_err(),
                "`answer.list[1].x`: expected a number of at most 1e9, found \"one\"",
            ),
            (second.get("y").unwrap_err(), "`answer.list[1].y`: is missing"),
            (
                answer.get("span").unwrap().span("abc").unwrap_err(),
                "`answer.span`: 1..9 is no piece of the 3 bytes of text, between characters",
            ),
            (
                answer.get("box").unwrap().region().unwrap_err(),
                "`answer.box`: expected [x, y, width, height], no size below 0, found [0,0,-1,1]",
            ),
            (Field::root("", &json!(3)).get("id").unwrap_err(), "`the line`: expected an object, found 3"),
        ] {
            assert_eq!(error.to_string(), text);
        }
        assert!(Field::root("x", &json!([1, 2])).span("äöü").is_err(), "it cuts a character");
    }
}
