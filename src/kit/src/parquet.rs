//! Rows of Parquet files, the form in which datasets are published: records with texts, lists, and pictures as
//! `{bytes, path}`.

use std::{
    fs::File,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
};

use parquet::{
    file::{reader::FileReader, serialized_reader::SerializedFileReader},
    record::{Field, Row, reader::RowIter},
    schema::types::Type,
};
use serde_json::{Map, Number, Value};

/// A file that is no Parquet, is damaged, or uses what the reader does not know.
#[derive(Debug, thiserror::Error)]
#[error("{path}: {why}")]
pub struct ParquetError {
    path: String,
    why: String,
}

/// One value. Records keep the order of their columns.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    Null,
    Bool(bool),
    Integer(i64),
    /// Whole numbers beyond `i64` as well.
    Number(f64),
    Text(String),
    /// Binary columns, and texts that are not marked as such.
    Bytes(Vec<u8>),
    List(Vec<Cell>),
    Record(Vec<(String, Cell)>),
}

impl Cell {
    /// A record's column.
    pub fn get(&self, name: &str) -> Option<&Self> {
        let Self::Record(columns) = self else { return None };
        columns.iter().find(|(own, _)| own == name).map(|(_, cell)| cell)
    }

    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Bytes(bytes) => std::str::from_utf8(bytes).ok(),
            _ => None,
        }
    }

    pub fn bytes(&self) -> Option<&[u8]> {
        match self {
            Self::Bytes(bytes) => Some(bytes),
            Self::Text(text) => Some(text.as_bytes()),
            _ => None,
        }
    }

    pub fn list(&self) -> &[Self] {
        match self {
            Self::List(cells) => cells,
            _ => &[],
        }
    }

    /// As JSON, with binary values that are no UTF-8 left out as `null`.
    pub fn into_json(self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Bool(value) => Value::Bool(value),
            Self::Integer(value) => value.into(),
            Self::Number(value) => Number::from_f64(value).map_or(Value::Null, Value::Number),
            Self::Text(text) => Value::String(text),
            Self::Bytes(bytes) => String::from_utf8(bytes).map_or(Value::Null, Value::String),
            Self::List(cells) => cells.into_iter().map(Self::into_json).collect(),
            Self::Record(columns) => {
                let columns = columns.into_iter().map(|(name, cell)| (name, cell.into_json()));
                Value::Object(columns.collect::<Map<String, Value>>())
            }
        }
    }
}

/// The rows of one file, read group by group.
pub struct Rows {
    path: PathBuf,
    /// `None` after the first mistake.
    rows: Option<RowIter<'static>>,
}

/// Opens a file. Of all columns, or of those of `columns` that it has; others are not read.
///
/// # Errors
/// See [`ParquetError`].
pub fn rows(path: &Path, columns: Option<&[&str]>) -> Result<Rows, ParquetError> {
    let rows = guarded(|| {
        let file = File::open(path).map_err(|error| error.to_string())?;
        let reader = SerializedFileReader::new(file).map_err(|error| error.to_string())?;
        let schema = reader.metadata().file_metadata().schema().clone();
        let rows = RowIter::from_file_into(Box::new(reader));
        let rows = rows.project(columns.map(|columns| projection(&schema, columns)).transpose()?);
        rows.map_err(|error| error.to_string())
    });
    match rows {
        Ok(rows) => Ok(Rows { path: path.into(), rows: Some(rows) }),
        Err(why) => Err(ParquetError { path: path.display().to_string(), why }),
    }
}

impl Iterator for Rows {
    type Item = Result<Cell, ParquetError>;

    fn next(&mut self) -> Option<Self::Item> {
        let rows = self.rows.as_mut()?;
        match guarded(|| rows.next().transpose().map_err(|error| error.to_string())) {
            Ok(row) => row.map(|row| Ok(record(row))),
            Err(why) => {
                self.rows = None;
                Some(Err(ParquetError { path: self.path.display().to_string(), why }))
            }
        }
    }
}

/// The reader trusts files more than we do: what it panics about is damage.
fn guarded<T>(work: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| Err("the file is damaged".into()))
}

fn projection(schema: &Type, columns: &[&str]) -> Result<Type, String> {
    let kept: Vec<_> =
        schema.get_fields().iter().filter(|field| columns.contains(&field.name())).cloned().collect();
    if kept.is_empty() {
        let known: Vec<&str> = schema.get_fields().iter().map(|field| field.name()).collect();
        return Err(format!("it has none of the columns {}, but {}", columns.join(", "), known.join(", ")));
    }
    Type::group_type_builder(schema.name()).with_fields(kept).build().map_err(|error| error.to_string())
}

