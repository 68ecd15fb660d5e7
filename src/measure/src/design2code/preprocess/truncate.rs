//! Elements that occur more than fifty times.

use std::collections::BTreeMap;

use crate::design2code::soup::{NodeId, PageError, Soup};

/// How many elements may be written alike.
const MAX_ALIKE: usize = 50;

/// `truncate_repeated_html_elements`: the page without the fifty-first and any later element that is written like an
/// earlier one, and without elements that Python cannot write.
pub(super) fn truncate_repeated_elements(html: &str) -> Result<String, PageError> {
    let mut soup = Soup::parse(html)?;
    let written = soup.write();
    let unwritable = soup.unwritable();
    let elements: Vec<NodeId> = soup.elements().collect();
    let text = |id: NodeId| &written.html[written.spans[id].0..written.spans[id].1];
    let mut lengths: BTreeMap<usize, usize> = BTreeMap::new();
    for &id in &elements {
        *lengths.entry(text(id).len()).or_default() += 1;
    }
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let mut removed_to = 0;
    for id in elements.into_iter() {
        if id < removed_to {
            continue;
        }
        let fails = unwritable
            .get(unwritable.partition_point(|&node| node <= id))
            .is_some_and(|&node| node < soup.end(id));
        // Only as many elements of one length can be written alike.
        let too_many = !fails && lengths.get(&text(id).len()).is_some_and(|&same| same > MAX_ALIKE) && {
            let count = counts.entry(text(id)).or_default();
            *count += 1;
            *count > MAX_ALIKE
        };
        if fails || too_many {
            removed_to = soup.end(id);
            soup.remove(id);
        }
    }
    soup.check_depth()?;
    Ok(soup.to_html())
}
