//! Defects, statements, scores, and what is said of reference programs.

use std::collections::BTreeMap;

use galley_core::{Axis, Defect, Edit, Region, Shares, Span, Statement};

use super::{Field, Hello, WrongField};

/// The defects, each with its detector's own name; `reference` is the target's program.
pub fn defects(answer: &Field<'_>, hello: &Hello, reference: &str) -> Result<Vec<Defect>, WrongField> {
    answer.get("defects")?.list()?.iter().map(|field| defect(field, hello, reference)).collect()
}

fn defect(field: &Field<'_>, hello: &Hello, reference: &str) -> Result<Defect, WrongField> {
    let detector = field.get("detector")?;
    if !hello.detectors.iter().any(|known| known.name == detector.value().as_str().unwrap_or_default()) {
        return Err(detector.wrong(format_args!("{} is none of the detectors of `hello`", detector.value())));
    }
    let message = field.get("message")?;
    if message.text()?.is_empty() {
        return Err(message.wrong("is empty"));
    }
    Ok(Defect {
        detector: format!("external/{}", detector.text()?),
        axis: field.get("axis")?.text()?.into(),
        region: field.get("region")?.region()?,
        severity: field.maybe("severity").map_or(Ok(1.0), |severity| severity.share())?,
        message: message.text()?.into(),
        target: field.maybe("target").map(|target| target.text().map(str::to_owned)).transpose()?,
        target_span: field.maybe("target-span").map(|span| span.span(reference)).transpose()?,
    })
}

/// The statements of `program`, in source order, nested or disjoint.
pub fn statements(answer: &Field<'_>, program: &str) -> Result<Vec<Statement>, WrongField> {
    let mut statements: Vec<Statement> = Vec::new();
    let mut open: Vec<Span> = Vec::new();
    for field in answer.get("statements")?.list()? {
        let statement = statement(&field, program)?;
        let span = statement.span;
        open.retain(|outer| outer.end > span.start);
        let ordered = statements.last().is_none_or(|last| last.span.start <= span.start);
        if !ordered || !open.iter().all(|outer| outer.encloses(span)) {
            return Err(field.wrong("statements come in source order, outer ones first, nested or disjoint"));
        }
        open.push(span);
        statements.push(statement);
    }
    Ok(statements)
}

fn statement(field: &Field<'_>, program: &str) -> Result<Statement, WrongField> {
    let regions = field.all("regions")?.iter().map(Field::region).collect::<Result<Vec<Region>, _>>()?;
    let mut shares = Shares::all(field.maybe("share").map_or(Ok(1.0), |share| share.share())?);
    for (axis, share) in field.entries("shares")? {
        shares = shares.with(axis, share.share()?);
    }
    let kind = field.maybe("kind").map_or(Ok("statement"), |kind| kind.text())?;
    Ok(Statement { span: field.get("span")?.span(program)?, kind: kind.into(), regions, shares })
}

/// The axes of a program that rendered, in the order of `hello`, and further numbers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Said {
    pub axes: Vec<Axis>,
    pub metrics: BTreeMap<String, f64>,
}

pub fn score(answer: &Field<'_>, hello: &Hello) -> Result<Said, WrongField> {
    let given = answer.entries("axes")?;
    if let Some((name, field)) =
        given.iter().find(|(name, _)| !hello.axes.iter().any(|axis| axis.name == **name))
    {
        return Err(field.wrong(format_args!("`{name}` is none of the axes of `hello`")));
    }
    let mut said = Said::default();
    for axis in &hello.axes {
        let Some((_, field)) = given.iter().find(|(name, _)| **name == axis.name) else { continue };
        said.axes.push(Axis {
            name: axis.name.clone(),
            value: field.get("value")?.share()?,
            satisfied: field.get("satisfied")?.flag()?,
            weight: axis.weight,
        });
    }
    if said.axes.is_empty() {
        return Err(answer.wrong("expected `axes` with at least one axis"));
    }
    for (name, field) in answer.entries("metrics")? {
        said.metrics.insert(name.clone(), field.number()?);
    }
    Ok(said)
}

/// Pieces of `program`, in order and disjoint.
pub fn spans(answer: &Field<'_>, program: &str) -> Result<Vec<Span>, WrongField> {
    let mut spans: Vec<Span> = Vec::new();
    for field in answer.get("spans")?.list()? {
        let span = field.span(program)?;
        if spans.last().is_some_and(|last| span.start < last.end) {
            return Err(field.wrong("spans come in order and do not overlap"));
        }
        spans.push(span);
    }
    Ok(spans)
}

/// Changes of `program`, in order and disjoint; none where it has nothing to change.
pub fn edits(answer: &Field<'_>, program: &str) -> Result<Vec<Edit>, WrongField> {
    let mut edits: Vec<Edit> = Vec::new();
    for field in answer.all("edits")? {
        let span = field.get("span")?.span(program)?;
        if edits.last().is_some_and(|last| span.start < last.span.end) {
            return Err(field.wrong("edits come in order and do not overlap"));
        }
        let kind = field.maybe("kind").map_or(Ok("value"), |kind| kind.text())?.into();
        edits.push(Edit { kind, span, replacement: field.get("replacement")?.text()?.into() });
    }
    Ok(edits)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{
        super::hello::{AxisKind, Kind},
        *,
    };

    fn hello() -> Hello {
        let axis = |name: &str| AxisKind { name: name.into(), weight: 1.0 };
        let kind = Kind { name: "overlap".into(), explain: String::new() };
        Hello { axes: vec![axis("count"), axis("color")], detectors: vec![kind], ..Hello::default() }
    }

    fn refused<T: std::fmt::Debug>(
        read: impl Fn(&Field<'_>) -> Result<T, WrongField>,
        answer: &Value,
    ) -> String {
        read(&Field::root("answer", answer)).unwrap_err().to_string()
    }

    #[test]
    fn axes_come_in_the_order_of_the_greeting_and_are_known() {
        let axis = json!({"value": 0.5, "satisfied": false});
        let answer = json!({"axes": {"color": axis, "count": axis}, "metrics": {"iou": 0.25}});
        let said = score(&Field::root("answer", &answer), &hello()).unwrap();
        assert_eq!((said.axes[0].name.as_str(), said.metrics["iou"]), ("count", 0.25));
        let read = |field: &Field<'_>| score(field, &hello());
        assert!(
            refused(read, &json!({"axes": {"size": axis}})).contains("`answer.axes.size`: `size` is none")
        );
        let wrong = json!({"axes": {"count": {"value": 1.5, "satisfied": true}}});
        assert!(
            refused(read, &wrong).starts_with("`answer.axes.count.value`: expected a number from 0 to 1")
        );
        assert!(refused(read, &json!({})).contains("at least one axis"));
    }

    #[test]
    fn statements_that_cross_and_detectors_that_are_unknown_are_refused() {
        let read = |field: &Field<'_>| statements(field, "0123456789");
        let crossing = json!({"statements": [{"span": [0, 5]}, {"span": [3, 8]}]});
        assert!(
            refused(read, &crossing).starts_with("`answer.statements[1]`: statements come in source order")
        );
        let inside_out = json!({"statements": [{"span": [0, 2]}, {"span": [0, 5]}]});
        assert!(refused(read, &inside_out).contains("outer ones first"));
        let defect =
            json!({"defects": [{"detector": "sheen", "axis": "a", "region": [0, 0, 1, 1], "message": "m"}]});
        let read = |field: &Field<'_>| defects(field, &hello(), "");
        assert!(refused(read, &defect).contains("`answer.defects[0].detector`: \"sheen\" is none"));
    }
}
