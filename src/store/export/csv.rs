//! Comma-separated values (RFC 4180, lines end with `\n`); what is missing is empty.

use std::io::{self, Write};

use super::table::{Cell, Column, Sink};

pub(super) struct Csv<'a> {
    out: &'a mut dyn Write,
}

impl<'a> Csv<'a> {
    pub(super) fn new(out: &'a mut dyn Write, columns: &[Column]) -> io::Result<Self> {
        let mut csv = Self { out };
        csv.line(columns.iter().map(|column| quoted(&column.name)))?;
        Ok(csv)
    }

    fn line(&mut self, cells: impl Iterator<Item = String>) -> io::Result<()> {
        writeln!(self.out, "{}", cells.collect::<Vec<_>>().join(","))
    }
}

impl Sink for Csv<'_> {
    fn row(&mut self, cells: Vec<Cell>) -> io::Result<()> {
        self.line(cells.iter().map(|cell| match cell {
            Cell::Text(text) => quoted(text),
            Cell::Integer(integer) => integer.to_string(),
            Cell::Number(number) => number.to_string(),
            Cell::Missing => String::new(),
        }))
    }

    fn finish(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn quoted(text: &str) -> String {
    match text.contains([',', '"', '\n', '\r']) {
        true => format!("\"{}\"", text.replace('"', "\"\"")),
        false => text.to_owned(),
    }
}
