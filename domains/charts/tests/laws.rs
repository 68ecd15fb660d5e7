//! The charts domain keeps the laws of a domain, with a real interpreter.

use galley_charts::{config::ChartsConfig, domain::ChartsDomain, tasks::Family};
use galley_core::{BuildContext, testing::laws};

fn check(config: ChartsConfig) {
    let cache = tempfile::tempdir().unwrap();
    let context = BuildContext { seed: 3, cache: cache.path().into(), workers: 2, similarity: None };
    laws::check(&ChartsDomain::new(config, &context).unwrap());
}

fn named(families: &[Family]) -> Vec<String> {
    families.iter().map(|family| family.name().into()).collect()
}

#[test]
fn small_bars_keep_the_laws() {
    let families = named(&[Family::Bar, Family::Pie]);
    check(ChartsConfig { families, difficulty: 1, dpi: Some(20.0), ..ChartsConfig::default() });
}

#[test]
fn composed_charts_keep_the_laws() {
    let families = named(&[Family::Radar, Family::Multidiff, Family::Graph, Family::Contour]);
    check(ChartsConfig { families, difficulty: 3, ..ChartsConfig::default() });
}
