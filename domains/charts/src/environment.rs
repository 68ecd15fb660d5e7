//! The Python of the charts domain: where it is, and what it loads.

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use galley_core::DomainError;
use galley_sandbox::{Language, Limits};

/// How to get the environment, for people.
pub const HELP: &str = "run `scripts/bootstrap charts`, or set GALLEY_CHARTS_PYTHON to an interpreter that has the \
                        packages of domains/charts/requirements.txt";

/// The name of the environment under the cache directory; changes with requirements.txt.
const NAME: &str = "galley/charts-1";

/// What runs in the interpreter; the last one is the language.
pub const MODULES: [(&str, &str); 7] = [
    ("galley_spans", include_str!("../python/spans.py")),
    ("galley_boxes", include_str!("../python/boxes.py")),
    ("galley_data", include_str!("../python/data.py")),
    ("galley_looks", include_str!("../python/looks.py")),
    ("galley_regions", include_str!("../python/regions.py")),
    ("galley_chartmimic", include_str!("../python/chartmimic.py")),
    ("galley_chart", include_str!("../python/chart.py")),
];

/// An interpreter that exists, and the folders that it reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Environment {
    pub interpreter: PathBuf,
    prefixes: Vec<PathBuf>,
}

impl Environment {
    /// `GALLEY_CHARTS_PYTHON`, else the environment that the bootstrap script makes.
    ///
    /// # Errors
    /// `Setup` where there is none.
    pub fn find() -> Result<Self, DomainError> {
        let interpreter = match variable("GALLEY_CHARTS_PYTHON") {
            Some(named) => PathBuf::from(named),
            None => cache().map(|cache| cache.join(NAME).join("bin/python")).unwrap_or_default(),
        };
        if !interpreter.is_file() {
            let message = format!("there is no Python environment for charts ({})", interpreter.display());
            return Err(DomainError::setup(message, HELP));
        }
        let prefixes = prefixes(&interpreter)
            .ok_or_else(|| DomainError::setup(format!("{} does not start", interpreter.display()), HELP))?;
        Ok(Self { interpreter, prefixes })
    }

    /// What a pool of workers needs to run `modules`; the last one is the language.
    pub fn language(&self, modules: &[(&str, &str)], limits: Limits) -> Language {
        let one = |name: &str| (name.to_owned(), "1".to_owned());
        let mut environment: Vec<(String, String)> =
            ["OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"].map(one).into();
        environment.extend(
            [("LANG", "C.UTF-8"), ("TZ", "UTC"), ("MPLBACKEND", "agg")]
                .map(|(name, value)| (name.to_owned(), value.to_owned())),
        );
        if let Some(prefix) = self.prefixes.first() {
            let settings = prefix.join("matplotlib").to_string_lossy().into_owned();
            environment.push(("MPLCONFIGDIR".into(), settings));
        }
        Language {
            interpreter: self.interpreter.clone(),
            modules: modules
                .iter()
                .map(|(name, source)| ((*name).to_owned(), (*source).to_owned()))
                .collect(),
            read: self.prefixes.clone(),
            environment,
            limits,
        }
    }
}

/// A hash of everything of ours that runs in the interpreter.
pub fn revision() -> String {
    let mut hasher = blake3::Hasher::new();
    for (name, source) in MODULES {
        hasher.update(name.as_bytes()).update(&[0]).update(source.as_bytes()).update(&[0]);
    }
    hasher.finalize().to_hex()[..8].to_owned()
}

/// The folders of the environment and of the Python that it was made from.
fn prefixes(interpreter: &Path) -> Option<Vec<PathBuf>> {
    let mut command = Command::new(interpreter);
    command.args(["-I", "-S", "-c", "import sys; print(sys.prefix); print(sys.base_prefix)"]);
    let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    let mut prefixes: Vec<PathBuf> =
        String::from_utf8(output.stdout).ok()?.lines().map(PathBuf::from).collect();
    // Without `site` the prefix is that of the base; the environment is the folder above `bin`.
    prefixes.insert(0, interpreter.parent()?.parent()?.to_path_buf());
    prefixes.dedup();
    output.status.success().then_some(prefixes)
}

fn cache() -> Option<PathBuf> {
    let named = variable("XDG_CACHE_HOME").filter(|path| !path.is_empty()).map(PathBuf::from);
    named.or_else(|| Some(PathBuf::from(variable("HOME")?).join(".cache")))
}

#[expect(clippy::disallowed_methods, reason = "finding the interpreter is what the environment is read for")]
fn variable(name: &str) -> Option<std::ffi::OsString> {
    std::env::var_os(name)
}
