//! How the store's numbers look in a terminal: text, no colour, the same bytes for the same numbers.

mod evals;
mod number;
mod sample;
mod sparkline;
mod table;

pub use evals::three_row_table;
pub use number::{date, duration, interval, number, p_value, signed, signed_interval, size};
pub use sample::sample_text;
pub use sparkline::sparkline;
pub use table::Table;
