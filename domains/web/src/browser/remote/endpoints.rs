//! Remote browsers of which any may die.

use galley_core::DomainError;

use super::{Bridge, Endpoint};
use crate::browser::{Browser, Pipe};

/// Addresses of browsers of one version.
#[derive(Clone, Debug)]
pub struct Endpoints {
    list: Vec<Endpoint>,
    version: String,
}

impl Endpoints {
    /// Asks each for its version. One that does not answer is warned of, and tried again whenever it is its turn.
    ///
    /// # Errors
    /// Setup, for an address that is none and where versions differ; of the harness, where none answers.
    pub fn open(addresses: &[String]) -> Result<Self, DomainError> {
        let list: Vec<Endpoint> =
            addresses.iter().map(|address| address.parse()).collect::<Result<_, _>>()?;
        let (mut versions, mut dead) = (Vec::new(), Vec::new());
        for endpoint in &list {
            match connect(endpoint) {
                Ok((.., version)) => versions.push((endpoint, version)),
                Err(error) => dead.push(format!("{endpoint}: {error}")),
            }
        }
        let Some((first, version)) = versions.first() else {
            return Err(DomainError::harness("remote browsers", dead.join("; ")));
        };
        if let Some((other, differs)) = versions.iter().find(|(_, other)| other != version) {
            return Err(DomainError::setup(
                format!("{first} is {version}, but {other} is {differs}"),
                "let all of domain.web.endpoints run one version: others draw other pictures",
            ));
        }
        let version = version.clone();
        dead.iter().for_each(|dead| tracing::warn!("no remote browser at {dead}"));
        Ok(Self { list, version })
    }

    /// Of the browsers, e.g. `HeadlessChrome/156.0.8078.79`.
    pub fn version(&self) -> &str {
        &self.version
    }

    pub fn count(&self) -> usize {
        self.list.len()
    }

    /// A connection for slot `slot` of a pool: to its own endpoint, else to the next one that answers.
    ///
    /// # Errors
    /// Of the harness, naming every endpoint and what is wrong with it.
    pub fn connect(&self, slot: usize) -> Result<Browser, DomainError> {
        let mut wrong = Vec::new();
        for turn in 0..self.list.len() {
            let endpoint = &self.list[(slot + turn) % self.list.len()];
            match self.try_one(endpoint) {
                Ok(browser) => return Ok(browser),
                Err(error) => wrong.push(format!("{endpoint}: {error}")),
            }
        }
        Err(DomainError::harness("remote browsers", wrong.join("; ")))
    }

    fn try_one(&self, endpoint: &Endpoint) -> Result<Browser, String> {
        let (bridge, pipe, version) = connect(endpoint)?;
        if version != self.version {
            return Err(format!("it became {version}, the others are {}", self.version));
        }
        Browser::remote(bridge, pipe).map_err(|error| error.to_string())
    }
}

impl Endpoint {
    /// What answers there, e.g. `HeadlessChrome/156.0.8078.79`.
    ///
    /// # Errors
    /// Where nothing does.
    pub fn version(&self) -> Result<String, String> {
        connect(self).map(|(.., version)| version)
    }
}

fn connect(endpoint: &Endpoint) -> Result<(Bridge, Pipe, String), String> {
    Bridge::connect(&endpoint.resolve()?)
}
