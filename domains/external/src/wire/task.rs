//! A task as the program gives it.

use std::collections::BTreeMap;

use galley_core::{Image, Render};

use super::{Field, WrongField, render::render};
use crate::media::Media;

/// A task whose target may have to be rendered yet.
#[derive(Clone, Debug, PartialEq)]
pub struct Given {
    pub id: String,
    /// `None`: the target's picture, and the recipe's instruction.
    pub prompt: Option<Vec<AskedPart>>,
    /// The program that makes the target, and the target's render; at least one where there is a target at all.
    pub program: Option<String>,
    pub render: Option<Render>,
    pub labels: BTreeMap<String, String>,
}

/// A part of the prompt.
#[derive(Clone, Debug, PartialEq)]
pub enum AskedPart {
    Text(String),
    Image(Image),
}

pub fn given(answer: &Field<'_>, media: &Media) -> Result<Given, WrongField> {
    let id = answer.get("id")?;
    if id.text()?.is_empty() {
        return Err(id.wrong("is empty"));
    }
    let (mut program, mut drawn) = (None, None);
    if let Some(reference) = answer.maybe("reference") {
        program = reference.maybe("program").map(|program| program.text()).transpose()?;
        let own = reference.maybe("render");
        drawn = own.map(|field| render(&field, program.unwrap_or_default(), media)).transpose()?;
        let seen = drawn.as_ref().is_none_or(Render::ok);
        if !seen || (program.is_none() && drawn.is_none()) {
            return Err(reference.wrong("a reference has a `program`, a `render` with a picture, or both"));
        }
    }
    let read = |field: Field<'_>| field.list()?.iter().map(|part| asked(part, media)).collect();
    let prompt: Option<Vec<AskedPart>> = answer.maybe("prompt").map(read).transpose()?;
    if prompt.as_ref().map_or(program.is_none() && drawn.is_none(), Vec::is_empty) {
        return Err(answer.wrong("a task has a `prompt`, or a `reference` whose picture is shown"));
    }
    let label = |(name, value): (&String, Field<'_>)| Ok((name.clone(), value.text()?.to_owned()));
    let labels = answer.entries("labels")?.into_iter().map(label).collect::<Result<_, _>>()?;
    Ok(Given { id: id.text()?.into(), prompt, program: program.map(str::to_owned), render: drawn, labels })
}

fn asked(part: &Field<'_>, media: &Media) -> Result<AskedPart, WrongField> {
    match (part.maybe("text"), part.maybe("image")) {
        (Some(text), None) => Ok(AskedPart::Text(text.text()?.into())),
        (None, Some(image)) => {
            media.take(image.text()?).map(AskedPart::Image).map_err(|reason| image.wrong(reason))
        }
        _ => Err(part.wrong("expected either `text` or `image`")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn a_task_has_something_to_show() {
        let media = Media::new().unwrap();
        let read =
            |answer: Value| given(&Field::root("answer", &answer), &media).map_err(|error| error.to_string());
        let task =
            read(json!({"id": "a", "reference": {"program": "x"}, "labels": {"family": "f"}})).unwrap();
        assert_eq!((task.program.as_deref(), task.prompt), (Some("x"), None));
        assert!(read(json!({"id": "a", "prompt": [{"text": "draw"}]})).is_ok());
        for (answer, text) in [
            (json!({"id": ""}), "`answer.id`: is empty"),
            (json!({"id": "a"}), "`answer`: a task has a `prompt`"),
            (json!({"id": "a", "reference": {}}), "`answer.reference`: a reference has"),
            (json!({"id": "a", "prompt": [{"text": "draw"}, {}]}), "`answer.prompt[1]`: expected either"),
        ] {
            let error = read(answer).unwrap_err();
            assert!(error.starts_with(text), "{error}");
        }
    }
}
