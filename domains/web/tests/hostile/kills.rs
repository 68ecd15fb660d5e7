//! A small version of `cargo run --example chaos`.

use galley_web::renderer::Scripts;

use crate::{
    chaos::{Plan, chaos},
    stage::Stage,
};

#[test]
fn killed_browsers_change_no_result() {
    let _alone = crate::alone_here();
    let stage = Stage::build();
    let renderer = stage.renderer(3, Scripts::Off);
    let outcome = chaos(&renderer, Plan { renders: 200, kills: 10, threads: 4, seed: 7 });
    assert!(outcome.wrong.is_empty(), "{outcome:?}");
    assert_eq!(outcome.killed.values().sum::<usize>(), 10, "{outcome:?}");
}
