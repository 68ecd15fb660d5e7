//! A complete small domain: rectangles on a small canvas, drawn without any tool of the outside world.
//!
//! A program is lines of `rect x y width height #rgb`, painted in order on white. Rendering is exact and takes
//! microseconds, so everything above the contract can be tested with it.
//!
//! `draw` is the language (renderer and mapper), `judge` the reward and the detectors, this file the tasks and the domain.

mod draw;
mod judge;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use serde_json::{Value, json};

use crate::{
    BuildContext, DefectDetector, Domain, DomainEntry, DomainError, Edit, Part, Perturbed, Prompt, Random,
    Reference, RegionMapper, Renderer, Reward, Span, Split, Task, TaskSet,
};

/// `[domain] name = "toy"`.
pub const ENTRY: DomainEntry = DomainEntry {
    name: "toy",
    summary: "rectangles on a small canvas, for tests",
    defaults: || json!({"width": 32, "height": 32, "tasks": 64, "held-out-tasks": 32, "rects": 2}),
    build: |config, context| Ok(Box::new(ToyDomain::new(&config, context)?)),
    detectors: judge::detectors,
};

/// The domain; renderer, mapper and reward are stateless, so it is all of them.
pub struct ToyDomain {
    pub(super) size: (u32, u32),
    /// Training and held-out tasks.
    tasks: [usize; 2],
    rects: usize,
    seed: u64,
    detectors: Vec<Box<dyn DefectDetector>>,
}

impl ToyDomain {
    /// # Errors
    /// When a number is missing or not positive.
    pub fn new(config: &Value, context: &BuildContext) -> Result<Self, DomainError> {
        let number = |key: &str| {
            let value = config.get(key).and_then(Value::as_u64).filter(|value| (1..=4096).contains(value));
            value.ok_or_else(|| {
                DomainError::setup(format!("domain.toy.{key} is no size"), "a number from 1 to 4096")
            })
        };
        let size = (number("width")? as u32, number("height")? as u32);
        let tasks = [number("tasks")? as usize, number("held-out-tasks")? as usize];
        let rects = number("rects")? as usize;
        Ok(Self { size, tasks, rects, seed: context.seed, detectors: judge::detectors() })
    }

    /// The settings of [`ENTRY`] with seed 1.
    ///
    /// # Errors
    /// Never with those settings.
    pub fn standard() -> Result<Self, DomainError> {
        let context = BuildContext { seed: 1, cache: Default::default(), workers: 1, similarity: None };
        Self::new(&(ENTRY.defaults)(), &context)
    }

    fn scene(&self, random: &mut Random) -> String {
        let (width, height) = (self.size.0 as usize, self.size.1 as usize);
        let mut line = || {
            let (w, h) = (random.below(width / 2) + 1, random.below(height / 2) + 1);
            let (x, y) = (random.below(width - w + 1), random.below(height - h + 1));
            format!("rect {x} {y} {w} {h} {}\n", random.pick(&COLOURS))
        };
        (0..self.rects).map(|_| line()).collect()
    }
}

const COLOURS: [&str; 6] = ["#f00", "#0a0", "#00f", "#fa0", "#0af", "#a0a"];

impl Domain for ToyDomain {
    fn name(&self) -> &'static str {
        "toy"
    }

    /// Scenes are drawn from one stream; the first byte of their hash decides the split, so that no scene is in both.
    fn tasks(&self, split: Split) -> Result<Arc<dyn TaskSet>, DomainError> {
        let held_out = split == Split::HeldOut;
        let mut scenes = BTreeMap::new();
        for draw in 0.. {
            let program = self.scene(&mut Random::new(self.seed).named("toy").at(draw));
            let hash = blake3::hash(program.as_bytes());
            if (hash.as_bytes()[0] < 64) == held_out {
                scenes.insert(format!("toy-{}", &hash.to_hex()[..12]), program);
            }
            if scenes.len() == self.tasks[usize::from(held_out)] || draw > 1_000_000 {
                break;
            }
        }
        let tasks = scenes.into_iter().map(|(id, program)| {
            let render = Arc::new(self.render(&program, Duration::MAX)?);
            let picture = render.image.clone().map(Part::Image);
            let parts = picture.into_iter().chain([Part::Text("Draw this.".into())]).collect();
            let reference = Some(Reference { program: Some(program), render });
            Ok(Arc::new(Task { id, prompt: Prompt { parts }, reference, labels: BTreeMap::new() }))
        });
        Ok(Arc::new(Tasks(tasks.collect::<Result<_, DomainError>>()?)))
    }

    fn renderer(&self) -> &dyn Renderer {
        self
    }

    fn detectors(&self) -> &[Box<dyn DefectDetector>] {
        &self.detectors
    }

    fn mapper(&self) -> &dyn RegionMapper {
        self
    }

    fn reward(&self) -> &dyn Reward {
        self
    }

    fn program(&self, response: &str) -> Option<Span> {
        response.find("rect ").map(|start| Span::new(start, response.trim_end_matches(['`', '\n']).len()))
    }

    fn perturb(&self, program: &str, strength: usize, random: &mut Random) -> Option<Perturbed> {
        let mut lines: Vec<Span> = draw::lines(program).collect();
        random.shuffle(&mut lines);
        lines.truncate(strength.max(1));
        lines.sort();
        let mut edits = Vec::new();
        for span in lines {
            let line = span.slice(program)?;
            let colour = *random.pick(&COLOURS);
            let width = random.below(self.size.0 as usize / 2) + 1;
            let Ok(draw::Rect { region: r, .. }) = draw::Rect::parse(line) else { continue };
            let replacement = format!("rect {} {} {width} {} {colour}", r.x, r.y, r.height);
            if replacement != line {
                edits.push(Edit { kind: "layout".into(), span, replacement });
            }
        }
        let mut worse = program.to_owned();
        edits
            .iter()
            .rev()
            .for_each(|edit| worse.replace_range(edit.span.start..edit.span.end, &edit.replacement));
        (!edits.is_empty()).then_some(Perturbed { program: worse, edits })
    }
}

struct Tasks(Vec<Arc<Task>>);

impl TaskSet for Tasks {
    fn len(&self) -> usize {
        self.0.len()
    }

    fn get(&self, index: usize) -> Result<Arc<Task>, DomainError> {
        self.0
            .get(index)
            .cloned()
            .ok_or_else(|| DomainError::harness("toy", format!("there is no task {index}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::laws;

    #[test]
    fn the_toy_domain_keeps_the_laws() {
        laws::check(&ToyDomain::standard().unwrap());
        let config = json!({"width": 64, "height": 48, "tasks": 9, "held-out-tasks": 9, "rects": 3});
        let context = BuildContext { seed: 7, cache: Default::default(), workers: 1, similarity: None };
        laws::check(&ToyDomain::new(&config, &context).unwrap());
    }
}
