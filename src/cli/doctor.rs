//! `galley doctor`: what of the outside world is there, and how to get what is missing. Touches nothing.
//!
//! `--recipe` looks at the domain of a recipe with the settings that it gives; `--laws` also tries whether that domain
//! keeps the laws of domains, which is the whole test of one that is written in another language.

use std::{
    io::Write,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::bail;
use galley_core::{BuildContext, Check, Domain, DomainEntry, DomainError, Registry, testing::laws};
use serde_json::json;

use crate::{
    perceptual::{Backbone, Weights},
    policy::cuda,
    recipe::{Sources, did_you_mean, load},
};

#[derive(Clone, Debug, Default, clap::Args)]
pub struct Args {
    /// Domains to look at; all when none is named.
    domains: Vec<String>,
    /// Look at the domain of this recipe, as it sets it.
    #[arg(long, conflicts_with = "domains")]
    recipe: Option<PathBuf>,
    /// Try whether it keeps the laws of domains.
    #[arg(long, requires = "recipe")]
    laws: bool,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

/// One line of the table.
struct Row {
    /// `machine`, or a domain.
    area: &'static str,
    /// Whether something that was asked for cannot work without it.
    needed: bool,
    check: Check,
}

/// Returns the exit code: 1 when something needed is missing.
///
/// # Errors
/// A domain that is not known, a recipe with mistakes, or a closed output.
pub fn run(args: Args, registry: &Registry, out: &mut dyn Write) -> anyhow::Result<u8> {
    let known: Vec<&str> = registry.entries().iter().map(|entry| entry.name).collect();
    for name in &args.domains {
        if !known.contains(&name.as_str()) {
            bail!("there is no domain `{name}`; {}", did_you_mean(name, &known));
        }
    }
    let mut rows: Vec<Row> =
        machine().into_iter().map(|check| Row { area: "machine", needed: false, check }).collect();
    match &args.recipe {
        Some(path) => rows.extend(of_recipe(path, args.laws, registry)?),
        None => rows.extend(of_domains(&args.domains, registry)),
    }
    let well = rows.iter().all(|row| row.check.ok || !row.needed);
    if args.json {
        as_json(&rows, well, out)?
    } else {
        as_table(&rows, well, out)?
    }
    Ok(u8::from(!well))
}

/// The registered domains of these names, or all, with their defaults.
fn of_domains(names: &[String], registry: &Registry) -> Vec<Row> {
    let asked = |entry: &&DomainEntry| names.is_empty() || names.iter().any(|name| name == entry.name);
    let rows = |entry: &DomainEntry| rows(entry, (entry.defaults)(), 0, false);
    registry.entries().iter().filter(asked).flat_map(rows).collect()
}

/// The domain of a recipe.
fn of_recipe(path: &Path, laws: bool, registry: &Registry) -> anyhow::Result<Vec<Row>> {
    let config = load(path, &Sources::of_process(None, Vec::new()), registry)?.config;
    Ok(rows(registry.get(&config.domain.name)?, config.domain.settings(), config.data_seed, laws))
}

/// A domain's own checks and, where asked for, the laws; when it cannot even be built, the reason is the check.
fn rows(entry: &DomainEntry, settings: serde_json::Value, seed: u64, laws: bool) -> Vec<Row> {
    let context = BuildContext { seed, cache: ".cache".into(), workers: 1, similarity: None };
    let checks = match (entry.build)(settings, &context) {
        Ok(domain) => checks(&*domain, laws),
        Err(DomainError::Setup { message, help }) => vec![check("start", false, message, &help)],
        Err(error) => vec![check("start", false, error.to_string(), "see the message")],
    };
    checks.into_iter().map(|check| Row { area: entry.name, needed: true, check }).collect()
}

fn checks(domain: &dyn Domain, laws: bool) -> Vec<Check> {
    let mut checks = domain.doctor();
    if checks.is_empty() {
        checks.push(check("tools", true, "needs none".into(), ""));
    }
    for (name, law) in laws::ALL.iter().filter(|_| laws) {
        let kept = law(domain);
        let found = if kept.is_ok() { "kept" } else { "broken" };
        checks.push(check(name, kept.is_ok(), found.into(), &kept.err().unwrap_or_default()));
    }
    checks
}

/// What galley itself runs on; nothing here is indispensable.
fn machine() -> Vec<Check> {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let memory = std::fs::read_to_string("/proc/meminfo").ok().and_then(|text| available_gib(&text));
    let driver = std::fs::read_to_string("/proc/driver/nvidia/version").ok();
    let driver = driver.and_then(|text| text.lines().next().map(str::to_owned));
    let weights = Weights::default();
    vec![
        check("cores", cores >= 2, cores.to_string(), "two or more keep sampling and rendering apart"),
        check(
            "memory",
            memory.is_none_or(|gib| gib >= 4.0),
            memory.map_or("unknown".into(), |gib| format!("{gib:.1} GiB available")),
            "the tiny policy needs about 4 GiB",
        ),
        check(
            "cuda",
            cuda::answers(),
            match (driver, cfg!(feature = "cuda")) {
                (Some(driver), true) => driver,
                (Some(driver), false) => format!("{driver}; this program was built without it"),
                (None, true) => "no driver; profile cpu is used".into(),
                (None, false) => {
                    "no driver, and this program was built without it; profile cpu is used".into()
                }
            },
            "`just cuda` builds the program for it; the machine needs an NVIDIA driver (580 or newer)",
        ),
        lpips(&weights),
        clip(&weights),
        tool("cargo", &["--version"], "needed to build galley and new domains: see rustup.rs"),
        tool("git", &["--version"], "runs record the commit when git is there"),
        check(
            "runs",
            Path::new(".").metadata().is_ok_and(|at| !at.permissions().readonly()),
            here(),
            "a folder to write in",
        ),
    ]
}

/// Presence only: the files are not read.
fn lpips(weights: &Weights) -> Check {
    let files = Backbone::ALL.map(|backbone| weights.lpips_file(backbone));
    let found = format!(
        "{} of 2 networks in {}",
        files.iter().filter(|file| file.is_file()).count(),
        weights.lpips.display()
    );
    let ok = files.iter().all(|file| file.is_file());
    check("lpips", ok, found, "`galley fetch lpips` (64 MB), for the similarities lpips-alex and lpips-vgg")
}

fn clip(weights: &Weights) -> Check {
    let file = weights.clip_file();
    let found = format!("{}{}", if file.is_file() { "" } else { "no " }, file.display());
    check("clip", file.is_file(), found, "`galley fetch clip` (600 MB), for the similarity clip")
}

fn here() -> String {
    std::env::current_dir()
        .map_or_else(|error| error.to_string(), |path| path.join("runs").display().to_string())
}

fn check(name: &str, ok: bool, found: String, help: &str) -> Check {
    Check { name: name.into(), ok, found, help: help.into() }
}

fn tool(name: &str, arguments: &[&str], help: &str) -> Check {
    let output = Command::new(name).args(arguments).stdin(std::process::Stdio::null()).output();
    let found = output.ok().filter(|output| output.status.success());
    let version =
        found.map(|output| String::from_utf8_lossy(&output.stdout).lines().next().unwrap_or_default().into());
    check(name, version.is_some(), version.unwrap_or_else(|| "not found".into()), help)
}

fn available_gib(meminfo: &str) -> Option<f64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    Some(line.split_whitespace().next()?.parse::<f64>().ok()? / (1 << 20) as f64)
}

fn as_json(rows: &[Row], well: bool, out: &mut dyn Write) -> anyhow::Result<()> {
    let row = |Row { area, needed, check: Check { name, ok, found, help } }: &Row| json!({"area": area, "needed": needed, "name": name, "ok": ok, "found": found, "help": help});
    let checks: Vec<_> = rows.iter().map(row).collect();
    writeln!(out, "{:#}", json!({"ok": well, "checks": checks}))?;
    Ok(())
}

fn as_table(rows: &[Row], well: bool, out: &mut dyn Write) -> anyhow::Result<()> {
    let mut table = comfy_table::Table::new();
    table.load_preset(comfy_table::presets::NOTHING);
    for Row { area, needed, check } in rows {
        let state = match (check.ok, needed) {
            (true, _) => "ok",
            (false, true) => "MISSING",
            (false, false) => "-",
        };
        table.add_row([area, check.name.as_str(), state, check.found.as_str()]);
    }
    for line in table.lines() {
        writeln!(out, "{}", line.trim())?;
    }
    let missing: Vec<&Row> = rows.iter().filter(|row| !row.check.ok && row.needed).collect();
    for row in &missing {
        writeln!(out, "\n{}/{}: {}", row.area, row.check.name, row.check.help)?;
    }
    let verdict =
        if well { "everything needed is there".into() } else { format!("{} missing", missing.len()) };
    writeln!(out, "\n{verdict}")?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use galley_core::testing::toy;

    use super::*;

    fn said(domains: &[&str], json: bool, registry: &Registry) -> Result<(u8, String), String> {
        let domains = domains.iter().map(ToString::to_string).collect();
        let args = Args { domains, json, ..Args::default() };
        let mut out = Vec::new();
        let code = run(args, registry, &mut out).map_err(|error| error.to_string())?;
        Ok((code, String::from_utf8_lossy(&out).into_owned()))
    }

    #[test]
    fn a_domain_that_cannot_be_built_is_missing_and_exits_1() {
        let broken = DomainEntry {
            name: "broken",
            build: |_, _| Err(DomainError::setup("no browser", "install chromium")),
            ..toy::ENTRY
        };
        let registry = Registry::new().with(toy::ENTRY).with(broken);
        let (code, text) = said(&["toy"], false, &registry).unwrap();
        assert!(code == 0 && text.ends_with("everything needed is there\n"), "{text}");
        let (code, text) = said(&[], false, &registry).unwrap();
        assert!(code == 1 && text.contains("broken/start: install chromium"), "{text}");
        let (_, text) = said(&[], true, &registry).unwrap();
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value["ok"], false);
        assert!(said(&["ty"], false, &registry).unwrap_err().contains("did you mean `toy`?"));
    }

    #[test]
    fn the_laws_are_tried_on_the_domain_of_a_recipe() {
        let recipe = Some(Path::new(env!("CARGO_MANIFEST_DIR")).join("recipes/toy.toml"));
        let args = Args { recipe, laws: true, json: true, ..Args::default() };
        let mut out = Vec::new();
        assert_eq!(run(args, &crate::domains::builtin(), &mut out).unwrap(), 0);
        let value: serde_json::Value = serde_json::from_slice(&out).unwrap();
        let kept = value["checks"].as_array().unwrap().iter().filter(|check| check["found"] == "kept");
        assert_eq!(kept.count(), laws::ALL.len());
    }
}
