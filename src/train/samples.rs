//! Samples for the record: text, tokens, judgement, credit, divergence, pictures.

use std::collections::BTreeMap;

use anyhow::Result;
use galley_core::Split;

use super::{
    build,
    judged::Judged,
    rollout::Rollout,
    session::Session,
    update::{Likeliest, Report},
};
use crate::{
    policy::Policy,
    store::{SampleRecord, TopToken},
};

/// Records the first rollouts of a step, as many as the recipe keeps.
pub fn record_samples(session: &Session, judged: &[Judged], report: &Report) -> Result<()> {
    let mut at = 0;
    for (index, one) in judged.iter().enumerate() {
        let range = at..at + one.rollout.sampled.tokens.len();
        at = range.end;
        if index < session.config.store.samples_per_step {
            let mut record =
                sample_record(session, &one.rollout, build::objective(&session.config).name(), Split::Train)?;
            if let Some(assessment) = &one.rollout.assessment {
                record = record.with_assessment(assessment, &one.credit);
            }
            record.advantage = Some(f64::from(one.advantage));
            record.kl = report.kl.get(range.clone()).map(<[f32]>::to_vec).unwrap_or_default();
            record.student_top = top(&session.policy, report.student_top.get(range.clone()));
            record.teacher_top = top(&session.policy, report.teacher_top.get(range));
            session.writer.sample(&record)?;
        }
    }
    Ok(())
}

/// The likeliest tokens with their texts.
fn top(policy: &Policy, places: Option<&[Likeliest]>) -> Vec<Vec<TopToken>> {
    let stops = policy.stop_tokens();
    let text = |token: u32| match String::from_utf8_lossy(policy.tokenizer().token_bytes(token)) {
        text if text.is_empty() && stops.contains(&token) => "<stop>".to_owned(),
        text => text.into_owned(),
    };
    let place = |all: &Likeliest| all.iter().map(|&(token, log)| TopToken::new(text(token), log)).collect();
    places.unwrap_or_default().iter().map(place).collect()
}

/// The record of a rollout without its judgement: text, tokens and pictures.
pub fn sample_record(
    session: &Session,
    rollout: &Rollout,
    stage: &str,
    split: Split,
) -> Result<SampleRecord> {
    let mut media = BTreeMap::new();
    let target = rollout.task.reference.as_ref().and_then(|reference| reference.render.image.as_ref());
    let render = rollout.assessment.as_ref().and_then(|assessment| assessment.render.image.as_ref());
    for (name, image) in [("target", target), ("render", render)] {
        if let Some(image) = image {
            media.insert(name.to_owned(), session.writer.put_image(image)?);
        }
    }
    Ok(SampleRecord {
        step: session.state.step,
        stage: stage.to_owned(),
        task: rollout.task.id.clone(),
        sample: rollout.sample as u32,
        split,
        response: rollout.response.clone(),
        tokens: rollout.spans.clone(),
        finish: rollout.finish().to_owned(),
        media,
        ..SampleRecord::default()
    })
}
