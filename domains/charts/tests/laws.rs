//! The charts domain keeps the laws of a domain, with a real interpreter.

use galley_charts::{config::ChartsConfig, domain::ChartsDomain, tasks::Family};
use galley_core::{BuildContext, testing::laws};

/// One domain for all: most of what the laws cost is warming interpreters.
#[test]
fn charts_keep_the_laws() {
    let families =
        [Family::Bar, Family::Pie, Family::Radar, Family::Multidiff, Family::Graph, Family::Contour];
    let families = families.map(|family| family.name().into()).to_vec();
    let config = ChartsConfig { families, dpi: Some(30.0), interpreters: 1, ..ChartsConfig::default() };
    let cache = tempfile::tempdir().unwrap();
    let context = BuildContext { seed: 3, cache: cache.path().into(), workers: 2, similarity: None };
    laws::check(&ChartsDomain::new(config, &context).unwrap());
}
