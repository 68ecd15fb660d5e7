//! Privileged context v: what the teacher is told about the student's own attempt (Visual-SDPO §2.2).

use galley_core::{Assessment, Defect, Domain, Part, Prompt, Span, Task};

use crate::recipe::{Channel, MessageStyle, TeacherConfig};

/// How much is said around the facts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wording {
    /// Full sentences, for instruct models.
    Sentences,
    /// The bare facts, for tiny models.
    Terse,
}

/// The student's prompt followed by v. The attempt's code is *not* part of it: it is the continuation that is scored.
///
/// A rollout that rendered shows its picture, rubric and messages; a failed one its error instead. Channels that are
/// switched off are left out; with all of them off this is the student's prompt.
pub fn privileged_prompt(
    domain: &dyn Domain,
    task: &Task,
    assessment: &Assessment,
    config: &TeacherConfig,
    wording: Wording,
) -> Prompt {
    let on = |channel| config.channels.contains(&channel);
    let mut prompt = task.prompt.clone();
    if on(Channel::Image)
        && let Some(image) = &assessment.render.image
    {
        sentence(&mut prompt, wording, "\nThis is how your program looks when it is rendered:\n");
        prompt.parts.push(Part::Image(image.clone()));
    }
    let said = report(domain, task, assessment, config, wording);
    if !said.is_empty() {
        sentence(&mut prompt, wording, "\nA renderer and its checks report:\n");
    }
    // Each report is a text part of its own: tokens never straddle two, so a quotation is tokenised like the program.
    prompt.parts.extend(said.into_iter().map(Part::Text));
    sentence(&mut prompt, wording, "\nWrite the corrected program.");
    prompt
}

/// The texts of v in order; empty ones are left out.
fn report(
    domain: &dyn Domain,
    task: &Task,
    assessment: &Assessment,
    config: &TeacherConfig,
    wording: Wording,
) -> Vec<String> {
    let on = |channel| config.channels.contains(&channel);
    let mut said = Vec::new();
    if !assessment.render.ok() {
        if on(Channel::Traceback) {
            said.push(shortened(&traceback(assessment, wording), config.max_context_tokens * 2));
        }
    } else {
        if on(Channel::Rubric) {
            said.push(rubric(assessment, wording));
        }
        if on(Channel::Messages) {
            let text = messages(domain, task, assessment, config.message_style);
            said.push(shortened(&text, config.max_context_tokens * 4));
        }
    }
    said.retain(|text| !text.is_empty());
    if wording == Wording::Sentences {
        said.iter_mut().skip(1).for_each(|text| text.insert(0, '\n'));
    }
    said
}

/// The student's prompt followed by the reference program: the context of OPSD.
pub fn reference_prompt(task: &Task, program: &str, wording: Wording) -> Prompt {
    let mut prompt = task.prompt.clone();
    sentence(&mut prompt, wording, "\nThis is a reference solution:\n");
    prompt.parts.push(Part::Text(program.to_owned()));
    prompt
}

fn sentence(prompt: &mut Prompt, wording: Wording, text: &str) {
    if wording == Wording::Sentences {
        prompt.parts.push(Part::Text(text.to_owned()));
    }
}

fn rubric(assessment: &Assessment, wording: Wording) -> String {
    let axes = &assessment.score.axes;
    match wording {
        Wording::Sentences => {
            let rows: Vec<String> =
                axes.iter().map(|axis| format!("\"{}\": {}", axis.name, u8::from(axis.satisfied))).collect();
            format!("{{{}}}", rows.join(", "))
        }
        Wording::Terse => {
            let bad: Vec<&str> =
                axes.iter().filter(|axis| !axis.satisfied).map(|axis| axis.name.as_str()).collect();
            bad.join(" ")
        }
    }
}

fn traceback(assessment: &Assessment, wording: Wording) -> String {
    let faults: Vec<&str> = assessment.render.faults.iter().map(|fault| fault.message.as_str()).collect();
    match wording {
        Wording::Sentences => faults.join("\n"),
        // A tiny model reads one familiar word per kind of error; places in the text mean nothing to it.
        Wording::Terse => "error".to_owned(),
    }
}

