//! One JSON object a row; what is missing is left out, NaN and infinities are texts.

use std::io::{self, Write};

use serde_json::{Map, Value};

use super::table::{Cell, Column, Sink};

pub(super) struct JsonLines<'a> {
    out: &'a mut dyn Write,
    columns: Vec<Column>,
}

impl<'a> JsonLines<'a> {
    pub(super) fn new(out: &'a mut dyn Write, columns: &[Column]) -> Self {
        Self { out, columns: columns.to_vec() }
    }
}

impl Sink for JsonLines<'_> {
    fn row(&mut self, cells: Vec<Cell>) -> io::Result<()> {
        let mut object = Map::new();
        for (column, cell) in self.columns.iter().zip(cells) {
            let value = match cell {
                Cell::Text(text) => Value::from(text),
                Cell::Integer(integer) => Value::from(integer),
                Cell::Number(number) if number.is_finite() => Value::from(number),
                Cell::Number(number) => Value::from(number.to_string()),
                Cell::Missing => continue,
            };
            object.insert(column.name.clone(), value);
        }
        writeln!(self.out, "{}", Value::Object(object))
    }

    fn finish(&mut self) -> io::Result<()> {
        Ok(())
    }
}
