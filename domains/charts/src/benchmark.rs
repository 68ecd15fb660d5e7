//! ChartMimic as its authors run it: from a model's response to the averages of the paper's tables.

use std::time::Duration;

use galley_core::DomainError;

use crate::{
    ChartRenderer, Run,
    metrics::{LowLevel, official, sound_scores},
};

/// One sample: `None` where the program does not execute.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Sample {
    pub official: Option<LowLevel>,
    pub sound: Option<LowLevel>,
}

/// Means over all samples in percent; a sample that does not execute counts 0 everywhere.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Averages {
    pub execution: f64,
    pub text: f64,
    pub layout: f64,
    pub r#type: f64,
    pub color: f64,
    /// The mean of the four scores.
    pub average: f64,
}

impl Averages {
    /// Of one score for each sample.
    pub fn of(samples: &[Option<LowLevel>]) -> Self {
        let mean = |value: fn(&LowLevel) -> f64| {
            let sum: f64 = samples.iter().flatten().map(value).sum();
            if samples.is_empty() { 0.0 } else { 100.0 * sum / samples.len() as f64 }
        };
        Self {
            execution: mean(|_| 1.0),
            text: mean(|scores| scores.text.f1),
            layout: mean(|scores| scores.layout.f1),
            r#type: mean(|scores| scores.calls.f1),
            color: mean(|scores| scores.color.f1),
            average: mean(LowLevel::average),
        }
    }
}

/// The code of a response: its first `python` block. `None` without one.
pub fn code_of(response: &str) -> Option<&str> {
    let (_, rest) = response.split_once("```python")?;
    Some(rest.split_once("```")?.0)
}

/// The program that decides whether `code` executes: without anything from the first `plt.savefig(` or `plt.show(` on,
/// and with one save behind it.
pub fn checked(code: &str) -> String {
    format!("{}\nplt.savefig(\"chart.pdf\")", cut(code).trim())
}

/// The program that is scored: the same inside a `try` that swallows what is raised, so that what was drawn before counts.
pub fn direct(code: &str) -> String {
    let body = code.replace('\n', "\n    ");
    format!("try:\n    {}\nexcept Exception as e:\n    pass\nplt.savefig(\"chart.pdf\")", cut(&body).trim())
}

fn cut(code: &str) -> &str {
    let code = code.split("plt.savefig(").next().unwrap_or_default();
    code.split("plt.show(").next().unwrap_or_default()
}

/// Scores code against the run of the golden program. `family` is the chart's (`graph` has a rule of its own).
///
/// # Errors
/// Harness faults of the renderer.
pub fn evaluate(
    renderer: &ChartRenderer,
    code: &str,
    golden: &Run,
    family: &str,
    deadline: Duration,
) -> Result<Sample, DomainError> {
    let executes = renderer.run(&checked(code), deadline)?.records.is_some();
    if !executes {
        return Ok(Sample::default());
    }
    let run = renderer.run(&direct(code), deadline)?;
    let (ours, theirs) = (run.records.unwrap_or_default(), golden.records.clone().unwrap_or_default());
    Ok(Sample {
        official: Some(official(&ours, &theirs, family == "graph")),
        sound: sound_scores(&run.render, &golden.render),
    })
}

#[cfg(test)]
mod tests {
    use galley_measure::chartmimic::Scores;

    use super::*;

    #[test]
    fn the_program_ends_at_the_first_save() {
        let response = "Sure:\n```python\nimport a\nplt.plot(1)\nplt.savefig('x')\nplt.plot(2)\n```\nBye";
        let code = code_of(response).unwrap();
        assert_eq!(checked(code), "import a\nplt.plot(1)\nplt.savefig(\"chart.pdf\")");
        assert_eq!(checked("plt.show()\n"), "\nplt.savefig(\"chart.pdf\")");
        assert_eq!(code_of("```\nx\n```"), None);
        let scored = "try:\n    import a\n    plt.plot(1)\nexcept Exception as e:\n    pass\nplt.savefig(\"chart.pdf\")";
        assert_eq!(direct(code), scored);
    }

    #[test]
    fn a_sample_that_fails_counts_zero_in_every_mean() {
        let full = Scores { precision: 1.0, recall: 1.0, f1: 1.0 };
        let scores = LowLevel { text: full, layout: full, ..LowLevel::default() };
        let averages = Averages::of(&[Some(scores), None]);
        assert_eq!((averages.execution, averages.text, averages.color), (50.0, 50.0, 0.0));
        assert_eq!(averages.average, 25.0);
        assert_eq!(Averages::of(&[]), Averages::default());
    }
}
