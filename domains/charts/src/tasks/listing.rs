//! Charts of files of programs, as instruction data is published: Parquet, a JSON list of records, or one record a line.
//!
//! A record's program is its `code`, `python` or `python_code`, or the first program of its last answer (`conversations`
//! or `messages`, whose entries have `value` or `content`). Its id is its `id` or `task_id`, else its number. Only
//! programs that render become tasks; the others are listed with the reason.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    sync::Arc,
};

use galley_core::{DomainError, Skipped, Split};
use galley_kit::{References, RenderedTasks, Wanted, parquet, split_of};
use serde_json::Value;

use super::find_program;

/// The columns of a table that are read; pictures are not, because a program's own render shows the same.
const COLUMNS: [&str; 7] = ["id", "task_id", "code", "python", "python_code", "conversations", "messages"];

/// Files that hold at least one program.
#[derive(Clone, Debug)]
pub struct Listing {
    name: String,
    /// Id and program, or why there is none.
    records: Vec<(String, Result<String, String>)>,
}

impl Listing {
    /// Whether this is the name of a file that can be one.
    pub fn accepts(path: &Path) -> bool {
        let ending = path.extension().map(|ending| ending.to_string_lossy().to_lowercase());
        ending.is_some_and(|ending| ["json", "jsonl", "parquet"].contains(&ending.as_str()))
    }

    /// Reads all of a file, or of the files below a folder in the order of their names: its Parquet files where it has
    /// any, else its JSON.
    ///
    /// # Errors
    /// `Setup` for a file that cannot be read, is damaged, or where none holds a program.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, DomainError> {
        let path = path.into();
        let fault = |why: String| {
            DomainError::setup(
                format!("no charts in {}: {why}", path.display()),
                "a .json file is a list of records, a .jsonl file has one in each line, a .parquet file one in each \
                 row; a record has `code`, `python` or `python_code`, or `conversations` that end with the program",
            )
        };
        let (mut records, mut ids) = (Vec::new(), BTreeSet::new());
        for file in files(&path).map_err(|error| fault(error.to_string()))? {
            for value in read(&file).map_err(&fault)? {
                let mut id = id(&value, records.len());
                if !ids.insert(id.clone()) {
                    id = format!("{id}-{}", records.len());
                    ids.insert(id.clone());
                }
                records.push((id, program(&value)));
            }
        }
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
        let (mut entries, mut without) = (Vec::new(), Vec::new());
        for (at, (id, program)) in
            self.records.iter().enumerate().filter(|(_, (id, _))| split_of(id) == split)
        {
            match program {
                Ok(program) => entries.push((at, self.wanted(id, program))),
                Err(reason) => without.push((at, Skipped { id: id.clone(), reason: reason.clone() })),
            }
        }
        let (places, entries): (Vec<usize>, Vec<Wanted>) = entries.into_iter().unzip();
        let (tasks, tried) =
            RenderedTasks::new(entries, Vec::new(), references, instruction).first(count, workers)?;
        // What comes behind the last record that was needed was not looked at.
        let end = places.get(tried).copied().unwrap_or(self.records.len());
        Ok(tasks.and_skipped(without.into_iter().filter(|(at, _)| *at < end).map(|(_, skipped)| skipped)))
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

fn files(path: &Path) -> std::io::Result<Vec<PathBuf>> {
    if !path.is_dir() {
        return Ok(vec![path.into()]);
    }
    let (mut found, mut folders) = (Vec::new(), vec![path.to_path_buf()]);
    while let Some(folder) = folders.pop() {
        for entry in folder.read_dir()? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if Listing::accepts(&path) {
                found.push(path);
            }
        }
    }
    if found.iter().any(|path| is_parquet(path)) {
        found.retain(|path| is_parquet(path));
    }
    found.sort();
    Ok(found)
}

fn is_parquet(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("parquet"))
}

fn read(path: &Path) -> Result<Vec<Value>, String> {
    if is_parquet(path) {
        let rows = parquet::rows(path, Some(&COLUMNS)).map_err(|error| error.to_string())?;
        return rows
            .map(|row| row.map(parquet::Cell::into_json).map_err(|error| error.to_string()))
            .collect();
    }
    let named = |why: String| format!("{}: {why}", path.display());
    let text = std::fs::read_to_string(path).map_err(|error| named(error.to_string()))?;
    values(&text).map_err(|error| named(error.to_string()))
}

/// A list, or values one after the other.
fn values(text: &str) -> serde_json::Result<Vec<Value>> {
    if text.trim_start().starts_with('[') {
        return serde_json::from_str(text);
    }
    serde_json::Deserializer::from_str(text).into_iter().collect()
}

fn id(record: &Value, at: usize) -> String {
    let named = |name: &str| match &record[name] {
        Value::String(id) if !id.is_empty() => Some(id.clone()),
        Value::Number(id) => Some(id.to_string()),
        _ => None,
    };
    named("id").or_else(|| named("task_id")).unwrap_or_else(|| at.to_string())
}

fn program(record: &Value) -> Result<String, String> {
    let inside = |text: &str| find_program(text).and_then(|span| span.slice(text)).map(str::to_owned);
    if let Some(code) = ["code", "python", "python_code"].into_iter().find_map(|name| record[name].as_str()) {
        let fenced = code.trim_start().starts_with("```").then(|| inside(code)).flatten();
        return Ok(fenced.unwrap_or_else(|| code.to_owned()));
    }
    let turns = record["conversations"].as_array().or(record["messages"].as_array());
    let last = turns.and_then(|turns| turns.last()).ok_or("it has neither `code` nor `conversations`")?;
    let answer = last["value"].as_str().or(last["content"].as_str()).ok_or("its last turn has no text")?;
    Ok(inside(answer).ok_or("its answer holds no program")?)
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
    fn a_folder_of_tables_gives_their_rows_and_ids_stay_apart() {
        let tables = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../src/kit/tests/goldens/parquet");
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("data")).unwrap();
        for (at, name) in ["snappy.parquet", "zstd.parquet"].into_iter().enumerate() {
            std::fs::copy(tables.join(name), folder.path().join(format!("data/train-{at}.parquet"))).unwrap();
        }
        std::fs::write(folder.path().join("info.json"), "{\"features\": 6}").unwrap();
        let listing = Listing::open(folder.path()).unwrap();
        let ids: Vec<&str> = listing.records.iter().map(|(id, _)| id.as_str()).collect();
        assert_eq!(ids, ["a", "b", "c", "d", "e", "a-5", "b-6", "c-7", "d-8", "e-9"]);
        assert_eq!(
            listing.records[1].1.as_deref(),
            Ok("import matplotlib.pyplot as plt\nplt.bar([1, 2], [3, 1])")
        );
        assert!(listing.records[3].1.is_err() && listing.records[4].1.is_err());
        let fenced =
            open("x.jsonl", "{\"task_id\": 4, \"python\": \"```python\\nplt.plot(1)\\n```\"}").unwrap();
        assert_eq!(fenced.records[0], ("4".into(), Ok("plt.plot(1)".into())));
    }

    #[test]
    fn a_file_without_programs_is_refused() {
        for text in ["", "[]", "[{\"id\": 1}]", "{", "no json"] {
            assert!(open("x.json", text).is_err(), "{text}");
        }
    }
}
