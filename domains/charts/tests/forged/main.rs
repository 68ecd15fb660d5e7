//! Programs that forge what is measured earn no more than the same program without the forgery.

use std::{path::Path, sync::Arc, time::Duration};

use galley_charts::{ChartRenderer, RendererOptions, reward::ChartReward};
use galley_core::{Reference, Renderer, Reward, Task};

const DEADLINE: Duration = Duration::from_secs(30);

fn task(renderer: &ChartRenderer) -> Task {
    let program = include_str!("reference.txt");
    let render = renderer.render(program, DEADLINE).unwrap();
    assert!(render.ok(), "{:?}", render.faults);
    let reference = Some(Reference { program: Some(program.into()), render: Arc::new(render) });
    Task { id: "forged".into(), prompt: Default::default(), reference, labels: Default::default() }
}

#[test]
fn forgery_does_not_pay() {
    let renderer =
        ChartRenderer::start(RendererOptions { workers: 1, ..RendererOptions::default() }).unwrap();
    let (task, reward) = (task(&renderer), ChartReward::default());
    let score = |program: &str| reward.score(&task, &renderer.render(program, DEADLINE).unwrap());
    let honest = score(include_str!("honest.txt"));
    assert!(honest.executed && honest.reward < 1.0);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/forged/programs");
    let mut paid = Vec::new();
    for path in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        let found = score(&std::fs::read_to_string(&path).unwrap());
        let gains = found.axes.iter().zip(&honest.axes).any(|(axis, fair)| axis.value > fair.value + 0.02);
        if found.reward > honest.reward || gains {
            paid.push(format!("{}: {:?}", path.display(), found.axes));
        }
    }
    assert!(paid.is_empty(), "{}", paid.join("\n"));
}
