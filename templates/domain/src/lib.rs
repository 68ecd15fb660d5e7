//! {{name}}: programs of `band #rgb` lines, painted from the top of a canvas. Replace the language by your own and keep
//! the law test at the bottom. `Domain` has further, optional parts that this file leaves out: `perturb`, `doctor`.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use galley_core::{
    Axis, Defect, DefectDetector, Domain, DomainEntry, DomainError, Element, Fault, FaultKind, Image, Part,
    Prompt, Random, Reference, Region, RegionMapper, Render, Renderer, Reward, Score, Span, Split, Statement,
    Task, TaskSet,
};

/// How recipes find it: `[domain] name = "{{name}}"`, settings in `[domain.{{name}}]`.
pub const ENTRY: DomainEntry = DomainEntry {
    name: "{{name}}",
    summary: "bands of colour on a canvas",
    defaults: || serde_json::json!({"tasks": 256}),
    build: |config, context| match config["tasks"].as_u64() {
        Some(n @ 4..=4096) => {
            Ok(Box::new(Bands { tasks: n as usize, seed: context.seed, detectors: (ENTRY.detectors)() }))
        }
        _ => Err(DomainError::setup("domain.{{name}}.tasks", "write a number from 4 to 4096")),
    },
    detectors: || vec![Box::new(Mismatch)],
};

struct Bands {
    /// For training; a quarter as many are held out.
    tasks: usize,
    seed: u64,
    detectors: Vec<Box<dyn DefectDetector>>,
}

#[rustfmt::skip]
impl Domain for Bands {
    fn name(&self) -> &'static str { ENTRY.name }
    fn renderer(&self) -> &dyn Renderer { self }
    fn detectors(&self) -> &[Box<dyn DefectDetector>] { &self.detectors }
    fn mapper(&self) -> &dyn RegionMapper { self }
    fn reward(&self) -> &dyn Reward { self }
    fn program(&self, response: &str) -> Option<Span> { Some(Span::new(0, response.trim_end().len())) }

    /// The number of bands tells the splits apart; the index, in base 4, is part of the colours, so no task comes twice.
    fn tasks(&self, split: Split) -> Result<Arc<dyn TaskSet>, DomainError> {
        let (bands, count) = if split == Split::Train { (6, self.tasks) } else { (5, self.tasks / 4) };
        let task = |index: usize| {
            let mut random = Random::new(self.seed).named(ENTRY.name).at(index as u64);
            let band = |at: usize| format!("band #{:x}{:02x}\n", (index >> (2 * at)) % 4, random.below(256));
            let program: String = (0..bands).map(band).collect();
            let render = Arc::new(self.render(&program, Duration::MAX)?);
            let picture = render.image.clone().map(Part::Image).into_iter();
            let prompt = Prompt { parts: picture.chain([Part::Text("Paint this.".into())]).collect() };
            let reference = Some(Reference { program: Some(program), render });
            Ok(Arc::new(Task { id: format!("{split:?}-{index}"), prompt, reference, labels: BTreeMap::new() }))
        };
        Ok(Arc::new(Tasks((0..count).map(task).collect::<Result<_, DomainError>>()?)))
    }
}

struct Tasks(Vec<Arc<Task>>);

#[rustfmt::skip]
impl TaskSet for Tasks {
    fn len(&self) -> usize { self.0.len() }
    fn get(&self, index: usize) -> Result<Arc<Task>, DomainError> { Ok(self.0[index].clone()) }
}

impl Renderer for Bands {
    fn version(&self) -> String {
        "{{name}} 1".into()
    }

    fn render(&self, program: &str, _deadline: Duration) -> Result<Render, DomainError> {
        let (mut elements, mut rgb, mut at) = (Vec::new(), Vec::new(), 0);
        for line in program.split_inclusive('\n') {
            let span = Span::new(at, at + line.trim_end().len());
            at += line.len();
            let digits = line.trim_end().strip_prefix("band #").filter(|digits| digits.len() == 3);
            let colour = digits.and_then(|digits| u16::from_str_radix(digits, 16).ok());
            let (Some(colour), 0..8) = (colour, elements.len()) else {
                let fault = Fault::new(FaultKind::Syntax, "expected up to 8 lines `band #rgb`");
                return Ok(Render::failed(fault.at(span)));
            };
            let pixel = [colour >> 8, colour >> 4, colour].map(|digit| (digit & 15) as u8 * 17);
            rgb.extend(pixel.repeat(64 * 8));
            elements.push(Element {
                parent: None,
                kind: "band".into(),
                span: Some(span),
                region: Region::new(0.0, 8.0 * elements.len() as f64, 64.0, 8.0),
                text: String::new(),
                text_region: None,
                style: BTreeMap::from([("color".into(), format!("#{colour:03x}"))]),
            });
        }
        if elements.is_empty() {
            return Ok(Render::failed(Fault::new(FaultKind::Blank, "nothing is painted")));
        }
        rgb.resize(64 * 64 * 3, 255);
        Ok(Render { image: Some(Arc::new(Image::new(64, 64, rgb))), elements, faults: Vec::new() })
    }
}

impl RegionMapper for Bands {
    fn map(&self, _program: &str, render: &Render) -> Vec<Statement> {
        let bands = render.elements.iter();
        bands
            .filter_map(|e| {
                Some(Statement {
                    span: e.span?,
                    kind: e.kind.clone(),
                    regions: vec![e.region],
                    ..Statement::default()
                })
            })
            .collect()
    }
}

impl Reward for Bands {
    fn score(&self, task: &Task, render: &Render) -> Score {
        let wanted = task.reference.as_ref().map_or(&[][..], |reference| &reference.render.elements);
        let axis = |(index, want): (usize, &Element)| {
            let same = render.elements.get(index).is_some_and(|drawn| drawn.style == want.style);
            Axis { name: format!("band {}", index + 1), value: f64::from(same), satisfied: same, weight: 1.0 }
        };
        Score::of(render.ok(), wanted.iter().enumerate().map(axis).collect())
    }
}

struct Mismatch;

#[rustfmt::skip]
impl DefectDetector for Mismatch {
    fn name(&self) -> &'static str { "{{name}}/mismatch" }
    fn explain(&self) -> &'static str { "# A band of another colour\n\nCompares bands with the target's, in order." }

    fn detect(&self, task: &Task, render: &Render) -> Vec<Defect> {
        let wanted = task.reference.as_ref().map_or(&[][..], |reference| &reference.render.elements);
        let pairs = wanted.iter().zip(&render.elements).filter(|(want, drawn)| want.style != drawn.style);
        let defect = |(want, drawn): (&Element, &Element)| Defect {
            detector: self.name().into(),
            axis: "color".into(),
            region: drawn.region,
            severity: 1.0,
            message: format!("the band is {}", drawn.style["color"]),
            target: Some(format!("band {}", want.style["color"])), target_span: want.span,
        };
        pairs.map(defect).collect()
    }
}

#[test]
fn it_keeps_the_laws() {
    let context = galley_core::BuildContext { seed: 1, cache: "".into(), workers: 1, similarity: None };
    galley_core::testing::laws::check(&*(ENTRY.build)((ENTRY.defaults)(), &context).unwrap());
}
