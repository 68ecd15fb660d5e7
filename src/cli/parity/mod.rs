//! `galley parity DIR`: every ported number against what the original programs printed.
//!
//! `DIR` holds folders for families of goldens ([`FAMILIES`]), at any of a few depths, or is one itself. A family is one file with one function
//! that goes through its cases and tells a [`Tally`] what was found and what was expected; a later domain adds a line to
//! the table. Numbers are summed up by name: the largest absolute difference decides.
//!
//! Exit code 1: a number beyond its tolerance, a case that cannot be read, or no case at all.

mod aeslides;
mod chart_programs;
mod chartmimic;
mod design2code;
mod images;
mod losses;
mod lpips;
mod qwen3vl;
mod read;
mod tally;
mod tokenizer;
mod units;

use std::{
    io::{IsTerminal, Write},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};
use serde::Serialize;

use crate::store::view::Table;
use tally::{Number, Tally};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// A folder of goldens.
    folder: PathBuf,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

/// Goldens of one layout.
struct Family {
    /// The folder that holds them.
    folder: &'static str,
    /// Goes through all cases.
    check: fn(&Path, &mut Tally) -> Result<()>,
}

const FAMILIES: [Family; 10] = [
    Family { folder: "aeslides", check: aeslides::check },
    Family { folder: "chartmimic", check: chartmimic::check },
    Family { folder: "chartmimic_programs", check: chart_programs::check },
    Family { folder: "design2code", check: design2code::check },
    Family { folder: "design2code_units", check: units::check },
    Family { folder: "images", check: images::check },
    Family { folder: "losses", check: losses::check },
    Family { folder: "mpl_gallery", check: chart_programs::check },
    Family { folder: "qwen3vl", check: qwen3vl::check },
    Family { folder: "tokenizer", check: tokenizer::check },
];

#[derive(Serialize)]
struct Report {
    numbers: Vec<Number>,
    /// `family: case: why`.
    failed: Vec<String>,
    /// Numbers in the goldens that nothing here computes, by family.
    absent: Vec<String>,
    /// Folders of no known family.
    skipped: Vec<String>,
    cases: usize,
    ok: bool,
}

/// Returns the exit code.
///
/// # Errors
/// A folder that cannot be listed, or a closed output.
pub fn run(args: &Args, out: &mut dyn Write) -> Result<u8> {
    let report = check(&args.folder)?;
    if args.json {
        serde_json::to_writer_pretty(&mut *out, &report)?;
        writeln!(out)?;
    } else {
        write(&report, !std::io::stdout().is_terminal(), out)?;
    }
    Ok(u8::from(!report.ok))
}

fn check(folder: &Path) -> Result<Report> {
    let name = |path: &Path| path.file_name().map(|name| name.to_string_lossy().into_owned());
    let folder = &folder.canonicalize().with_context(|| format!("reading {}", folder.display()))?;
    if !folder.is_dir() {
        bail!("{} is not a folder", folder.display());
    }
    let known = |path: &Path| {
        let own = name(path);
        FAMILIES.iter().find(|family| own.as_deref() == Some(family.folder))
    };
    let folders = if known(folder).is_some() { vec![folder.clone()] } else { read::folders(folder)? };
    let (families, others): (Vec<PathBuf>, Vec<PathBuf>) =
        folders.into_iter().partition(|path| known(path).is_some());
    let deeper: Vec<PathBuf> =
        others.iter().map(|other| families_in(other, DEEPEST)).collect::<Result<Vec<_>>>()?.concat();
    let mut report = Report {
        numbers: Vec::new(),
        failed: Vec::new(),
        absent: Vec::new(),
        skipped: Vec::new(),
        cases: 0,
        ok: false,
    };
    for path in families.iter().chain(&deeper) {
        if let Some(family) = known(path) {
            report.add(family, path);
        }
    }
    let empty = others.iter().filter(|other| !deeper.iter().any(|found| found.starts_with(other)));
    report.skipped.extend(empty.filter_map(|other| name(other)));
    let fine = report.failed.is_empty() && report.numbers.iter().all(Number::holds);
    report.ok = fine && report.cases > 0;
    Ok(report)
}

/// How far below `DIR` a family is looked for.
const DEEPEST: usize = 4;

