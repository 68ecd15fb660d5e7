//! Laws of perturbations.

use super::{DEADLINE, ensure, short, with_reference};
use crate::{Domain, Perturbed, Random, assess};

const STRENGTHS: [usize; 3] = [1, 2, 6];

/// The edits, applied to the original, give the worsened program; they are sorted and disjoint; and the same random key
/// gives the same edits.
pub fn perturbations_are_edits(domain: &dyn Domain) -> Result<(), String> {
    each(domain, |original, strength, random| {
        let Some(worse) = domain.perturb(original, strength, &mut random.clone()) else { return Ok(()) };
        let again = domain.perturb(original, strength, &mut random.clone());
        ensure(again.as_ref() == Some(&worse), || "the same key gives other edits".into())?;
        ensure(!worse.edits.is_empty() && worse.program != original, || {
            format!("nothing changed in {}", short(original))
        })?;
        let ordered = worse.edits.windows(2).all(|pair| pair[0].span.end <= pair[1].span.start);
        ensure(ordered, || format!("edits are not sorted and disjoint: {:?}", worse.edits))?;
        let applied = apply(original, &worse);
        ensure(applied.as_deref() == Some(worse.program.as_str()), || {
            format!("the edits of {} give {applied:?} and not {}", short(original), short(&worse.program))
        })
    })
}

/// At least half of the worsened programs lose reward or show a defect.
pub fn perturbations_are_noticed(domain: &dyn Domain) -> Result<(), String> {
    let (mut all, mut noticed) = (0, 0);
    for (task, original) in with_reference(domain)? {
        for strength in STRENGTHS {
            let mut random = Random::new(2).named(&task.id).at(strength as u64);
            let Some(worse) = domain.perturb(&original, strength, &mut random) else { continue };
            let judged =
                assess(domain, &task, &worse.program, DEADLINE).map_err(|error| error.to_string())?;
            let defect = judged.defects.iter().any(|defect| defect.severity > 0.0);
            all += 1;
            noticed += usize::from(defect || judged.score.reward < 0.999);
        }
    }
    ensure(noticed * 2 >= all, || format!("only {noticed} of {all} worsened programs are noticed"))
}

fn each(domain: &dyn Domain, law: impl Fn(&str, usize, &Random) -> Result<(), String>) -> Result<(), String> {
    for (task, original) in with_reference(domain)? {
        for strength in STRENGTHS {
            law(&original, strength, &Random::new(3).named(&task.id).at(strength as u64))?;
        }
    }
    Ok(())
}

fn apply(original: &str, worse: &Perturbed) -> Option<String> {
    let (mut text, mut at) = (String::new(), 0);
    for edit in &worse.edits {
        text += original.get(at..edit.span.start)?;
        text += &edit.replacement;
        at = edit.span.end;
    }
    Some(text + original.get(at..)?)
}
