//! What the slides domain needs of the machine.

use galley_core::Check;
use galley_sandbox::{Limits, Mechanisms, Pool};

use crate::environment::{Environment, HELP, OFFICE_HELP};

/// An interpreter with python-pptx, and LibreOffice. Starts one of each and touches nothing.
pub fn checks() -> Vec<Check> {
    let python = found(|environment| environment.programs(Limits::default()), &["python", "python-pptx"]);
    let office = found(|environment| environment.office(Limits::default()), &["office", "pdfium"]);
    vec![check("python for slides", python, HELP), check("libreoffice for slides", office, OFFICE_HELP)]
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
