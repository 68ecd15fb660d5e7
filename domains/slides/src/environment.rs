//! What the slides domain runs outside of our process: a Python, what it loads, and LibreOffice.

use std::path::PathBuf;

use galley_core::DomainError;
use galley_kit::python::Venv;
use galley_sandbox::{Language, Limits};

/// How to get the environment, for people.
pub const HELP: &str = "run `scripts/bootstrap slides`, or set GALLEY_SLIDES_PYTHON to an interpreter that has the \
                        packages of domains/slides/requirements.txt";

/// How to get LibreOffice, for people.
pub const OFFICE_HELP: &str = "run `scripts/bootstrap slides`, or apt-get install libreoffice-impress-nogui, or set \
                               GALLEY_OFFICE to the folder of LibreOffice that holds libmergedlo.so";

/// The name of the environment under the cache directory; changes with requirements.txt.
const NAME: &str = "galley/slides-1";

/// Where LibreOffice's `program` folder is looked for.
const PLACES: [&str; 4] = [
    "/usr/lib/libreoffice/program",
    "/usr/lib64/libreoffice/program",
    "/opt/libreoffice/program",
    "/usr/local/lib/libreoffice/program",
];

/// What LibreOffice reads besides the system's libraries.
const OFFICE_FILES: [&str; 8] = [
    "/etc/libreoffice",
    "/etc/fonts",
    "/usr/share/libreoffice",
    "/usr/share/fontconfig",
    "/usr/share/liblangtag",
    "/usr/share/mime",
    "/var/cache/fontconfig",
    "/var/spool/libreoffice",
];

/// What runs programs; the last one is the language.
pub const PROGRAMS: [(&str, &str); 3] = [
    ("galley_walk", include_str!("../python/walk.py")),
    ("galley_spans", include_str!("../python/spans.py")),
    ("galley_deck", include_str!("../python/deck.py")),
];

/// What draws decks.
pub const OFFICE: [(&str, &str); 8] = [
    ("galley_walk", include_str!("../python/walk.py")),
    ("galley_colors", include_str!("../python/colors.py")),
    ("galley_frames", include_str!("../python/frames.py")),
    ("galley_texts", include_str!("../python/texts.py")),
    ("galley_tables", include_str!("../python/tables.py")),
    ("galley_kit", include_str!("../python/kit.py")),
    ("galley_scene", include_str!("../python/scene.py")),
    ("galley_office", include_str!("../python/office.py")),
];

/// Both, where they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Environment {
    pub python: Venv,
    /// LibreOffice's `program` folder.
    pub office: PathBuf,
}

impl Environment {
    /// The variables `GALLEY_SLIDES_PYTHON` and `GALLEY_OFFICE`, else what the bootstrap script installs.
    ///
    /// # Errors
    /// `Setup` where one of the two is missing.
    pub fn find() -> Result<Self, DomainError> {
        let python =
            Venv::find("GALLEY_SLIDES_PYTHON", NAME).map_err(|error| DomainError::setup(error, HELP))?;
        Ok(Self { python, office: office()? })
    }

    /// What a pool of workers needs to run programs.
    pub fn programs(&self, limits: Limits) -> Language {
        self.language(&PROGRAMS, limits, false)
    }

    /// What a pool of workers needs to draw decks.
    pub fn office(&self, limits: Limits) -> Language {
        let mut language = self.language(&OFFICE, limits, true);
        language.read.extend(OFFICE_FILES.map(PathBuf::from));
        language.read.extend(self.office.parent().map(PathBuf::from));
        let settings = [
            ("GALLEY_OFFICE", self.office.to_string_lossy().into_owned()),
            ("SAL_USE_VCLPLUGIN", "svp".into()),
            // No threads of its own for parts of a deck.
            ("MAX_CONCURRENCY", "1".into()),
            ("SAL_DISABLE_OPENCL", "1".into()),
        ];
        language.environment.extend(settings.map(|(name, value)| (name.to_owned(), value)));
        language
    }

    fn language(&self, modules: &[(&str, &str)], limits: Limits, in_turn: bool) -> Language {
        let environment = [("LANG", "C.UTF-8"), ("TZ", "UTC")];
        Language {
            interpreter: self.python.interpreter.clone(),
            modules: modules
                .iter()
                .map(|(name, source)| ((*name).to_owned(), (*source).to_owned()))
                .collect(),
            read: self.python.prefixes.clone(),
            in_turn,
            environment: environment.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
            limits,
        }
    }
}

/// A hash of everything of ours that runs there.
pub fn revision() -> String {
    let mut hasher = blake3::Hasher::new();
    for (name, source) in PROGRAMS.iter().chain(&OFFICE) {
        hasher.update(name.as_bytes()).update(&[0]).update(source.as_bytes()).update(&[0]);
    }
    hasher.finalize().to_hex()[..8].to_owned()
}

fn office() -> Result<PathBuf, DomainError> {
    #[expect(clippy::disallowed_methods, reason = "finding the program is what the environment is read for")]
    let named = std::env::var_os("GALLEY_OFFICE").map(PathBuf::from);
    let places = named.map_or_else(|| PLACES.map(PathBuf::from).into(), |named| vec![named]);
    let found = places.iter().find(|place| place.join("libmergedlo.so").is_file()).cloned();
    found.ok_or_else(|| {
        let looked: Vec<String> = places.iter().map(|place| place.display().to_string()).collect();
        DomainError::setup(format!("there is no LibreOffice in {}", looked.join(", ")), OFFICE_HELP)
    })
}
