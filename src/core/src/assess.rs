//! The whole judgement of one program: render, defects, statements, score.

use std::time::Duration;

use crate::{Defect, Domain, DomainError, Fault, FaultKind, Render, Score, Span, Statement, Task};

/// Reward, teacher context and credit of a rollout all come from this one evaluation.
#[derive(Clone, Debug, PartialEq)]
pub struct Assessment {
    /// Where the program stands in the response; empty at 0 when there is none.
    pub program: Span,
    pub render: Render,
    pub defects: Vec<Defect>,
    /// Spans count from the start of the *program*.
    pub statements: Vec<Statement>,
    pub score: Score,
}

/// Renders and judges the program in `response`.
///
/// # Errors
/// A harness fault of the renderer or of the reward.
pub fn assess(
    domain: &dyn Domain,
    task: &Task,
    response: &str,
    deadline: Duration,
) -> Result<Assessment, DomainError> {
    let span = domain.program(response);
    let program = span.and_then(|span| span.slice(response)).unwrap_or_default();
    let render = match span {
        Some(_) => domain.renderer().render(program, deadline)?,
        None => Render::failed(Fault::new(FaultKind::NoProgram, "the response holds no program")),
    };
    let defects = if render.ok() {
        domain.detectors().iter().flat_map(|detector| detector.detect(task, &render)).collect()
    } else {
        Vec::new()
    };
    let statements = domain.mapper().map(program, &render);
    let score = domain.reward().try_score_response(task, response, &render)?;
    Ok(Assessment { program: span.unwrap_or(Span::new(0, 0)), render, defects, statements, score })
}
