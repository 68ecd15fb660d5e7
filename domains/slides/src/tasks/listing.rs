//! Prompts of a file, as instruction data is published: a JSON list of records, or one record a line.
//!
//! A record's prompt is its `prompt`, `instruction`, `query` or `question`, or its last turn of a user in `messages` or
//! `conversations` (whose entries have `role` or `from`, and `content` or `value`). A `prompt` may be such turns as well.
//! Its id is its `id`, else its number. Answers in the file are not read: there is no reference here.

use std::{collections::BTreeMap, path::PathBuf};

use galley_core::{DomainError, Split};
use galley_kit::split_of;
use serde_json::Value;

use super::Brief;

/// A file that holds at least one prompt.
#[derive(Clone, Debug)]
pub struct Listing {
    briefs: Vec<Brief>,
    /// Ids of records without a prompt.
    pub skipped: Vec<String>,
}

impl Listing {
    /// Reads all of it.
    ///
    /// # Errors
    /// `Setup` for a file that cannot be read, is no JSON, or holds no prompt; for Parquet with the way out.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, DomainError> {
        let path = path.into();
        let fault = |why: String, help: &str| {
            DomainError::setup(format!("no prompts in {}: {why}", path.display()), help.to_owned())
        };
        if path.extension().is_some_and(|end| end.eq_ignore_ascii_case("parquet")) {
            return Err(fault("Parquet is not read here".into(), PARQUET));
        }
        let text = std::fs::read_to_string(&path).map_err(|error| fault(error.to_string(), HELP))?;
        let values = values(&text).map_err(|error| fault(error.to_string(), HELP))?;
        let name = path.file_stem().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        let mut listing = Self { briefs: Vec::new(), skipped: Vec::new() };
        for (at, value) in values.iter().enumerate() {
            let labels = BTreeMap::from([("source".to_owned(), name.clone())]);
            match prompt(value) {
                Some(prompt) => {
                    listing.briefs.push(Brief { id: id(value, at), prompt, demonstration: None, labels });
                }
                None => listing.skipped.push(id(value, at)),
            }
        }
        if listing.briefs.is_empty() {
            return Err(fault(format!("none of its {} records has one", values.len()), HELP));
        }
        Ok(listing)
    }

    /// The first `count` prompts of a split.
    pub fn briefs(&self, split: Split, count: usize) -> Vec<Brief> {
        let own = self.briefs.iter().filter(|brief| split_of(&brief.prompt) == split);
        own.take(count).cloned().collect()
    }
}

const HELP: &str = "a .json file is a list of records, a .jsonl file has one in each line; a record has `prompt`, or \
                    `messages` with a turn of the user";

const PARQUET: &str = "convert it: python -c \"import pandas; pandas.read_parquet('x.parquet').to_json('x.jsonl', \
                       orient='records', lines=True)\"";

/// A list, or values one after the other.
fn values(text: &str) -> serde_json::Result<Vec<Value>> {
    if text.trim_start().starts_with('[') {
        return serde_json::from_str(text);
    }
    serde_json::Deserializer::from_str(text).into_iter().collect()
}

fn id(record: &Value, at: usize) -> String {
    match &record["id"] {
        Value::String(id) if !id.is_empty() => id.clone(),
        Value::Number(id) => id.to_string(),
        _ => at.to_string(),
    }
}

fn prompt(record: &Value) -> Option<String> {
    let plain = ["prompt", "instruction", "query", "question"].iter().find_map(|key| record[key].as_str());
    let text = match plain {
        Some(text) => text,
        None => ["prompt", "messages", "conversations"].iter().find_map(|key| asked(&record[key]))?,
    };
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}

/// What the user said last.
fn asked(turns: &Value) -> Option<&str> {
    let user = |turn: &&Value| {
        let role = turn["role"].as_str().or(turn["from"].as_str());
        role.is_some_and(|role| ["user", "human"].contains(&role))
    };
    let last = turns.as_array()?.iter().rev().find(user)?;
    last["content"].as_str().or(last["value"].as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(name: &str, text: &str) -> Result<Listing, DomainError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        Listing::open(path)
    }

    #[test]
    fn prompts_are_found_in_every_form() {
        let turns = r#"{"id": 7, "messages": [{"role": "system", "content": "s"}, {"role": "user", "content": "b"},
            {"role": "assistant", "content": "c"}]}"#;
        let list = format!(
            r#"[{{"id": "x", "prompt": " a "}}, {turns}, {{"prompt": [{{"from": "human", "value": "d"}}]}}, {{}}]"#
        );
        let listing = open("x.json", &list).unwrap();
        let found: Vec<_> =
            listing.briefs.iter().map(|brief| (brief.id.as_str(), brief.prompt.as_str())).collect();
        assert_eq!(found, [("x", "a"), ("7", "b"), ("2", "d")]);
        assert_eq!(listing.skipped, ["3"]);
        let lines = open("x.jsonl", "{\"query\": \"a\"}\n{\"question\": \"b\"}\n").unwrap();
        assert_eq!(lines.briefs.len(), 2);
    }

    #[test]
    fn files_without_prompts_are_refused_with_the_way_out() {
        for text in ["", "[]", "[{\"id\": 1}]", "{", "no json"] {
            assert!(open("x.json", text).is_err(), "{text}");
        }
        let error = open("x.parquet", "PAR1").unwrap_err().to_string();
        assert!(error.contains("Parquet") && error.contains("to_json"), "{error}");
    }
}
