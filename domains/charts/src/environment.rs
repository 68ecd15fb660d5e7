//! The Python of the charts domain: where it is, and what it loads.

use galley_core::DomainError;
use galley_kit::python::Venv;
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

/// The interpreter and the folders that it reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Environment(pub Venv);

impl Environment {
    /// `GALLEY_CHARTS_PYTHON`, else the environment that the bootstrap script makes.
    ///
    /// # Errors
    /// `Setup` where there is none.
    pub fn find() -> Result<Self, DomainError> {
        Venv::find("GALLEY_CHARTS_PYTHON", NAME).map(Self).map_err(|error| DomainError::setup(error, HELP))
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
        if let Some(prefix) = self.0.prefixes.first() {
            let settings = prefix.join("matplotlib").to_string_lossy().into_owned();
            environment.push(("MPLCONFIGDIR".into(), settings));
        }
        Language {
            interpreter: self.0.interpreter.clone(),
            modules: modules
                .iter()
                .map(|(name, source)| ((*name).to_owned(), (*source).to_owned()))
                .collect(),
            read: self.0.prefixes.clone(),
            in_turn: false,
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
