//! `galley explain`: what a detector finds, why it matters, and where it is blind.

use std::io::Write;

use anyhow::bail;
use galley_core::{DefectDetector, Registry};

use crate::recipe::did_you_mean;

#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// A detector (`web/overlap`), a domain (`web`), or nothing for the list of all.
    name: Option<String>,
}

/// Returns the exit code.
///
/// # Errors
/// A name that is not known, or a closed output.
pub fn run(args: Args, registry: &Registry, out: &mut dyn Write) -> anyhow::Result<u8> {
    let detectors: Vec<Box<dyn DefectDetector>> =
        registry.entries().iter().flat_map(|entry| (entry.detectors)()).collect();
    let name = args.name.unwrap_or_default();
    if let Some(detector) = detectors.iter().find(|detector| detector.name() == name) {
        writeln!(out, "{}\n\n{}", detector.name(), detector.explain().trim())?;
        return Ok(0);
    }
    let listed = |detector: &dyn DefectDetector| {
        name.is_empty() || detector.name().split('/').next() == Some(name.as_str())
    };
    let list: Vec<_> = detectors.iter().filter(|detector| listed(detector.as_ref())).collect();
    if list.is_empty() && !name.is_empty() {
        let known: Vec<&str> = detectors.iter().map(|detector| detector.name()).collect();
        bail!("there is no detector `{name}`; {}", did_you_mean(&name, &known));
    }
    let width = list.iter().map(|detector| detector.name().len()).max().unwrap_or(0);
    for detector in list {
        let title = detector.explain().lines().next().unwrap_or_default().trim_start_matches(['#', ' ']);
        writeln!(out, "{:<width$}  {title}", detector.name())?;
    }
    Ok(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(name: Option<&str>) -> Result<String, String> {
        let registry = Registry::new().with(galley_core::testing::toy::ENTRY);
        let mut out = Vec::new();
        run(Args { name: name.map(String::from) }, &registry, &mut out).map_err(|error| error.to_string())?;
        Ok(String::from_utf8_lossy(&out).into_owned())
    }

    #[test]
    fn one_detector_a_domain_or_all() {
        let list =
            "toy/mismatch  A rectangle is not the target's\ntoy/outside   A rectangle leaves the canvas\n";
        assert_eq!(said(None).unwrap(), list);
        assert_eq!(said(Some("toy")).unwrap(), list);
        assert!(said(Some("toy/outside")).unwrap().contains("needs no reference"));
        assert!(said(Some("toy/outsid")).unwrap_err().contains("did you mean `toy/outside`?"));
    }
}
