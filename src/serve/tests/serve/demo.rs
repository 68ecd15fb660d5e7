//! Made-up runs for tests and for working on the page: every kind of record, pictures, and texts that try to be markup.

use std::{collections::BTreeMap, path::Path};

use galley_core::{Axis, Defect, Image, Region, Span, Split, Statement, StatementCredit};
use galley_store::{
    EvalRecord, Numbers, RunStatus, RunWriter, SampleRecord, StartRecord, TopToken, WriterOptions,
    eval_set_hash,
};

/// Text that shows itself in a page where it is not escaped.
pub const HOSTILE: &str =
    "<img src=x onerror=\"document.title='taken'\"><script>document.title='taken'</script>";
pub const TASKS: usize = 24;

const RECIPE: &str = "name = \"demo\"  # demo.toml:1\nseed = 1  # default\n\n[train]\nlr = 3e-4  # command line train.lr=3e-4\n\
                      steps = 40  # demo.toml:4\nprompts = 8  # default\n\n[objective.visual-sdpo]\nbeta = 0.3  # demo.toml:7\n";

pub fn start(name: &str, seed: u64) -> StartRecord {
    StartRecord {
        name: name.into(),
        recipe: RECIPE.replace("3e-4", if seed.is_multiple_of(2) { "1e-3" } else { "3e-4" }),
        git_commit: Some("4f1c2ab90d".into()),
        git_diff: Some(
            "--- a/src/x.rs\n+++ b/src/x.rs\n@@ -1 +1 @@\n-let a = 1;\n+let a = \"<b>2</b>\";\n".into(),
        ),
        environment: [("device", "cpu"), ("galley", "0.1.0"), ("threads", "2")]
            .map(|(k, v)| (k.into(), v.into()))
            .into(),
        seed,
        objective: "visual-sdpo".into(),
        domain: "web".into(),
        primary_metric: "design2code".into(),
        steps: Some(40),
        tags: [("experiment", "ladder"), ("stage", "visual-sdpo")].map(|(k, v)| (k.into(), v.into())).into(),
        ..StartRecord::default()
    }
}

/// A finished run with curves, three evaluations and a sample of every task at each. `skill` moves its results.
pub fn finished(runs: &Path, start: StartRecord, skill: f64) -> String {
    let writer = RunWriter::create(runs, start, WriterOptions::default()).unwrap();
    for step in 1..=40u64 {
        writer.metrics(step, metrics(step, skill)).unwrap();
        if step.is_multiple_of(20) || step == 1 {
            evaluate(&writer, step, skill);
        }
    }
    writer.alarm(17, "entropy-collapse", "entropy fell below 0.3 nats").unwrap();
    writer.note("the teacher was slow today").unwrap();
    let id = writer.id().to_owned();
    writer.finish(RunStatus::Finished, "").unwrap();
    id
}

pub fn metrics(step: u64, skill: f64) -> Numbers {
    let t = step as f64;
    let wave = (t * 1.7).sin() * 0.04;
    Numbers::from([
        ("loss".into(), 2.4 * (-t / 18.0).exp() + 0.3 + wave),
        ("kl".into(), 0.9 * (-t / 12.0).exp() + 0.05 + wave.abs()),
        ("entropy".into(), 1.4 - t * 0.02 + wave),
        ("reward".into(), 0.3 + skill + t * 0.006 + wave),
        ("grad-norm".into(), 3.0 + (t * 2.3).cos()),
        ("rollouts".into(), t * 64.0),
        ("tokens".into(), t * 64.0 * 180.0),
        ("time/rollout".into(), 1.4 + wave),
        ("time/render".into(), 0.6),
        ("time/teacher".into(), 0.5),
        ("time/update".into(), 0.9),
    ])
}

fn evaluate(writer: &RunWriter, step: u64, skill: f64) {
    let mut results = BTreeMap::new();
    for task in 0..TASKS {
        let sample = sample(writer, task, step, skill);
        results.insert(sample.task.clone(), sample.score.clone());
        writer.sample(&sample).unwrap();
    }
    let set = eval_set_hash("demo", results.keys().map(String::as_str));
    writer.eval(&EvalRecord::new("visual-sdpo", step, set, "design2code", results)).unwrap();
}

