//! What the web domain needs of the machine.

use std::time::Duration;

use galley_core::{Check, DomainError};
use galley_sandbox::{Deadline, Jail, JailMode};

use crate::browser::{Browser, Endpoint, Fonts, find};

/// A browser that starts, and fonts. Starts a browser once and touches nothing.
pub fn checks() -> Vec<Check> {
    vec![browser(), fonts(), jail()]
}

/// Whether each remote browser answers, and what it is. Connects to each once.
pub fn remote(endpoints: &[String]) -> Vec<Check> {
    endpoints.iter().map(|address| endpoint(address)).collect()
}

fn endpoint(address: &str) -> Check {
    let found = address.parse().and_then(|endpoint: Endpoint| {
        endpoint.version().map_err(|error| DomainError::harness(format!("remote browser {address}"), error))
    });
    Check {
        name: format!("endpoint {address}"),
        ok: found.is_ok(),
        found: found.unwrap_or_else(|error| error.to_string()),
        help: "start the browser with --remote-debugging-port, or take it off domain.web.endpoints".into(),
    }
}

fn browser() -> Check {
    let found = find::chromium().and_then(|binary| {
        let version = find::version(&binary)?;
        Browser::launch(&binary, best(), Deadline::after(Duration::MAX))?;
        Ok(format!("{version} ({})", binary.display()))
    });
    let ok = found.is_ok();
    let found = found.unwrap_or_else(|error| error.to_string());
    Check { name: "chromium".into(), ok, found, help: find::HELP.into() }
}

/// The jail that `jail = "auto"` gives.
fn best() -> Jail {
    Jail::build(JailMode::Auto).unwrap_or(Jail::Limits)
}

fn jail() -> Check {
    let jail = best();
    Check {
        name: "jail".into(),
        ok: jail != Jail::Limits,
        found: format!("{}; names resolve to nothing in any case", jail.name()),
        help: "run as root or permit user namespaces, so that browsers get a network namespace of their own"
            .into(),
    }
}

fn fonts() -> Check {
    let fonts = Fonts::installed();
    Check {
        name: "fonts".into(),
        ok: fonts.count() > 0,
        found: format!("{} font files (set {})", fonts.count(), fonts.hash()),
        help: "install fonts: `apt install fonts-liberation fonts-dejavu-core`".into(),
    }
}
