//! The web domain keeps the laws of a domain, in a real browser.

use galley_core::{BuildContext, testing::laws};
use galley_web::{config::WebConfig, domain::WebDomain};

fn check(config: WebConfig) {
    let cache = tempfile::tempdir().unwrap();
    let context = BuildContext { seed: 3, cache: cache.path().into(), workers: 2, similarity: None };
    laws::check(&WebDomain::new(config, &context).unwrap());
}

#[test]
fn boxes_keep_the_laws() {
    check(WebConfig { families: vec!["boxes".into()], viewport: [256, 192], ..WebConfig::default() });
}

#[test]
fn components_keep_the_laws() {
    check(WebConfig {
        families: vec!["components".into()],
        difficulty: 3,
        viewport: [640, 480],
        ..WebConfig::default()
    });
}
