//! Names that come from outside and live as long as the program, as the contract's names of detectors and metrics do.

use std::collections::BTreeSet;

use parking_lot::Mutex;

/// The same text for the same name: kept once, however often a domain is built.
pub fn interned(text: &str) -> &'static str {
    static KNOWN: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());
    let mut known = KNOWN.lock();
    if let Some(same) = known.get(text) {
        return same;
    }
    let kept: &'static str = Box::leak(text.to_owned().into_boxed_str());
    known.insert(kept);
    kept
}
