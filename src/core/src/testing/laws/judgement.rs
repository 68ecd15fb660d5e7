//! Laws of detectors, reward and credit.

use std::collections::BTreeSet;

use super::{DEADLINE, ensure, hostile, render, short, with_program, with_reference};
use crate::{Domain, Random, Span, Task, assess, credit};

/// A reference program renders without a fault that matters, earns (nearly) everything, and no detector finds that it
/// differs from itself.
pub fn references_score_full(domain: &dyn Domain) -> Result<(), String> {
    for (task, program) in with_reference(domain)? {
        let drawn = render(domain, &program)?;
        let reward = domain.reward().score(&task, &drawn).reward;
        ensure(reward >= 0.999, || {
            format!("the reference of `{}` earns {reward}: {}", task.id, short(&program))
        })?;
        for detector in domain.detectors() {
            let found = detector.detect(&task, &drawn);
            let mismatch = found.iter().find(|defect| defect.severity >= 1.0 && defect.target.is_some());
            ensure(mismatch.is_none(), || {
                format!("the reference of `{}` differs from itself: {mismatch:?}", task.id)
            })?;
        }
    }
    Ok(())
}

/// Scores are pure; rewards lie in 0..=1, and the weights of the axes sum to 1.
pub fn scores_are_consistent(domain: &dyn Domain) -> Result<(), String> {
    for (task, program) in programs(domain)? {
        let drawn = render(domain, &program)?;
        let score = domain.reward().score(&task, &drawn);
        let case = short(&program);
        ensure(score == domain.reward().score(&task, &drawn), || {
            format!("scored differently twice: {case}")
        })?;
        ensure((0.0..=1.0).contains(&score.reward), || format!("reward {} for {case}", score.reward))?;
        let sum: f64 = score.axes.iter().map(|axis| axis.weight).sum();
        ensure(score.axes.is_empty() || (sum - 1.0).abs() < 1e-6, || {
            format!("axis weights sum to {sum}: {case}")
        })?;
        let finite = score.numbers().into_iter().find(|(_, value)| !value.is_finite());
        ensure(finite.is_none(), || format!("{finite:?} is not finite for {case}"))?;
    }
    Ok(())
}

/// `<domain>/<name>`, no name twice, and an explanation of more than its title.
pub fn detectors_are_named_and_explained(domain: &dyn Domain) -> Result<(), String> {
    let mut names = BTreeSet::new();
    for detector in domain.detectors() {
        let name = detector.name();
        let own = name.strip_prefix(domain.name()).and_then(|rest| rest.strip_prefix('/'));
        ensure(own.is_some_and(|own| !own.is_empty()), || format!("`{name}` is not `{}/…`", domain.name()))?;
        ensure(names.insert(name), || format!("`{name}` is there twice"))?;
        let lines = detector.explain().lines().filter(|line| !line.trim().is_empty()).count();
        ensure(lines >= 2, || format!("`{name}` is not explained"))?;
    }
    Ok(())
}

/// The same task and render give the same defects, with the detector's own name, a message, and a severity in 0..=1.
pub fn detectors_are_pure(domain: &dyn Domain) -> Result<(), String> {
    for (task, program) in programs(domain)? {
        let drawn = render(domain, &program)?;
        for detector in domain.detectors().iter().filter(|_| drawn.ok()) {
            let defects = detector.detect(&task, &drawn);
            let name = detector.name();
            ensure(defects == detector.detect(&task, &drawn), || {
                format!("`{name}` differs the second time")
            })?;
            for defect in defects {
                let fits = defect.detector == name
                    && !defect.message.is_empty()
                    && (0.0..=1.0).contains(&defect.severity)
                    && [defect.region.x, defect.region.y, defect.region.area()]
                        .into_iter()
                        .all(f64::is_finite);
                ensure(fits, || format!("`{name}` gave {defect:?}"))?;
            }
        }
    }
    Ok(())
}

/// One weight per token, between 1 and α, for tokens of any length.
pub fn weights_fit_tokens(domain: &dyn Domain) -> Result<(), String> {
    const ALPHA: f64 = 4.0;
    for (task, program) in programs(domain)? {
        let judged = assess(domain, &task, &program, DEADLINE).map_err(|error| error.to_string())?;
        for width in [1, 3, 7] {
            let tokens: Vec<Span> = (0..program.len())
                .step_by(width)
                .map(|start| Span::new(start, (start + width).min(program.len())))
                .collect();
            let offset = judged.program.start;
            let weights =
                credit(&tokens, &program, offset, &judged.statements, &judged.defects, ALPHA).weights;
            ensure(weights.len() == tokens.len(), || {
                format!("{} weights, {} tokens", weights.len(), tokens.len())
            })?;
            let out = weights.iter().find(|weight| !(1.0..=ALPHA as f32).contains(*weight));
            ensure(out.is_none(), || format!("weight {out:?} for {}", short(&program)))?;
        }
    }
    Ok(())
}

/// Pairs of task and program: the references, worsened ones, the program of another task, and hostile ones.
fn programs(domain: &dyn Domain) -> Result<Vec<(std::sync::Arc<Task>, String)>, String> {
    let references = with_program(domain)?;
    let mut pairs = Vec::new();
    for (index, (task, program)) in references.iter().enumerate() {
        let mut random = Random::new(1).at(index as u64);
        let worse = domain.perturb(program, 2, &mut random).map(|perturbed| perturbed.program);
        let other = references[(index + 1) % references.len()].1.clone();
        pairs.extend(
            [Some(program.clone()), worse, Some(other)]
                .into_iter()
                .flatten()
                .map(|text| (task.clone(), text)),
        );
        if index == 0 {
            let short = hostile(program).into_iter().filter(|text| text.len() < 2_000);
            pairs.extend(short.map(|text| (task.clone(), text)));
        }
    }
    Ok(pairs)
}
