//! Audits the numbering of elements on folders of pages: `cargo run --example injection_audit -- DIR...`.
//!
//! Prints, per folder, the pages whose picture changes, the share of elements that have a number, and what has none.
//! With `--dump FILE` first, what was read and shown goes to `FILE`, a line of JSON per page, for checks by other
//! parsers. Ends with 1 where a picture changes, a number is wrong, or fewer than 99 % of the elements have one.

#[path = "../../tests/support/audit.rs"]
mod audit;
#[path = "../../tests/support/plain.rs"]
mod plain;

use std::{
    collections::BTreeMap,
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::ExitCode,
};

use audit::{Audit, Auditor};
use base64::{Engine, prelude::BASE64_STANDARD};
use galley_web::browser::resolve;
use serde_json::json;

/// The least share of elements that have a number.
const ENOUGH: f64 = 0.99;

#[derive(Default)]
struct Total {
    pages: usize,
    changed: Vec<PathBuf>,
    unshown: Vec<PathBuf>,
    elements: usize,
    mapped: usize,
    misnamed: usize,
    implied: usize,
    unmapped: BTreeMap<(String, &'static str), usize>,
}

fn main() -> ExitCode {
    let mut arguments: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let mut dump = None;
    if arguments.first().is_some_and(|first| first == Path::new("--dump")) && arguments.len() > 1 {
        dump = Some(fs::File::create(&arguments[1]).unwrap_or_else(|error| panic!("the dump: {error}")));
        arguments.drain(..2);
    }
    let auditor = Auditor::start(&resolve(None).unwrap_or_else(|error| panic!("{error}")));
    let mut total = Total::default();
    for path in arguments.iter().flat_map(|folder| pages(folder)) {
        let bytes = fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let program = with_pictures(&path, &String::from_utf8_lossy(&bytes));
        let audit = auditor.audit(&program);
        if let Some(dump) = &mut dump {
            write(dump, &path, &program, &audit);
        }
        total.add(path, &audit);
    }
    total.print();
    if total.passes() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

impl Total {
    fn add(&mut self, path: PathBuf, audit: &Audit) {
        self.pages += 1;
        self.elements += audit.tree.len();
        self.mapped += audit.mapped();
        self.misnamed += audit.misnamed();
        self.implied += audit.implied();
        for (what, count) in audit.unmapped() {
            *self.unmapped.entry(what).or_default() += count;
        }
        match audit.identical {
            Some(true) => {}
            Some(false) => self.changed.push(path),
            None => self.unshown.push(path),
        }
    }

    fn share(&self) -> f64 {
        self.mapped as f64 / self.elements.max(1) as f64
    }

    fn passes(&self) -> bool {
        self.changed.is_empty() && self.unshown.is_empty() && self.misnamed == 0 && self.share() >= ENOUGH
    }

    fn print(&self) {
        println!("pages                {}", self.pages);
        println!("pictures changed     {} {:?}", self.changed.len(), self.changed);
        println!("no picture           {} {:?}", self.unshown.len(), self.unshown);
        println!("elements mapped      {} of {} ({:.2} %)", self.mapped, self.elements, 100.0 * self.share());
        println!("written by nobody    {}", self.implied);
        println!("numbers wrong        {}", self.misnamed);
        println!("\n{:>6}  {:<12} without a number because", "count", "kind");
        for ((name, reason), count) in &self.unmapped {
            println!("{count:>6}  {name:<12} {reason}");
        }
    }
}

/// All pages below a folder, in order.
fn pages(folder: &Path) -> Vec<PathBuf> {
    if folder.is_file() {
        return vec![folder.to_owned()];
    }
    let mut paths: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.is_dir() || path.extension().is_some_and(|extension| extension == "html"))
        .collect();
    paths.sort();
    paths.iter().flat_map(|path| pages(path)).collect()
}

/// The page with the pictures beside it written into it, so that they are shown with numbers and without.
fn with_pictures(path: &Path, program: &str) -> String {
    let mut program = program.to_owned();
    for entry in path.parent().into_iter().flat_map(fs::read_dir).flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if !name.ends_with(".jpg") || !program.contains(&name) {
            continue;
        }
        let picture = BASE64_STANDARD.encode(fs::read(entry.path()).unwrap_or_default());
        for quote in ['"', '\''] {
            program = program.replace(
                &format!("{quote}{name}{quote}"),
                &format!("{quote}data:image/jpeg;base64,{picture}{quote}"),
            );
        }
    }
    program
}

fn write(dump: &mut fs::File, path: &Path, program: &str, audit: &Audit) {
    let sources: Vec<_> = audit
        .outline
        .elements
        .iter()
        .map(|element| {
            json!({ "name": element.name, "start": element.span.start, "end": element.span.end,
                    "tag_end": element.start_tag.end, "closed": element.closed })
        })
        .collect();
    let tree: Vec<_> = audit.tree.iter().map(|made| json!([made.name, made.number])).collect();
    let page = json!({ "path": path.display().to_string(), "program": program, "html": audit.injected.html,
                       "attribute": audit.injected.attribute, "sources": sources, "tree": tree });
    writeln!(dump, "{page}").unwrap_or_else(|error| panic!("the dump: {error}"));
}
