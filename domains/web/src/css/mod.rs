//! Style sheets: which declaration of a page decided how an element looks.
//!
//! [`rules`] reads the `<style>` elements of the source with their positions. [`marks`] writes a custom property in front
//! of every declaration that matters, so that the browser's own cascade carries the declaration's number to each element
//! that it decides: selectors, specificity, order, layers, `@media`, `@supports`, nesting and `!important` are the
//! browser's business and right by construction. [`deciders`] puts style attributes and inheritance on top, which need no
//! browser.
//!
//! Known limits: pseudo-elements and states (`::before`, `:hover`) decide nothing here; a declaration that the browser
//! drops as invalid still counts as the one that was meant; linked sheets have no source; a page of more than
//! [`MOST_DECLARATIONS`] declarations is not marked.

mod decide;
mod mark;
mod sheet;
mod slots;

pub use decide::{Decider, WINNERS, deciders};
pub use mark::{MOST_DECLARATIONS, Marks, marks};
pub use sheet::{Rule, rules};
