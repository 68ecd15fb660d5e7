//! The only list of built-in domains.

use galley_core::{Registry, testing::toy};

/// Every domain that comes with galley. A program of your own adds to it: `builtin().with(my_domain::ENTRY)`.
pub fn builtin() -> Registry {
    Registry::new()
        .with(galley_web::ENTRY)
        .with(toy::ENTRY)
        .with(galley_charts::ENTRY)
        .with(galley_slides::ENTRY)
        .with(galley_external::ENTRY)
}
