//! A picture with its elements and faults.

use std::{collections::BTreeMap, sync::Arc};

use galley_core::{Element, Fault, FaultKind, Render, Span};

use super::{Field, WrongField};
use crate::media::Media;

const KINDS: [(&str, FaultKind); 6] = [
    ("syntax", FaultKind::Syntax),
    ("runtime", FaultKind::Runtime),
    ("limit", FaultKind::Limit),
    ("forbidden", FaultKind::Forbidden),
    ("blank", FaultKind::Blank),
    ("warning", FaultKind::Warning),
];

/// The render of `program`; spans are bytes of it.
pub fn render(answer: &Field<'_>, program: &str, media: &Media) -> Result<Render, WrongField> {
    let faults =
        answer.all("faults")?.iter().map(|field| fault(field, program)).collect::<Result<Vec<_>, _>>()?;
    let Some(address) = answer.maybe("image") else {
        if faults.iter().all(|fault| fault.kind == FaultKind::Warning) {
            return Err(answer.wrong("no `image`, and no fault but warnings that says why"));
        }
        return Ok(Render { image: None, elements: Vec::new(), faults });
    };
    let image = media.take(address.text()?).map_err(|reason| address.wrong(reason))?;
    let fields = answer.all("elements")?;
    let read = |(at, field): (usize, &Field<'_>)| element(field, at, program);
    let elements = fields.iter().enumerate().map(read).collect::<Result<_, _>>()?;
    Ok(Render { image: Some(Arc::new(image)), elements, faults })
}

fn element(field: &Field<'_>, at: usize, program: &str) -> Result<Element, WrongField> {
    let parent = field.maybe("parent").map(|parent| match parent.count()? {
        own if own < at => Ok(own),
        own => Err(parent.wrong(format_args!("{own} does not come before its child {at}"))),
    });
    let text = field.maybe("text").map_or(Ok(""), |text| text.text())?;
    let property = |(name, value): (&String, Field<'_>)| Ok((name.clone(), value.text()?.to_owned()));
    Ok(Element {
        parent: parent.transpose()?,
        kind: field.get("kind")?.text()?.to_lowercase(),
        span: place(field, program)?,
        region: field.get("region")?.region()?,
        text: text.split_whitespace().collect::<Vec<_>>().join(" "),
        text_region: field.maybe("text-region").map(|region| region.region()).transpose()?,
        style: field.entries("style")?.into_iter().map(property).collect::<Result<BTreeMap<_, _>, _>>()?,
    })
}

/// `span`, or the whole of `line`, counted from 1.
pub(super) fn place(field: &Field<'_>, program: &str) -> Result<Option<Span>, WrongField> {
    if let Some(span) = field.maybe("span") {
        return span.span(program).map(Some);
    }
    let Some(line) = field.maybe("line") else { return Ok(None) };
    let mut lines = program.split_inclusive('\n').scan(0, |at, text| {
        let start = *at + (text.len() - text.trim_start().len());
        *at += text.len();
        Some(Span::new(start, *at - (text.len() - text.trim_end().len())))
    });
    let found = line.count()?.checked_sub(1).and_then(|index| lines.nth(index));
    found.map(Some).ok_or_else(|| line.wrong("there is no such line"))
}

fn fault(field: &Field<'_>, program: &str) -> Result<Fault, WrongField> {
    let name = field.get("kind")?;
    let kind = KINDS.iter().find(|(known, _)| name.value() == known);
    let (_, kind) =
        kind.ok_or_else(|| name.wrong("expected syntax, runtime, limit, forbidden, blank or warning"))?;
    let fault = Fault::new(*kind, field.get("message")?.text()?);
    Ok(match place(field, program)? {
        Some(span) => fault.at(span),
        None => fault,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(answer: serde_json::Value) -> Result<Render, String> {
        let media = Media::new().unwrap();
        let held = media.put(&galley_core::Image::filled(2, 2, [0; 3])).unwrap();
        let mut answer = answer;
        if answer["image"] == true {
            answer["image"] = held.address.clone().into();
        }
        render(&Field::root("answer", &answer), "a\n  b c\n", &media).map_err(|error| error.to_string())
    }

    #[test]
    fn elements_point_into_the_program_by_bytes_or_by_line() {
        let element = json!({"kind": "Rect", "region": [0, 0, 1, 1], "line": 2, "text": " two\n words"});
        let render = read(json!({"image": true, "elements": [element]})).unwrap();
        let element = &render.elements[0];
        assert_eq!((element.kind.as_str(), element.text.as_str()), ("rect", "two words"));
        assert_eq!(element.span, Some(Span::new(4, 7)));
    }

    #[test]
    fn what_does_not_fit_is_named() {
        let element = |field: &str, value: serde_json::Value| {
            let mut element = json!({"kind": "rect", "region": [0, 0, 1, 1]});
            element[field] = value;
            read(json!({"image": true, "elements": [element]})).unwrap_err()
        };
        assert!(element("line", json!(9)).starts_with("`answer.elements[0].line`: there is no such line"));
        assert!(element("span", json!([3, 99])).starts_with("`answer.elements[0].span`: 3..99"));
        assert!(
            element("parent", json!(0)).starts_with("`answer.elements[0].parent`: 0 does not come before")
        );
        assert!(
            element("style", json!({"fill": 3}))
                .starts_with("`answer.elements[0].style.fill`: expected a string")
        );
        assert!(read(json!({})).unwrap_err().contains("no `image`, and no fault"));
        assert!(
            read(json!({"faults": [{"kind": "odd", "message": ""}]}))
                .unwrap_err()
                .starts_with("`answer.faults[0].kind`")
        );
    }
}