/// One judged page: a header, a card, a button; where each stands depends on step and skill.
fn sample(writer: &RunWriter, task: usize, step: u64, skill: f64) -> SampleRecord {
    let miss = ((task * 7 % 11) as f64 / 11.0 - skill) * (1.0 - step as f64 / 60.0);
    let miss = miss.clamp(0.0, 1.0);
    let shift = (miss * 60.0) as u32;
    let hue = [(task * 40 % 200) as u8 + 30, 90, 160];
    let target = writer.put_image(&page(0, hue, hue)).unwrap();
    let render = writer.put_image(&page(shift, hue, if miss > 0.4 { [200, 60, 60] } else { hue })).unwrap();
    let width = 200 - shift;
    let response = format!(
        "<body style=\"margin:0;background:#fafafa\">\n  <header style=\"background:#2a5aa0;height:36px\">Tickets — “late”</header>\n  \
         <div class=\"card\" style=\"width:{width}px;color:#222\">\n    <p>Nine seats are left. {HOSTILE}</p>\n    <button>Buy</button>\n  </div>\n</body>\n"
    );
    let statements = statements(&response, shift);
    let defects = defects(shift, miss);
    let credit = statements.iter().enumerate().map(|(index, _)| credit(index, miss)).collect::<Vec<_>>();
    let tokens = tokens(&response);
    let inner = |at: usize| {
        let containing = (0..statements.len()).filter(|&index| statements[index].span.contains(at));
        containing.min_by_key(|&index| statements[index].span.len())
    };
    let weights: Vec<f32> = tokens
        .iter()
        .map(|token| inner(token.start).map_or(1.0, |index| credit[index].weight as f32))
        .collect();
    let kl: Vec<f32> = weights
        .iter()
        .enumerate()
        .map(|(t, w)| (w - 1.0) * 0.4 + ((t * 37 % 17) as f32 / 17.0).powi(6))
        .collect();
    let tops = |teacher: bool| {
        tokens.iter().enumerate().map(|(t, token)| tops(&response, *token, t, teacher)).collect()
    };
    let score = 1.0 - miss * 0.7;
    SampleRecord {
        step,
        stage: "eval-visual-sdpo".into(),
        task: format!("tickets-{task:02}"),
        split: Split::HeldOut,
        reward: score,
        finish: "stop".into(),
        program: Span::new(0, response.len()),
        score: Numbers::from([
            ("design2code".into(), score),
            ("reward".into(), score),
            ("executed".into(), 1.0),
        ]),
        axes: ["block", "text", "position", "color"].map(|name| axis(name, miss)).into(),
        student_top: tops(false),
        teacher_top: tops(true),
        response,
        defects,
        statements,
        credit,
        tokens,
        weights,
        kl,
        media: [("target".to_owned(), target), ("render".to_owned(), render)].into(),
        ..SampleRecord::default()
    }
}

fn axis(name: &str, miss: f64) -> Axis {
    let value = match name {
        "text" => 1.0,
        "color" => 1.0 - miss * 0.9,
        _ => 1.0 - miss * 0.6,
    };
    Axis { name: name.into(), value, satisfied: value > 0.9, weight: 0.25 }
}

fn page(shift: u32, bar: [u8; 3], button: [u8; 3]) -> Image {
    let (width, height) = (480, 300);
    let mut rgb = vec![250; (width * height * 3) as usize];
    let mut fill = |x0: u32, y0: u32, x1: u32, y1: u32, colour: [u8; 3]| {
        for y in y0..y1.min(height) {
            for x in x0..x1.min(width) {
                let at = ((y * width + x) * 3) as usize;
                rgb[at..at + 3].copy_from_slice(&colour);
            }
        }
    };
    fill(0, 0, width, 40, bar);
    fill(30, 70, 330 - shift, 240, [255, 255, 255]);
    fill(30, 70, 330 - shift, 72, [210, 210, 210]);
    for line in 0..4 {
        fill(46, 92 + line * 18, 270 - shift - line * 20, 98 + line * 18, [120, 124, 130]);
    }
    fill(46, 190, 130, 218, button);
    Image::new(width, height, rgb)
}