/// Folders of a family below `path`.
fn families_in(path: &Path, depth: usize) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for folder in read::folders(path)? {
        let own = folder.file_name();
        if FAMILIES.iter().any(|family| own.is_some_and(|own| own == family.folder)) {
            found.push(folder);
        } else if depth > 1 {
            found.extend(families_in(&folder, depth - 1)?);
        }
    }
    Ok(found)
}

impl Report {
    fn add(&mut self, family: &Family, path: &Path) {
        let mut tally = Tally::new(family.folder);
        if let Err(error) = (family.check)(path, &mut tally) {
            tally.failed("all", &error);
        }
        self.cases += tally.cases;
        self.failed.extend(tally.failed);
        self.absent.extend(tally.absent.iter().map(|number| format!("{}: {number}", family.folder)));
        self.numbers.extend(tally.numbers);
    }
}

fn write(report: &Report, plain: bool, out: &mut dyn Write) -> Result<()> {
    let headers = ["family", "number", "compared", "largest difference", "tolerance", ""];
    let mut table = Table::new(headers).right(&[2, 3, 4]);
    for number in &report.numbers {
        table.row([
            number.family.clone(),
            number.name.clone(),
            number.compared.to_string(),
            format!("{:.1e}", number.largest),
            format!("{:.0e}", number.tolerance),
            if number.holds() { "ok".into() } else { format!("BEYOND: {}", number.worst) },
        ]);
    }
    out.write_all(table.text(plain).as_bytes())?;
    report.failed.iter().try_for_each(|line| writeln!(out, "failed: {line}"))?;
    report.absent.iter().try_for_each(|line| writeln!(out, "not computed here: {line}"))?;
    if !report.skipped.is_empty() {
        writeln!(out, "skipped folders of no known family: {}", report.skipped.join(", "))?;
    }
    let verdict = match (report.ok, report.cases) {
        (true, cases) => format!("{cases} cases hold"),
        (false, 0) => "no case was found".into(),
        (false, cases) => format!("{cases} cases, not all hold"),
    };
    Ok(writeln!(out, "{verdict}")?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(name: &str, file: &str, text: &str) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(root.path().join(name)).unwrap();
        std::fs::write(root.path().join(name).join(file), text).unwrap();
        root
    }

    fn ratio(expected: f64) -> String {
        serde_json::json!({"pairs": [{"a": "ab", "b": "ab", "ratio": expected}]}).to_string()
    }

    #[test]
    fn what_holds_passes_and_what_does_not_is_named() {
        let good = folder("design2code_units", "difflib.json", &ratio(1.0));
        std::fs::create_dir(good.path().join("other")).unwrap();
        let report = check(good.path()).unwrap();
        assert!(report.ok && report.cases == 1 && report.skipped == ["other"], "{:?}", report.failed);
        let report =
            check(&folder("design2code_units", "difflib.json", &ratio(0.5)).path().join("design2code_units"));
        let report = report.unwrap();
        assert!(!report.ok && report.numbers[0].largest == 0.5);
        let mut out = Vec::new();
        write(&report, true, &mut out).unwrap();
        assert!(String::from_utf8(out).unwrap().contains("BEYOND: difflib.json 0"));
    }

    #[test]
    fn nothing_found_and_nothing_readable_are_failures() {
        let none = folder("other", "x.json", "{}");
        assert!(!check(none.path()).unwrap().ok);
        let broken = folder("design2code_units", "difflib.json", "{");
        let report = check(broken.path()).unwrap();
        assert!(!report.ok && report.failed.len() == 1, "{:?}", report.failed);
        assert!(check(&none.path().join("missing")).is_err());
    }

    /// The repository's own goldens lie in folders of the same layout.
    #[test]
    fn the_repositorys_own_goldens_hold() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        for path in [
            "tests/goldens",
            "src/measure/tests/goldens/design2code",
            "domains/charts/tests/goldens",
            "domains/slides/tests/goldens",
        ] {
            let report = check(&root.join(path)).unwrap();
            let beyond: Vec<_> = report.numbers.iter().filter(|number| !number.holds()).collect();
            assert!(report.ok, "{path}: {beyond:?} {:?}", report.failed);
        }
    }
}
