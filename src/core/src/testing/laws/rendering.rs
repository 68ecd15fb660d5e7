//! Laws of the renderer and the region mapper.

use super::{ensure, hostile, render, short, with_program};
use crate::{Domain, Render, Span, Statement};

/// The same program gives the same bytes: twice, after hostile programs, and from several threads at once.
pub fn rendering_is_a_function(domain: &dyn Domain) -> Result<(), String> {
    let references = with_program(domain)?;
    let mut first = Vec::new();
    for (task, program) in &references {
        let drawn = render(domain, program)?;
        ensure(drawn.ok(), || format!("the reference of `{}` fails: {:?}", task.id, drawn.faults))?;
        ensure(drawn == render(domain, program)?, || {
            format!("`{}` renders differently the second time", task.id)
        })?;
        first.push(drawn);
    }
    for program in references.first().map(|(_, program)| hostile(program)).unwrap_or_default() {
        render(domain, &program)?;
    }
    let again = |offset: usize| {
        for step in 0..references.len() {
            let at = (step + offset) % references.len();
            let (task, program) = &references[at];
            ensure(render(domain, program)? == first[at], || {
                format!("`{}` renders differently after other programs or beside them", task.id)
            })?;
        }
        Ok(())
    };
    again(0)?;
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4).map(|offset| scope.spawn(move || again(offset))).collect();
        threads
            .into_iter()
            .try_for_each(|thread| thread.join().unwrap_or_else(|_| Err("a render panicked".into())))
    })
}

/// Empty, broken, huge and odd programs are data: a render with a fault, or a picture; never an error, and never a
/// reward for a program that failed. An empty program earns nothing.
pub fn bad_programs_are_faults(domain: &dyn Domain) -> Result<(), String> {
    for (task, reference) in with_program(domain)?.into_iter().take(1) {
        for program in hostile(&reference) {
            let drawn = render(domain, &program)?;
            let score = domain.reward().score(&task, &drawn);
            let case = short(&program);
            ensure(drawn.ok() || !drawn.faults.is_empty(), || format!("no picture and no fault for {case}"))?;
            ensure(drawn.ok() == score.executed, || format!("`executed` is {} for {case}", score.executed))?;
            ensure(drawn.ok() || score.reward == 0.0, || {
                format!("a failed program earns {}: {case}", score.reward)
            })?;
            ensure(!program.trim().is_empty() || score.reward == 0.0, || {
                format!("an empty program earns {}", score.reward)
            })?;
            let spans = drawn.faults.iter().filter_map(|fault| fault.span);
            spans.into_iter().try_for_each(|span| inside(span, &program))?;
        }
    }
    Ok(())
}

/// Statements and elements point into the program, statements nest or are disjoint and come in source order, parents
/// come before their children, and a reference has a statement that drew something.
pub fn statements_lie_in_the_program(domain: &dyn Domain) -> Result<(), String> {
    for (task, reference) in with_program(domain)? {
        let drawn = render(domain, &reference)?;
        let statements = domain.mapper().map(&reference, &drawn);
        ensure(statements.iter().any(|statement| !statement.regions.is_empty()), || {
            format!("no statement of the reference of `{}` drew anything", task.id)
        })?;
        consistent(&reference, &drawn, &statements)?;
        for program in hostile(&reference) {
            let drawn = render(domain, &program)?;
            consistent(&program, &drawn, &domain.mapper().map(&program, &drawn))?;
        }
    }
    Ok(())
}

fn consistent(program: &str, render: &Render, statements: &[Statement]) -> Result<(), String> {
    for (index, element) in render.elements.iter().enumerate() {
        element.span.map_or(Ok(()), |span| inside(span, program))?;
        ensure(element.parent.is_none_or(|parent| parent < index), || {
            format!("element {index} comes before its parent {:?} in {}", element.parent, short(program))
        })?;
    }
    let mut open: Vec<Span> = Vec::new();
    let mut last = 0;
    for Statement { span, .. } in statements {
        inside(*span, program)?;
        ensure(span.start >= last, || {
            format!("statement {span:?} is out of source order in {}", short(program))
        })?;
        last = span.start;
        open.retain(|outer| outer.end > span.start);
        ensure(open.iter().all(|outer| outer.encloses(*span) || span.encloses(*outer)), || {
            format!("statement {span:?} overlaps another without nesting in {}", short(program))
        })?;
        open.push(*span);
    }
    Ok(())
}

fn inside(span: Span, program: &str) -> Result<(), String> {
    ensure(span.end <= program.len(), || format!("span {span:?} leaves the program {}", short(program)))
}
