//! Which layer a value came from.

use std::{fmt, path::PathBuf};

use serde::{Deserialize, Serialize};

/// The layer that set a value; later layers win in the order of the variants.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    #[default]
    Default,
    /// The recipe or one that it extends.
    File {
        path: PathBuf,
        line: usize,
    },
    /// A `[profile.<name>]` table.
    Profile {
        name: String,
        path: PathBuf,
        line: usize,
    },
    Environment {
        variable: String,
    },
    CommandLine {
        argument: String,
    },
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File { path, line } => write!(f, "{}:{line}", path.display()),
            Self::Profile { name, path, line } => {
                write!(f, "{}:{line} (profile {name})", path.display())
            }
            Self::Environment { variable } => write!(f, "environment {variable}"),
            Self::CommandLine { argument } => write!(f, "command line {argument}"),
        }
    }
}
