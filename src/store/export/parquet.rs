//! Apache Parquet, the simplest kind that every reader knows: plain encoding, no compression, all columns optional.
//! A file is `PAR1`, the pages, the footer (Thrift), its length as u32 and `PAR1` again.

use std::io::{self, Write};

use super::{
    table::{Cell, Column, Kind, Sink},
    thrift::{Struct, varint},
};

const MAGIC: &[u8; 4] = b"PAR1";
/// Rows that are held in memory.
const GROUP: usize = 1 << 16;

// Numbers of the format's enums.
const PLAIN: i32 = 0;
const RLE: i32 = 3;
const DATA_PAGE: i32 = 0;
const OPTIONAL: i32 = 1;
const UTF8: i32 = 0;

pub(super) struct Parquet<'a> {
    out: &'a mut dyn Write,
    written: u64,
    columns: Vec<Column>,
    /// By column.
    pending: Vec<Vec<Cell>>,
    groups: Vec<Struct>,
    rows: i64,
}

impl<'a> Parquet<'a> {
    pub(super) fn new(out: &'a mut dyn Write, columns: &[Column]) -> io::Result<Self> {
        out.write_all(MAGIC)?;
        let pending = vec![Vec::new(); columns.len()];
        Ok(Self { out, written: 4, columns: columns.to_vec(), pending, groups: Vec::new(), rows: 0 })
    }

    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.written += bytes.len() as u64;
        self.out.write_all(bytes)
    }

    fn group(&mut self) -> io::Result<()> {
        let rows = self.pending.first().map_or(0, Vec::len);
        if rows == 0 {
            return Ok(());
        }
        let (mut chunks, begin) = (Vec::new(), self.written);
        for index in 0..self.columns.len() {
            let cells = std::mem::take(&mut self.pending[index]);
            chunks.push(self.chunk(index, &cells)?);
        }
        let size = (self.written - begin) as i64;
        self.groups.push(Struct::default().structures(1, chunks).i64(2, size).i64(3, rows as i64));
        self.rows += rows as i64;
        Ok(())
    }

    /// Writes one column as one page and describes it.
    fn chunk(&mut self, index: usize, cells: &[Cell]) -> io::Result<Struct> {
        let (column, offset) = (self.columns[index].clone(), self.written);
        let page = page(cells);
        let data = Struct::default().i32(1, cells.len() as i32).i32(2, PLAIN).i32(3, RLE).i32(4, RLE);
        let size = i32::try_from(page.len()).map_err(|_| io::Error::other("a page of more than 2 GiB"))?;
        let header = Struct::default().i32(1, DATA_PAGE).i32(2, size).i32(3, size).structure(5, data).end();
        self.put(&header)?;
        self.put(&page)?;
        let total = (self.written - offset) as i64;
        let metadata = Struct::default()
            .i32(1, kind(column.kind))
            .i32s(2, &[PLAIN, RLE])
            .texts(3, &[&column.name])
            .i32(4, 0)
            .i64(5, cells.len() as i64)
            .i64(6, total)
            .i64(7, total)
            .i64(9, offset as i64);
        Ok(Struct::default().i64(2, offset as i64).structure(3, metadata))
    }
}

impl Sink for Parquet<'_> {
    fn row(&mut self, cells: Vec<Cell>) -> io::Result<()> {
        self.pending.iter_mut().zip(cells).for_each(|(column, cell)| column.push(cell));
        if self.pending.first().is_some_and(|column| column.len() >= GROUP) {
            self.group()?;
        }
        Ok(())
    }

    fn finish(&mut self) -> io::Result<()> {
        self.group()?;
        let root = Struct::default().text(4, "schema").i32(5, self.columns.len() as i32);
        let described = self.columns.iter().map(|column| {
            let element = Struct::default().i32(1, kind(column.kind)).i32(3, OPTIONAL).text(4, &column.name);
            if column.kind == Kind::Text { element.i32(6, UTF8) } else { element }
        });
        let schema = std::iter::once(root).chain(described).collect();
        let footer = Struct::default()
            .i32(1, 1)
            .structures(2, schema)
            .i64(3, self.rows)
            .structures(4, std::mem::take(&mut self.groups))
            .text(6, "galley")
            .end();
        self.put(&footer)?;
        self.put(&(footer.len() as u32).to_le_bytes())?;
        self.put(MAGIC)
    }
}

/// Physical types.
fn kind(kind: Kind) -> i32 {
    match kind {
        Kind::Integer => 2,
        Kind::Number => 5,
        Kind::Text => 6,
    }
}

/// Which cells are there, as runs of equal levels, and then those that are.
fn page(cells: &[Cell]) -> Vec<u8> {
    let mut levels = Vec::new();
    for run in cells.chunk_by(|a, b| (*a == Cell::Missing) == (*b == Cell::Missing)) {
        varint(&mut levels, (run.len() as u64) << 1);
        levels.push(u8::from(run[0] != Cell::Missing));
    }
    let mut page = (levels.len() as u32).to_le_bytes().to_vec();
    page.extend(levels);
    for cell in cells {
        match cell {
            Cell::Text(text) => {
                page.extend_from_slice(&(text.len() as u32).to_le_bytes());
                page.extend_from_slice(text.as_bytes());
            }
            Cell::Integer(integer) => page.extend_from_slice(&integer.to_le_bytes()),
            Cell::Number(number) => page.extend_from_slice(&number.to_le_bytes()),
            Cell::Missing => {}
        }
    }
    page
}
