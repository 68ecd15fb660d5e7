//! What the slides domain needs of the machine.

use std::path::Path;

use galley_core::Check;
use galley_sandbox::{Limits, Mechanisms, Pool};

use crate::environment::{Environment, HELP, OFFICE_HELP};

/// An interpreter with python-pptx, and LibreOffice. Starts one of each and touches nothing.
pub fn checks() -> Vec<Check> {
    let python = found(|environment| environment.programs(Limits::default()), &["python", "python-pptx"]);
    let office = found(|environment| environment.office(Limits::default()), &["office", "pdfium"]);
    vec![
        check("python for slides", python, HELP),
        check("libreoffice for slides", office, OFFICE_HELP),
        fonts(),
    ]
}

/// Files of the fonts that decks ask for most, or that stand in for them with the same widths, by what they are for.
const FONTS: [(&str, &str); 4] = [
    ("Calibri", "Carlito-Regular.ttf"),
    ("Arial", "LiberationSans-Regular.ttf"),
    ("symbols", "DejaVuSans.ttf"),
    ("Chinese, Japanese, Korean", "NotoSansCJK-Regular.ttc"),
];

fn fonts() -> Check {
    let mut names = Vec::new();
    files(Path::new("/usr/share/fonts"), 4, &mut names);
    files(Path::new("/usr/local/share/fonts"), 4, &mut names);
    let there = |file: &str| names.iter().any(|name| name == file);
    let part = |(what, file): (&str, &str)| format!("{what}: {}", if there(file) { file } else { "none" });
    Check {
        name: "fonts for slides".into(),
        ok: there(FONTS[0].1) && there(FONTS[1].1),
        found: FONTS.map(part).join(", "),
        help: "apt-get install fonts-crosextra-carlito fonts-liberation fonts-dejavu-core fonts-noto-cjk; without them \
               texts are wider than their authors saw them, or boxes instead of letters"
            .into(),
    }
}

/// The names of all files below a folder.
fn files(folder: &Path, depth: usize, found: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        match entry.file_type() {
            Ok(kind) if kind.is_dir() && depth > 0 => files(&entry.path(), depth - 1, found),
            _ => found.push(entry.file_name().to_string_lossy().into_owned()),
        }
    }
}

/// What a worker says of itself.
fn found(
    language: impl Fn(&Environment) -> galley_sandbox::Language,
    parts: &[&str],
) -> Result<String, String> {
    let environment = Environment::find().map_err(|error| error.to_string())?;
    let about = Pool::new(language(&environment), Mechanisms::available(), 1, 1).about();
    let about = about.map_err(|error| error.to_string())?;
    let part = |name: &&str| format!("{name} {}", about[*name].as_str().unwrap_or("?"));
    Ok(parts.iter().map(part).collect::<Vec<_>>().join(", "))
}

fn check(name: &str, found: Result<String, String>, help: &str) -> Check {
    let ok = found.is_ok();
    Check { name: name.into(), ok, found: found.unwrap_or_else(|error| error), help: help.into() }
}
