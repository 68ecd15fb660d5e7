//! One judged rollout, with everything that explains its reward and its credit.

use std::collections::BTreeMap;

use galley_core::{Assessment, Axis, Credit, Defect, Fault, Span, Split, Statement, StatementCredit};
use serde::{Deserialize, Serialize};

use crate::{Numbers, compact, numbers};

/// A rollout. Spans of tokens and of the program are bytes of the response; spans of statements count from the start
/// of the program.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SampleRecord {
    pub step: u64,
    /// The training stage or the evaluation that sampled it.
    pub stage: String,
    pub task: String,
    /// Index in its group.
    pub sample: u32,
    pub split: Split,
    #[serde(with = "numbers::one")]
    pub reward: f64,
    #[serde(with = "numbers::maybe")]
    pub advantage: Option<f64>,
    /// Why sampling ended: `stop`, `length`, ….
    pub finish: String,
    pub response: String,
    pub program: Span,
    /// Every number of the score by name.
    #[serde(with = "numbers::map")]
    pub score: Numbers,
    pub axes: Vec<Axis>,
    pub defects: Vec<Defect>,
    pub faults: Vec<Fault>,
    pub statements: Vec<Statement>,
    /// One per statement.
    pub credit: Vec<StatementCredit>,
    #[serde(with = "compact::spans")]
    pub tokens: Vec<Span>,
    /// One per token, or empty.
    #[serde(with = "compact::runs")]
    pub weights: Vec<f32>,
    /// KL to the teacher, one per token, or empty; kept with four significant digits.
    #[serde(with = "compact::rounded")]
    pub kl: Vec<f32>,
    /// The student's most likely tokens at each place, most likely first; one list per token, or empty.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub student_top: Vec<Vec<TopToken>>,
    /// The teacher's, likewise.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub teacher_top: Vec<Vec<TopToken>>,
    /// Pictures and texts in the media store by role: `target`, `render`, `final`, ….
    pub media: BTreeMap<String, String>,
}

/// A token that a distribution finds likely: its text (replacement characters where it cuts a character) and the
/// natural logarithm of its probability. Written as `[text, log-probability]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TopToken(pub String, #[serde(with = "numbers::one")] pub f64);

impl TopToken {
    /// Kept to a thousandth of a nat: it is for looking at.
    pub fn new(text: impl Into<String>, log_prob: f32) -> Self {
        Self(text.into(), (f64::from(log_prob) * 1e3).round() / 1e3)
    }
}

impl Default for SampleRecord {
    fn default() -> Self {
        Self {
            step: 0,
            stage: String::new(),
            task: String::new(),
            sample: 0,
            split: Split::Train,
            reward: 0.0,
            advantage: None,
            finish: String::new(),
            response: String::new(),
            program: Span::new(0, 0),
            score: Numbers::new(),
            axes: Vec::new(),
            defects: Vec::new(),
            faults: Vec::new(),
            statements: Vec::new(),
            credit: Vec::new(),
            tokens: Vec::new(),
            weights: Vec::new(),
            kl: Vec::new(),
            student_top: Vec::new(),
            teacher_top: Vec::new(),
            media: BTreeMap::new(),
        }
    }
}

impl SampleRecord {
    /// `<stage>/<step>/<task>/<sample>`: unique in a run, stable over resumes.
    pub fn id(&self) -> String {
        sample_id(&self.stage, self.step, &self.task, self.sample)
    }

    /// Takes over everything that an assessment and its credit say.
    #[must_use]
    pub fn with_assessment(self, assessment: &Assessment, credit: &Credit) -> Self {
        Self {
            program: assessment.program,
            reward: assessment.score.reward,
            score: assessment.score.numbers(),
            axes: assessment.score.axes.clone(),
            defects: assessment.defects.clone(),
            faults: assessment.render.faults.clone(),
            statements: assessment.statements.clone(),
            credit: credit.statements.clone(),
            weights: credit.weights.clone(),
            ..self
        }
    }

    /// The text of token `index`, replacement characters where it cuts a character.
    pub fn token_text(&self, index: usize) -> String {
        let bytes =
            self.tokens.get(index).and_then(|span| self.response.as_bytes().get(span.start..span.end));
        String::from_utf8_lossy(bytes.unwrap_or_default()).into_owned()
    }

    /// The program inside the response, empty where there is none.
    pub fn program_text(&self) -> &str {
        self.program.slice(&self.response).unwrap_or_default()
    }

    /// JSON has no NaN: in the geometry and the axes a number that is none becomes 0. `score` keeps the axes' true
    /// values.
    pub(crate) fn finite(&self) -> Option<Self> {
        let regions = |statements: &[Statement]| {
            statements.iter().flat_map(|statement| &statement.regions).all(|region| finite_region(*region))
        };
        let fine = self.axes.iter().all(|axis| axis.value.is_finite() && axis.weight.is_finite())
            && self.defects.iter().all(|d| d.severity.is_finite() && finite_region(d.region))
            && self.credit.iter().all(|c| c.responsibility.is_finite() && c.weight.is_finite())
            && regions(&self.statements);
        if fine {
            return None;
        }
        let mut copy = self.clone();
        for axis in &mut copy.axes {
            zero([&mut axis.value, &mut axis.weight]);
        }
        for credit in &mut copy.credit {
            zero([&mut credit.responsibility, &mut credit.weight]);
        }
        for defect in &mut copy.defects {
            zero([&mut defect.severity]);
        }
        let of_defects = copy.defects.iter_mut().map(|defect| &mut defect.region);
        for region in of_defects.chain(copy.statements.iter_mut().flat_map(|s| &mut s.regions)) {
            zero([&mut region.x, &mut region.y, &mut region.width, &mut region.height]);
        }
        Some(copy)
    }
}

fn finite_region(region: galley_core::Region) -> bool {
    [region.x, region.y, region.width, region.height].iter().all(|value| value.is_finite())
}

fn zero<const N: usize>(values: [&mut f64; N]) {
    for value in values.into_iter().filter(|value| !value.is_finite()) {
        *value = 0.0;
    }
}

fn sample_id(stage: &str, step: u64, task: &str, sample: u32) -> String {
    format!("{stage}/{step}/{task}/{sample}")
}

/// What lists of samples show, read without decoding the rest.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SampleHead {
    pub step: u64,
    pub stage: String,
    pub task: String,
    pub sample: u32,
    #[serde(with = "numbers::one")]
    pub reward: f64,
    #[serde(with = "numbers::map")]
    pub score: Numbers,
    pub media: BTreeMap<String, String>,
}

impl SampleHead {
    /// The same as [`SampleRecord::id`].
    pub fn id(&self) -> String {
        sample_id(&self.stage, self.step, &self.task, self.sample)
    }
}
