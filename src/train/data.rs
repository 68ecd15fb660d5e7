//! Data of a domain that lie elsewhere, and what of them cannot be used.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use galley_core::Skipped;
use serde_json::Value;

/// What stands before the name of a dataset of the hub.
const HUB: &str = "hub:";

/// Reasons that are told one by one; of the rest only how many.
const REASONS: usize = 8;

/// A domain's settings with `data = "hub:<owner>/<name>[@<revision>]"` replaced by the folder that the dataset was
/// downloaded to: domains have no network.
pub fn local(mut settings: Value) -> Result<Value> {
    if let Some(name) = settings["data"].as_str().and_then(|data| data.strip_prefix(HUB)) {
        let (id, revision) = name.split_once('@').unwrap_or((name, "main"));
        let folder = crate::policy::fetch_data(id, revision).with_context(|| format!("dataset {name}"))?;
        settings["data"] = Value::String(folder.to_string_lossy().into_owned());
    }
    Ok(settings)
}

/// What is said of the inputs that became no task: each by itself where they are few, else by reason.
pub fn left_out(what: &str, used: usize, skipped: &[Skipped]) -> Vec<String> {
    if skipped.len() <= REASONS {
        return skipped.iter().map(|one| format!("skipped {}: {}", one.id, one.reason)).collect();
    }
    let mut reasons: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for one in skipped {
        // The last line of a traceback says what happened.
        let reason = one.reason.trim().lines().next_back().unwrap_or_default();
        reasons.entry(reason).or_default().push(&one.id);
    }
    let mut reasons: Vec<_> = reasons.into_iter().collect();
    reasons.sort_by_key(|(_, ids)| std::cmp::Reverse(ids.len()));
    let total = used + skipped.len();
    let mut lines =
        vec![format!("{used} of {total} {what} inputs can be used; {} are left out:", skipped.len())];
    for (reason, ids) in reasons.iter().take(REASONS) {
        let some = ids.iter().take(3).copied().collect::<Vec<_>>().join(", ");
        lines.push(format!(
            "{:>7} {reason:.160} ({some}{})",
            ids.len(),
            if ids.len() > 3 { ", …" } else { "" }
        ));
    }
    if let Some(more) = reasons.len().checked_sub(REASONS).filter(|more| *more > 0) {
        let rest: usize = reasons.iter().skip(REASONS).map(|(_, ids)| ids.len()).sum();
        lines.push(format!("{rest:>7} for {more} other reasons"));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_that_are_left_out_are_counted_by_reason() {
        let one = |at: usize, reason: &str| Skipped { id: at.to_string(), reason: reason.into() };
        let few = [one(1, "no program")];
        assert_eq!(left_out("training", 5, &few), ["skipped 1: no program"]);
        let mut many: Vec<Skipped> =
            (0..20).map(|at| one(at, "Traceback\n  File\nModuleNotFoundError: plotly")).collect();
        many.extend((20..32).map(|at| one(at, &format!("reason {}", at % 12))));
        let lines = left_out("training", 68, &many);
        assert_eq!(lines[0], "68 of 100 training inputs can be used; 32 are left out:");
        assert_eq!(lines[1], "     20 ModuleNotFoundError: plotly (0, 1, 2, …)");
        assert_eq!(lines.last().unwrap(), "      5 for 5 other reasons");
    }

    #[test]
    fn data_that_lie_here_stay_where_they_are() {
        let settings = serde_json::json!({"data": "folder", "dpi": null});
        assert_eq!(local(settings.clone()).unwrap(), settings);
        assert_eq!(local(serde_json::json!({"dpi": 1})).unwrap(), serde_json::json!({"dpi": 1}));
    }
}
