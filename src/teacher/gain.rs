//! Teacher gain: how much better the reference is predicted when v is in sight (SPEC-objectives §9).

use std::{collections::BTreeMap, sync::Arc};

use galley_core::{Assessment, Domain, Task};

use super::{Wording, privileged_prompt};
use crate::{
    policy::{Policy, PolicyError, Row},
    recipe::{Channel, TeacherConfig},
};

/// A held-out task with the assessment of the student's own rollout on it.
pub struct GainProbe {
    pub task: Arc<Task>,
    pub assessment: Assessment,
}

/// Mean over the probes of log p(reference | x, v) − log p(reference | x), in nats per reference.
#[derive(Clone, Debug, Default)]
pub struct Gain {
    /// With every channel of the recipe.
    pub all: f64,
    /// With one channel alone, by name.
    pub channels: BTreeMap<&'static str, f64>,
    /// Mean of log p(reference | x), the held-out likelihood itself.
    pub plain: f64,
    pub probes: usize,
}

/// References count up to `max_tokens` tokens, the longest that a response may be. Measures `teacher` (the policy, where it has no weights of its own) on the probes that have a reference program; zeros
/// when none has.
///
/// # Errors
/// Those of the policy's forward pass.
pub fn teacher_gain(
    teacher: &Policy,
    domain: &dyn Domain,
    probes: &[GainProbe],
    config: &TeacherConfig,
    wording: Wording,
    max_tokens: usize,
) -> Result<Gain, PolicyError> {
    let known: Vec<&GainProbe> =
        probes.iter().filter(|probe| domain.reference_program(&probe.task).is_some()).collect();
    if known.is_empty() {
        return Ok(Gain::default());
    }
    let mean =
        |config: Option<&TeacherConfig>| mean_log_prob(teacher, domain, &known, config, wording, max_tokens);
    let plain = mean(None)?;
    let mut channels = BTreeMap::new();
    for (name, channel) in
        [("image", Channel::Image), ("rubric", Channel::Rubric), ("messages", Channel::Messages)]
    {
        if config.channels.contains(&channel) {
            let alone = TeacherConfig { channels: vec![channel, Channel::Traceback], ..config.clone() };
            channels.insert(name, mean(Some(&alone))? - plain);
        }
    }
    Ok(Gain { all: mean(Some(config))? - plain, channels, plain, probes: known.len() })
}

fn mean_log_prob(
    teacher: &Policy,
    domain: &dyn Domain,
    probes: &[&GainProbe],
    config: Option<&TeacherConfig>,
    wording: Wording,
    max_tokens: usize,
) -> Result<f64, PolicyError> {
    let mut rows = Vec::with_capacity(probes.len());
    for probe in probes {
        let prompt = match config {
            Some(config) => privileged_prompt(domain, &probe.task, &probe.assessment, config, wording),
            None => probe.task.prompt.clone(),
        };
        let program = domain.reference_program(&probe.task).unwrap_or_default();
        let mut response = teacher.encode_response(program)?;
        response.truncate(max_tokens);
        rows.push(Row { prompt: Arc::new(teacher.encode(&prompt)?), response });
    }
    let sums =
        teacher.log_probs(&rows)?.into_iter().map(|row| row.iter().map(|&p| f64::from(p)).sum::<f64>());
    Ok(sums.sum::<f64>() / probes.len() as f64)
}