fn messages(domain: &dyn Domain, task: &Task, assessment: &Assessment, style: MessageStyle) -> String {
    let signed = || {
        let serious = in_program_order(assessment).into_iter().filter(|defect| defect.severity > 0.0);
        serious.map(|defect| defect.message.as_str()).collect::<Vec<_>>().join("\n")
    };
    let target = || correction(domain, task, assessment).unwrap_or_else(|| quoted(assessment));
    match style {
        MessageStyle::Target => target(),
        MessageStyle::Signed => signed(),
        MessageStyle::Both => [signed(), target()].join("\n"),
    }
}

/// Defects in the order in which the target program says what they quote; those that quote nothing come last.
fn in_program_order(assessment: &Assessment) -> Vec<&Defect> {
    let mut defects: Vec<&Defect> = assessment.defects.iter().collect();
    defects.sort_by_key(|defect| defect.target_span.map_or(usize::MAX, |span| span.start));
    defects
}

/// The reference program with everything elided that the attempt already has right, so that its layout is the same
/// whatever is wrong; `None` without a reference, or for a domain that names no values.
fn correction(domain: &dyn Domain, task: &Task, assessment: &Assessment) -> Option<String> {
    let program = domain.reference_program(task)?;
    let values = domain.values(program);
    if values.is_empty() {
        return None;
    }
    Some(elided(program, &values, |value| is_wrong(assessment, value)))
}

/// Whether a defect quotes this place of the reference program.
fn is_wrong(assessment: &Assessment, value: Span) -> bool {
    let wrong = assessment.defects.iter().filter_map(|defect| defect.target_span);
    wrong.into_iter().any(|span| span.encloses(value) || value.encloses(span))
}

/// Which values of the reference program the attempt has right, in their order; none of them where the program failed.
/// Empty without a reference, or for a domain that names no values.
pub fn right_values(domain: &dyn Domain, task: &Task, assessment: &Assessment) -> Vec<bool> {
    let Some(program) = domain.reference_program(task) else { return Vec::new() };
    let values = domain.values(program);
    values.into_iter().map(|value| assessment.render.ok() && !is_wrong(assessment, value)).collect()
}

/// `program` with a full stop in place of every value that is not to be shown.
pub fn elided(program: &str, values: &[Span], shown: impl Fn(Span) -> bool) -> String {
    let mut text = String::with_capacity(program.len());
    let mut at = 0;
    for value in values.iter().filter(|value| !shown(**value)) {
        text.push_str(program.get(at..value.start).unwrap_or_default());
        text.push('.');
        at = value.end;
    }
    text.push_str(program.get(at..).unwrap_or_default());
    text
}

fn quoted(assessment: &Assessment) -> String {
    let targets = in_program_order(assessment).into_iter().filter_map(|defect| defect.target.as_deref());
    targets.collect::<Vec<_>>().join("\n")
}

/// Cuts the middle out of a text that is longer than `limit` bytes: the head says what, the tail says where.
fn shortened(text: &str, limit: usize) -> String {
    if text.len() <= limit {
        return text.to_owned();
    }
    let head = text.floor_char_boundary(limit / 2);
    let tail = text.ceil_char_boundary(text.len() - limit / 2);
    format!("{} … {}", &text[..head], &text[tail..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_correction_shows_wrong_values_and_elides_right_ones() {
        let program = "a{color:#abc;width:5%}";
        let values = [Span::new(8, 12), Span::new(19, 21)];
        assert_eq!(elided(program, &values, |value| value.start == 19), "a{color:.;width:5%}");
    }

    #[test]
    fn long_feedback_loses_its_middle() {
        let text = format!("HEAD{}TAIL", "x".repeat(1000));
        let short = shortened(&text, 40);
        assert!(short.starts_with("HEAD") && short.ends_with("TAIL") && short.len() < 60, "{short}");
        assert_eq!(shortened("äöü", 6), "äöü");
    }
}
