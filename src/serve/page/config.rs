//! The resolved recipe with the origin of every value, and the code and machine that ran.

use galley_store::{StartRecord, compare::recipe_values};
use maud::{Markup, html};

use super::layout::definitions;

/// Lines of a patch that are shown.
const PATCH_LINES: usize = 4000;

/// One table, a section for every TOML table; values that somebody set stand out from defaults.
pub(crate) fn recipe(text: &str) -> Markup {
    let values = recipe_values(text);
    let set = values.iter().filter(|(_, value)| is_set(&value.origin)).count();
    html! {
        @if values.is_empty() { p.none { "This run has no recipe." } } @else {
            p.hint { (set) " of " (values.len()) " values were set; the others are defaults." }
            table.config {
                thead { tr { th scope="col" { "key" } th scope="col" { "value" } th scope="col" { "from" } } }
                tbody { @for (key, value) in &values {
                    tr class=[(!is_set(&value.origin)).then_some("default")] {
                        th scope="row" { code { (key) } } td { code { (value.value) } } td.origin { (value.origin) }
                    }
                } }
            }
        }
    }
}

fn is_set(origin: &str) -> bool {
    !origin.is_empty() && origin != "default"
}

/// Commit, uncommitted patch, environment.
pub(crate) fn code(start: &StartRecord) -> Markup {
    let commit = start.git_commit.as_deref().unwrap_or("unknown");
    let clean = if start.git_diff.is_some() { "with uncommitted changes" } else { "clean" };
    let rows: Vec<(&str, Markup)> =
        start.environment.iter().map(|(name, value)| (name.as_str(), html! { code { (value) } })).collect();
    html! {
        p { "Commit " code { (commit) } ", " (clean) }
        @if let Some(diff) = &start.git_diff { details { summary { "Uncommitted changes" } (patch(diff)) } }
        (definitions(&rows))
    }
}

/// A patch with its added and removed lines marked.
pub(crate) fn patch(text: &str) -> Markup {
    let kind = |line: &str| match line.as_bytes().first() {
        _ if line.starts_with("+++") || line.starts_with("---") || line.starts_with("diff ") => "file",
        Some(b'+') => "added",
        Some(b'-') => "removed",
        Some(b'@') => "place",
        _ => "same",
    };
    let count = text.lines().count();
    html! {
        pre.patch tabindex="0" { @for line in text.lines().take(PATCH_LINES) { span class=(kind(line)) { (line) "\n" } } }
        @if count > PATCH_LINES { p.hint { (count - PATCH_LINES) " more lines" } }
    }
}
