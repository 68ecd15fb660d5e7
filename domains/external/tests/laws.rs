//! The example domain keeps the laws, with its copies killed in between.

use galley_core::{BuildContext, Domain, Split, testing::laws};
use galley_external::{ExternalConfig, ExternalDomain};

fn svg() -> ExternalDomain {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/svg/svg_domain.py");
    let config = ExternalConfig {
        command: vec!["python3".into(), script.into()],
        options: serde_json::json!({"train": 8, "held-out": 8}),
        ..ExternalConfig::default()
    };
    let context = BuildContext { seed: 1, cache: Default::default(), workers: 2, similarity: None };
    ExternalDomain::new(&config, &context).expect("the example introduces itself")
}

#[test]
fn the_example_keeps_the_laws() {
    laws::check(&svg());
}

#[test]
fn another_process_gives_the_same_bytes() {
    let task = |domain: &ExternalDomain, at| domain.tasks(Split::Train).unwrap().get(at).unwrap();
    let (first, second) = (svg(), svg());
    assert_eq!(task(&first, 0), task(&second, 0));
    assert_ne!(task(&first, 0), task(&second, 1));
}
