//! The files that a program logged beside its numbers.

use std::{fs, path::Path};

use galley_store::{RunReader, artifacts_dir, view::size};
use maud::{Markup, html};

use crate::query::encoded;

/// Files listed at once, and folders within folders that are looked into.
const SHOWN: usize = 200;
const DEPTH: usize = 8;

struct File {
    path: String,
    bytes: u64,
}

/// Downloads, by path; nothing for a run without files.
pub(crate) fn list(run: &RunReader) -> Markup {
    let mut files = Vec::new();
    collect(&artifacts_dir(run.dir()), "", DEPTH, &mut files);
    files.sort_by(|a, b| a.path.cmp(&b.path));
    html! {
        @if !files.is_empty() {
            section #artifacts aria-labelledby="artifacts-title" {
                h2 #artifacts-title { "Artifacts" }
                table {
                    thead { tr { th scope="col" { "file" } th.number scope="col" { "size" } } }
                    tbody { @for file in files.iter().take(SHOWN) { tr {
                        td { a href={ "/get-artifact?run_id=" (run.start().run) "&path=" (encoded(&file.path)) } download { (file.path) } }
                        td.number { (size(file.bytes)) }
                    } } }
                }
                @if files.len() > SHOWN { p.none { "and " (files.len() - SHOWN) " more" } }
            }
        }
    }
}

/// Links are neither listed nor followed.
fn collect(folder: &Path, prefix: &str, depth: usize, files: &mut Vec<File>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let Ok(kind) = fs::symlink_metadata(entry.path()) else { continue };
        let path = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if kind.is_dir() && depth > 0 {
            collect(&entry.path(), &format!("{path}/"), depth - 1, files);
        } else if kind.is_file() {
            files.push(File { path, bytes: kind.len() });
        }
    }
}
