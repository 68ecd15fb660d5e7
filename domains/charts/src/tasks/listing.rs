//! Charts of a file of programs, as instruction data is published: a JSON list of records, or one record a line.
//!
//! A record's program is its `code`, or what stands in the first program of its last answer (`conversations` or
//! `messages`, whose entries have `value` or `content`). Its id is its `id`, else its number. Only programs that render
//! become tasks; the others are listed with the reason.

use std::{collections::BTreeMap, path::PathBuf, sync::Arc};

use galley_core::{DomainError, Skipped, Split};
use galley_kit::{References, RenderedTasks, Wanted, split_of};
use serde_json::Value;

use super::find_program;

/// A file that holds at least one program.
#[derive(Clone, Debug)]
pub struct Listing {
    name: String,
    /// Id and program, or why there is none.
    records: Vec<(String, Result<String, String>)>,
}

impl Listing {
    /// Reads all of it.
    ///
    /// # Errors
    /// `Setup` for a file that cannot be read, is no JSON, or holds no program.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, DomainError> {
        let path = path.into();
        let fault = |why: String| {
            DomainError::setup(
                format!("no charts in {}: {why}", path.display()),
                "a .json file is a list of records, a .jsonl file has one in each line; a record has `code`, or \
                 `conversations` that end with the program",
            )
        };
        let text = std::fs::read_to_string(&path).map_err(|error| fault(error.to_string()))?;
        let values = values(&text).map_err(|error| fault(error.to_string()))?;
        let records: Vec<_> =
            values.iter().enumerate().map(|(at, value)| (id(value, at), program(value))).collect();
        if records.iter().all(|(_, program)| program.is_err()) {
            return Err(fault(format!("none of its {} records has a program", records.len())));
        }
        let name = path.file_stem().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        Ok(Self { name, records })
    }

    /// The first `count` records of one split that render; those before that do not, by reason.
    ///
    /// # Errors
    /// Harness faults of the renderer.
    pub fn tasks(
        &self,
        split: Split,
        count: usize,
        references: Arc<References>,
        instruction: &str,
        workers: usize,
    ) -> Result<RenderedTasks, DomainError> {
        let (mut entries, mut skipped) = (Vec::new(), Vec::new());
        for (id, program) in self.records.iter().filter(|(id, _)| split_of(id) == split).take(count) {
            match program {
                Ok(program) => entries.push(self.wanted(id, program)),
                Err(reason) => skipped.push(Skipped { id: id.clone(), reason: reason.clone() }),
            }
        }
        RenderedTasks::new(entries, skipped, references, instruction).checked(workers)
    }

    /// The first `n` programs of a split, unrendered.
    pub fn programs(&self, split: Split, n: usize) -> Vec<String> {
        let own = self.records.iter().filter(|(id, _)| split_of(id) == split);
        own.filter_map(|(_, program)| program.clone().ok()).take(n).collect()
    }

    fn wanted(&self, id: &str, program: &str) -> Wanted {
        let labels = BTreeMap::from([("source".into(), self.name.clone())]);
        Wanted { id: id.into(), program: program.into(), picture: None, labels }
    }
}

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

fn program(record: &Value) -> Result<String, String> {
    if let Some(code) = record["code"].as_str() {
        return Ok(code.to_owned());
    }
    let turns = record["conversations"].as_array().or(record["messages"].as_array());
    let last = turns.and_then(|turns| turns.last()).ok_or("it has neither `code` nor `conversations`")?;
    let answer = last["value"].as_str().or(last["content"].as_str()).ok_or("its last turn has no text")?;
    let span = find_program(answer).ok_or("its answer holds no program")?;
    Ok(span.slice(answer).unwrap_or_default().to_owned())
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
    fn lists_and_lines_hold_programs_in_either_form() {
        let turns = r#"{"id": "a", "conversations": [{"from": "human", "value": "?"},
            {"from": "gpt", "value": "Sure:\n```python\nplt.plot(1)\n```"}]}"#;
        let list = open("x.json", &format!(r#"[{turns}, {{"code": "plt.bar(1)"}}, {{"id": 7}}]"#)).unwrap();
        let ids: Vec<&str> = list.records.iter().map(|(id, _)| id.as_str()).collect();
        assert_eq!(ids, ["a", "1", "7"]);
        assert_eq!(list.records[0].1.as_deref(), Ok("plt.plot(1)"));
        assert!(list.records[2].1.is_err());
        let lines = open("x.jsonl", "{\"code\": \"a\"}\n{\"code\": \"b\"}\n").unwrap();
        assert_eq!(lines.records.len(), 2);
    }

    #[test]
    fn a_file_without_programs_is_refused() {
        for text in ["", "[]", "[{\"id\": 1}]", "{", "no json"] {
            assert!(open("x.json", text).is_err(), "{text}");
        }
    }
}