fn statements(response: &str, shift: u32) -> Vec<Statement> {
    let span = |from: &str, to: &str| {
        let start = response.find(from).unwrap();
        Span::new(start, start + response[start..].find(to).unwrap() + to.len())
    };
    let region = |x, y, width, height| vec![Region::new(x, y, width, height)];
    let card = 300.0 - f64::from(shift);
    let one =
        |span, kind: &str, regions| Statement { span, kind: kind.into(), regions, ..Statement::default() };
    vec![
        one(span("<body", "</body>"), "body", region(0.0, 0.0, 480.0, 300.0)),
        one(span("<header", "</header>"), "header", region(0.0, 0.0, 480.0, 40.0)),
        one(span("<div", "</div>"), "div", region(30.0, 70.0, card, 170.0)),
        one(span("width:", "px"), "width", region(30.0, 70.0, card, 170.0)),
        one(span("<p>", "</p>"), "p", region(46.0, 92.0, 224.0, 60.0)),
        one(span("<button", "</button>"), "button", region(46.0, 190.0, 84.0, 28.0)),
    ]
}

fn defects(shift: u32, miss: f64) -> Vec<Defect> {
    let defect =
        |detector: &str, axis: &str, region, severity, message: String, target: Option<&str>| Defect {
            detector: detector.into(),
            axis: axis.into(),
            region,
            severity,
            message,
            target: target.map(str::to_owned),
            target_span: None,
        };
    let card = Region::new(30.0, 70.0, 300.0 - f64::from(shift), 170.0);
    let mut defects = vec![defect(
        "web/block-mismatch",
        "block",
        card,
        f64::from(u8::from(shift > 3)),
        format!("`div` \"Nine seats\": {shift} px too narrow {HOSTILE}"),
        Some("div width:200px"),
    )];
    if miss > 0.4 {
        let button = Region::new(46.0, 190.0, 84.0, 28.0);
        defects.push(defect(
            "web/color-mismatch",
            "color",
            button,
            1.0,
            "`button` is #c83c3c, should be #5a6aa0".into(),
            None,
        ));
    }
    defects
}

fn credit(index: usize, miss: f64) -> StatementCredit {
    let (responsibility, defect) = match index {
        3 => (miss, Some(0)),
        2 => (miss * 0.5, Some(0)),
        5 if miss > 0.4 => (1.0, Some(1)),
        _ => (0.0, None),
    };
    StatementCredit { responsibility, weight: 1.0 + responsibility, defect }
}

/// Words, marks and spaces, cut like a tokenizer does.
fn tokens(text: &str) -> Vec<Span> {
    let mut cuts: Vec<usize> = vec![0];
    let mut last = ' ';
    for (at, c) in text.char_indices() {
        let word = |c: char| c.is_alphanumeric();
        if at > 0 && !(word(c) && (word(last) || last == ' ')) {
            cuts.push(at);
        }
        last = c;
    }
    cuts.push(text.len());
    cuts.windows(2).map(|pair| Span::new(pair[0], pair[1])).collect()
}

fn tops(text: &str, token: Span, t: usize, teacher: bool) -> Vec<TopToken> {
    let own = token.slice(text).unwrap_or_default();
    let sure = if teacher { 0.9 } else { 0.45 + 0.5 * ((t * 31 % 13) as f32 / 13.0) };
    let others = ["div", " color", "px", "</", HOSTILE];
    let mut list = vec![TopToken::new(own, sure.ln())];
    list.extend(
        (0..3).map(|k| TopToken::new(others[(t + k) % others.len()], ((1.0 - sure) / (k + 2) as f32).ln())),
    );
    list
}

/// A small finished run for long lists.
pub fn small(runs: &Path, index: u64) {
    let start = StartRecord {
        name: format!("sweep-{index:04}"),
        recipe: String::new(),
        seed: index % 5,
        objective: ["visual-sdpo", "grpo", "opsd", "sft"][(index % 4) as usize].into(),
        domain: ["web", "toy"][(index % 2) as usize].into(),
        primary_metric: "design2code".into(),
        steps: Some(100),
        ..StartRecord::default()
    };
    let writer = RunWriter::create(runs, start, WriterOptions::default()).unwrap();
    for step in [1, 50, 100] {
        let value = (index * 37 % 101) as f64 / 101.0 * (0.5 + step as f64 / 200.0);
        writer
            .metrics(step, Numbers::from([("loss".into(), 2.0 - value), ("reward".into(), value)]))
            .unwrap();
        let results = BTreeMap::from([("t".to_owned(), Numbers::from([("design2code".into(), value)]))]);
        writer.eval(&EvalRecord::new("train", step, "set", "design2code", results)).unwrap();
    }
    writer
        .finish(if index.is_multiple_of(17) { RunStatus::Failed } else { RunStatus::Finished }, "")
        .unwrap();
}
