//! The store as tables for other programs: CSV, JSON lines and Parquet, all with the same columns.

mod csv;
mod json_lines;
mod parquet;
mod table;
mod thrift;
mod write;

pub use table::{Cell, Column, Kind};
pub use write::{ExportError, Format, What, export};
