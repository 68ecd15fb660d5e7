//! The only list of built-in domains.

use galley_core::Registry;

/// Every domain that comes with galley. A program of your own adds to it: `builtin().with(my_domain::ENTRY)`.
pub fn builtin() -> Registry {
    Registry::new()
}
