//! Which runs, and in which order: one filter language for `galley runs --where`, for the page and for MLflow's search.
//!
//! ```text
//! filter     = any { OR any }          any = part { AND part }         part = NOT part | ( filter ) | comparison
//! comparison = field (= | == | != | < | <= | > | >=) value
//!            | field [NOT] (LIKE | ILIKE) text        % any characters, _ one; ILIKE in any case
//!            | field [NOT] IN ( value, … )
//!            | field IS [NOT] NULL
//! field      = [metrics. | params. | tags. | attributes. | datasets.] key     `key` or "key" where it is no plain word
//! value      = number | 'text' | "text" | true | false
//! order      = field [ASC | DESC]
//! ```
//!
//! Keywords in any case. A comparison with something that a run does not have is false, as one with NaN is (but for
//! `!=`). MLflow's own language is the part without OR, NOT and parentheses; [`Dialect::Mlflow`] refuses what MLflow
//! refuses.

mod attribute;
mod error;
mod filter;
mod lex;
mod order;
mod page;
mod parse;
mod pattern;
mod runs;
mod value;

pub use attribute::Dialect;
pub use error::QueryError;
pub use filter::Filter;
pub use order::{Order, sort};
pub use page::{page_token, parse_page_token};
pub use value::{Entity, Field, Queried, Value};
