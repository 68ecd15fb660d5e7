//! A law that nothing can break is no law: domains with one fault each, and the law that must notice it.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use super::ALL;
use crate::{
    Check, Defect, DefectDetector, Domain, DomainError, Perturbed, Random, RegionMapper, Render, Renderer,
    Reward, Score, Span, Split, Statement, Task, TaskSet, testing::toy::ToyDomain,
};

#[derive(Clone, Copy, Debug, PartialEq)]
enum Flaw {
    RenamesTasks,
    TrainsOnHeldOut,
    FindsHalfPrograms,
    Remembers,
    RaisesOnGarbage,
    PaysForNothing,
    PointsOutside,
    Interleaves,
    NeverSatisfied,
    MisweighsAxes,
    UnnamedDetector,
    FickleDetector,
    WrongEdits,
    InvisibleEdits,
    HelplessDoctor,
}

/// The toy domain with a flaw.
struct Broken {
    toy: ToyDomain,
    flaw: Flaw,
    calls: AtomicU64,
    detectors: Vec<Box<dyn DefectDetector>>,
}

impl Broken {
    fn new(flaw: Flaw) -> Self {
        let detectors: Vec<Box<dyn DefectDetector>> =
            vec![Box::new(Flawed { flaw, calls: AtomicU64::new(0) })];
        Self { toy: ToyDomain::standard().unwrap(), flaw, calls: AtomicU64::new(0), detectors }
    }
}

impl Domain for Broken {
    fn name(&self) -> &'static str {
        "toy"
    }

    fn tasks(&self, split: Split) -> Result<Arc<dyn TaskSet>, DomainError> {
        let split = if self.flaw == Flaw::TrainsOnHeldOut { Split::Train } else { split };
        let tasks = self.toy.tasks(split)?;
        let call = self.calls.fetch_add(1, Ordering::SeqCst);
        Ok(if self.flaw == Flaw::RenamesTasks { Arc::new(Renamed(tasks, call)) } else { tasks })
    }

    fn renderer(&self) -> &dyn Renderer {
        self
    }

    fn detectors(&self) -> &[Box<dyn DefectDetector>] {
        let flawed = [Flaw::UnnamedDetector, Flaw::FickleDetector].contains(&self.flaw);
        if flawed { &self.detectors } else { self.toy.detectors() }
    }

    fn mapper(&self) -> &dyn RegionMapper {
        self
    }

    fn reward(&self) -> &dyn Reward {
        self
    }

    fn program(&self, response: &str) -> Option<Span> {
        let span = self.toy.program(response)?;
        Some(if self.flaw == Flaw::FindsHalfPrograms { Span::new(span.start, span.end / 2) } else { span })
    }

    fn perturb(&self, program: &str, strength: usize, random: &mut Random) -> Option<Perturbed> {
        let mut worse = self.toy.perturb(program, strength, random)?;
        match self.flaw {
            Flaw::WrongEdits => worse.program += "rect 0 0 1 1 #000\n",
            Flaw::InvisibleEdits => {
                worse.edits.truncate(1);
                worse.edits[0].replacement = worse.edits[0].span.slice(program)?.replace(' ', "  ");
                worse.program = program.to_owned();
                let Span { start, end } = worse.edits[0].span;
                worse.program.replace_range(start..end, &worse.edits[0].replacement);
            }
            _ => {}
        }
        Some(worse)
    }

    fn doctor(&self) -> Vec<Check> {
        let check = Check { name: "tool".into(), ok: false, found: String::new(), help: String::new() };
        if self.flaw == Flaw::HelplessDoctor { vec![check] } else { Vec::new() }
    }
}

struct Renamed(Arc<dyn TaskSet>, u64);

impl TaskSet for Renamed {
    fn len(&self) -> usize {
        self.0.len()
    }

    fn get(&self, index: usize) -> Result<Arc<Task>, DomainError> {
        let mut task = (*self.0.get(index)?).clone();
        task.id += &self.1.to_string();
        Ok(Arc::new(task))
    }
}

