//! `galley explain`: what a detector finds, why it matters, and where it is blind; and what else wants explaining.

use std::io::Write;

use anyhow::bail;
use galley_core::Registry;

use crate::recipe::did_you_mean;

#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// A detector (`web/overlap`), a topic (`web/credit`), a domain (`web`), or nothing for the list of all.
    name: Option<String>,
}

/// Returns the exit code.
///
/// # Errors
/// A name that is not known, or a closed output.
pub fn run(args: Args, registry: &Registry, out: &mut dyn Write) -> anyhow::Result<u8> {
    let topics = topics(registry);
    let name = args.name.unwrap_or_default();
    if let Some(topic) = topics.iter().find(|topic| topic.name == name) {
        writeln!(out, "{}\n\n{}", topic.name, topic.text.trim())?;
        return Ok(0);
    }
    let listed = |topic: &&Topic| name.is_empty() || topic.domain() == name;
    let list: Vec<&Topic> = topics.iter().filter(listed).collect();
    if list.is_empty() && !name.is_empty() {
        let known: Vec<&str> = topics.iter().map(|topic| topic.name).collect();
        bail!("there is no detector `{name}`; {}", did_you_mean(&name, &known));
    }
    let width = list.iter().map(|topic| topic.name.len()).max().unwrap_or(0);
    for topic in list {
        let title = topic.text.lines().next().unwrap_or_default().trim_start_matches(['#', ' ']);
        writeln!(out, "{:<width$}  {title}", topic.name)?;
    }
    Ok(0)
}

/// Something that can be explained.
struct Topic {
    /// `<domain>/<name>`.
    name: &'static str,
    /// Markdown, first line = title.
    text: &'static str,
}

impl Topic {
    fn domain(&self) -> &str {
        self.name.split('/').next().unwrap_or_default()
    }
}

/// The detectors of the registered domains, then the other texts of the built-in ones.
fn topics(registry: &Registry) -> Vec<Topic> {
    let detectors = registry.entries().iter().flat_map(|entry| (entry.detectors)());
    let mut topics: Vec<Topic> =
        detectors.map(|detector| Topic { name: detector.name(), text: detector.explain() }).collect();
    let pages = galley_web::PAGES.into_iter().chain(galley_charts::PAGES).chain(galley_slides::PAGES);
    let pages = pages.chain(galley_external::PAGES);
    let pages = pages.map(|(name, text)| Topic { name, text });
    topics.extend(pages.filter(|topic| registry.get(topic.domain()).is_ok()));
    topics
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
        assert!(said(Some("web/credit")).is_err(), "a domain that is not registered explains nothing");
        assert!(said(Some("toy/outsid")).unwrap_err().contains("did you mean `toy/outside`?"));
    }
}