fn record(row: Row) -> Cell {
    Cell::Record(row.into_columns().into_iter().map(|(name, field)| (name, cell(field))).collect())
}

fn cell(field: Field) -> Cell {
    let whole = |value: u64| i64::try_from(value).map_or(Cell::Number(value as f64), Cell::Integer);
    match field {
        Field::Null => Cell::Null,
        Field::Bool(value) => Cell::Bool(value),
        Field::Byte(value) => Cell::Integer(value.into()),
        Field::Short(value) => Cell::Integer(value.into()),
        Field::Int(value) | Field::Date(value) | Field::TimeMillis(value) => Cell::Integer(value.into()),
        Field::Long(value) | Field::TimeMicros(value) => Cell::Integer(value),
        Field::TimestampMillis(value) | Field::TimestampMicros(value) => Cell::Integer(value),
        Field::UByte(value) => Cell::Integer(value.into()),
        Field::UShort(value) => Cell::Integer(value.into()),
        Field::UInt(value) => Cell::Integer(value.into()),
        Field::ULong(value) => whole(value),
        Field::Float16(value) => Cell::Number(value.to_f64()),
        Field::Float(value) => Cell::Number(value.into()),
        Field::Double(value) => Cell::Number(value),
        Field::Decimal(value) => Cell::Bytes(value.data().to_vec()),
        Field::Str(text) => Cell::Text(text),
        Field::Bytes(bytes) => Cell::Bytes(bytes.data().to_vec()),
        Field::Group(row) => record(row),
        Field::ListInternal(list) => Cell::List(list.elements().iter().cloned().map(cell).collect()),
        Field::MapInternal(map) => {
            let pair = |(key, value): &(Field, Field)| {
                Cell::Record(vec![("key".into(), cell(key.clone())), ("value".into(), cell(value.clone()))])
            };
            Cell::List(map.entries().iter().map(pair).collect())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made by `tests/goldens/parquet/make.py`.
    fn golden(name: &str) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/goldens/parquet").join(name)
    }

    #[test]
    fn rows_are_what_pyarrow_wrote_whatever_the_compression() {
        let wanted: Value = serde_json::from_slice(&std::fs::read(golden("rows.json")).unwrap()).unwrap();
        for name in ["snappy.parquet", "zstd.parquet", "gzip.parquet", "plain.parquet"] {
            let found: Vec<Cell> = rows(&golden(name), None).unwrap().collect::<Result<_, _>>().unwrap();
            let picture = found[0].get("image").unwrap();
            assert_eq!(picture.get("bytes").and_then(Cell::bytes), Some(&[0x89, 0x50, 0xff][..]), "{name}");
            assert_eq!(picture.get("path").and_then(Cell::text), Some("a.png"));
            assert_eq!(found[0].get("conversations").unwrap().list().len(), 2);
            let found: Value = found.into_iter().map(Cell::into_json).collect();
            assert_eq!(found, wanted, "{name}");
        }
    }

    #[test]
    fn columns_that_nobody_asked_for_are_not_read() {
        let some = rows(&golden("snappy.parquet"), Some(&["id", "no such"])).unwrap();
        let found: Vec<Value> = some.map(|row| row.unwrap().into_json()).collect();
        assert_eq!(found[0], serde_json::json!({"id": "a"}));
        let error = rows(&golden("snappy.parquet"), Some(&["no such"])).map(drop).unwrap_err().to_string();
        assert!(error.contains("conversations"), "{error}");
    }

    #[test]
    fn what_is_no_parquet_is_an_error_and_no_panic() {
        let whole = std::fs::read(golden("snappy.parquet")).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.parquet");
        let read = |bytes: &[u8]| {
            std::fs::write(&path, bytes).unwrap();
            rows(&path, None).and_then(|rows| rows.collect::<Result<Vec<_>, _>>())
        };
        for length in [0, 3, 8, whole.len() / 2, whole.len() - 1] {
            assert!(read(&whole[..length]).is_err(), "{length}");
        }
        for at in (4..whole.len()).step_by(37) {
            let mut bytes = whole.clone();
            bytes[at] ^= 0xff;
            // Damage may hide in a text; it must not bring us down.
            let _ = read(&bytes);
        }
        assert!(rows(&folder.path().join("none"), None).is_err());
    }
}