impl Renderer for Broken {
    fn version(&self) -> String {
        self.toy.version()
    }

    fn render(&self, program: &str, deadline: Duration) -> Result<Render, DomainError> {
        let mut render = self.toy.render(program, deadline)?;
        if self.flaw == Flaw::RaisesOnGarbage && !render.ok() {
            return Err(DomainError::harness("toy", "it does not parse"));
        }
        if let (Flaw::Remembers, Some(image)) = (self.flaw, &mut render.image) {
            Arc::make_mut(image).rgb[0] = self.calls.fetch_add(1, Ordering::SeqCst) as u8;
        }
        Ok(render)
    }
}

impl RegionMapper for Broken {
    fn map(&self, program: &str, render: &Render) -> Vec<Statement> {
        let mut statements = self.toy.map(program, render);
        for statement in &mut statements {
            match self.flaw {
                Flaw::PointsOutside => statement.span.end += program.len(),
                Flaw::Interleaves => statement.span.end = (statement.span.end + 3).min(program.len()),
                _ => {}
            }
        }
        statements
    }
}

impl Reward for Broken {
    fn score(&self, task: &Task, render: &Render) -> Score {
        let mut score = self.toy.score(task, render);
        match self.flaw {
            Flaw::PaysForNothing => score.reward = score.reward.max(0.1),
            Flaw::NeverSatisfied => score.reward *= 0.9,
            Flaw::MisweighsAxes => score.axes[0].weight += 0.5,
            _ => {}
        }
        score
    }
}

struct Flawed {
    flaw: Flaw,
    calls: AtomicU64,
}

impl DefectDetector for Flawed {
    fn name(&self) -> &'static str {
        if self.flaw == Flaw::UnnamedDetector { "overlap" } else { "toy/overlap" }
    }

    fn explain(&self) -> &'static str {
        "# Overlap\n\nTwo things overlap."
    }

    fn detect(&self, _task: &Task, render: &Render) -> Vec<Defect> {
        let call = self.calls.fetch_add(1, Ordering::SeqCst);
        let message =
            if self.flaw == Flaw::FickleDetector { format!("found {call}") } else { "found".into() };
        let (detector, axis) = (self.name().into(), "layout".into());
        vec![Defect {
            detector,
            axis,
            region: render.canvas(),
            severity: 1.0,
            message,
            target: None,
            target_span: None,
        }]
    }
}

#[test]
fn every_flaw_breaks_its_law() {
    for (flaw, law) in [
        (Flaw::RenamesTasks, "tasks are deterministic"),
        (Flaw::TrainsOnHeldOut, "splits are disjoint"),
        (Flaw::FindsHalfPrograms, "programs are found in responses"),
        (Flaw::Remembers, "rendering is a function"),
        (Flaw::RaisesOnGarbage, "bad programs are faults"),
        (Flaw::PaysForNothing, "bad programs are faults"),
        (Flaw::PointsOutside, "statements lie in the program"),
        (Flaw::Interleaves, "statements lie in the program"),
        (Flaw::NeverSatisfied, "references score full"),
        (Flaw::MisweighsAxes, "scores are consistent"),
        (Flaw::UnnamedDetector, "detectors are named and explained"),
        (Flaw::FickleDetector, "detectors are pure"),
        (Flaw::WrongEdits, "perturbations are edits"),
        (Flaw::InvisibleEdits, "perturbations are noticed"),
        (Flaw::HelplessDoctor, "doctor is repeatable"),
    ] {
        let domain = Broken::new(flaw);
        let (_, check) = ALL.iter().find(|(name, _)| *name == law).unwrap();
        assert!(check(&domain).is_err(), "{flaw:?} does not break the law `{law}`");
    }
}

#[test]
#[should_panic(expected = "breaks 1 laws:\n  doctor is repeatable: check `tool` fails")]
fn check_names_the_broken_laws() {
    super::check(&Broken::new(Flaw::HelplessDoctor));
}
