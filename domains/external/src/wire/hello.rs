//! How the program introduces itself.

use super::{Field, WrongField};

/// What it can do; the same from every copy.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Hello {
    pub name: String,
    pub version: String,
    /// Questions that it answers.
    pub parts: Vec<String>,
    /// Training and held-out tasks.
    pub tasks: [usize; 2],
    pub axes: Vec<AxisKind>,
    pub detectors: Vec<Kind>,
    /// Where programs stand in responses, where not in a code fence.
    pub marks: Option<Marks>,
    pub primary_metric: Option<String>,
}

/// An axis of the rubric.
#[derive(Clone, Debug, PartialEq)]
pub struct AxisKind {
    pub name: String,
    pub weight: f64,
}

/// A detector.
#[derive(Clone, Debug, PartialEq)]
pub struct Kind {
    /// Without the domain's.
    pub name: String,
    pub explain: String,
}

/// How a program begins and ends.
#[derive(Clone, Debug, PartialEq)]
pub struct Marks {
    pub begin: String,
    /// Empty: to the end of the response.
    pub end: String,
}

/// Every question, and whether it has to be answered.
const PARTS: [(&str, bool); 7] = [
    ("task", true),
    ("render", true),
    ("score", true),
    ("detect", false),
    ("map", false),
    ("values", false),
    ("perturb", false),
];

impl Hello {
    pub fn read(hello: &Field<'_>) -> Result<Self, WrongField> {
        let read = Self {
            name: word(&hello.get("name")?)?,
            version: word(&hello.get("version")?)?,
            parts: parts(&hello.get("parts")?)?,
            tasks: tasks(&hello.get("tasks")?)?,
            axes: axes(&hello.get("axes")?)?,
            detectors: hello.all("detectors")?.iter().map(kind).collect::<Result<_, _>>()?,
            marks: hello.maybe("program").map(|field| marks(&field)).transpose()?,
            primary_metric: hello.maybe("primary-metric").map(|field| word(&field)).transpose()?,
        };
        if read.has("detect") == read.detectors.is_empty() {
            return Err(hello.get("parts")?.wrong("`detect` and a list of `detectors` go together"));
        }
        Ok(read)
    }

    /// Whether it answers this question.
    pub fn has(&self, part: &str) -> bool {
        self.parts.iter().any(|own| own == part)
    }
}

fn word(field: &Field<'_>) -> Result<String, WrongField> {
    let text = field.text()?;
    let fits = !text.is_empty() && text.len() <= 200 && !text.contains(char::is_control);
    fits.then(|| text.into()).ok_or_else(|| field.wrong("expected one line of at most 200 bytes"))
}

fn parts(field: &Field<'_>) -> Result<Vec<String>, WrongField> {
    let known = |part: &Field<'_>| Ok(part.text()?.to_owned());
    let parts: Vec<String> = field.list()?.iter().map(known).collect::<Result<_, _>>()?;
    match PARTS.iter().find(|(name, needed)| *needed && !parts.iter().any(|part| part == name)) {
        Some((name, _)) => Err(field.wrong(format_args!("`{name}` has to be among them"))),
        None => Ok(parts),
    }
}

fn tasks(field: &Field<'_>) -> Result<[usize; 2], WrongField> {
    Ok([field.get("train")?.count()?, field.get("held-out")?.count()?])
}

fn axes(field: &Field<'_>) -> Result<Vec<AxisKind>, WrongField> {
    let mut axes: Vec<AxisKind> = Vec::new();
    for entry in field.list()? {
        let (name, weight) = (word(&entry.get("name")?)?, entry.maybe("weight"));
        let weight = weight.map_or(Ok(1.0), |weight| weight.number())?;
        if weight <= 0.0 || axes.iter().any(|axis| axis.name == name) {
            return Err(entry.wrong("an axis has a name of its own and a weight above 0"));
        }
        axes.push(AxisKind { name, weight });
    }
    if axes.is_empty() { Err(field.wrong("expected at least one axis")) } else { Ok(axes) }
}

fn kind(field: &Field<'_>) -> Result<Kind, WrongField> {
    Ok(Kind { name: word(&field.get("name")?)?, explain: field.get("explain")?.text()?.into() })
}

fn marks(field: &Field<'_>) -> Result<Marks, WrongField> {
    let end = field.maybe("end").map_or(Ok(""), |end| end.text())?;
    Ok(Marks { begin: field.get("begin")?.text()?.into(), end: end.into() })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn read(change: impl FnOnce(&mut Value)) -> Result<Hello, String> {
        let mut value = json!({
            "name": "svg", "version": "1", "parts": ["task", "render", "score", "dance"],
            "tasks": {"train": 2, "held-out": 1}, "axes": [{"name": "count"}], "colour": "unknown fields are passed over",
        });
        change(&mut value);
        Hello::read(&Field::root("hello", &value)).map_err(|error| error.to_string())
    }

    #[test]
    fn what_is_missing_or_double_is_named() {
        assert_eq!(read(|_| {}).unwrap().tasks, [2, 1]);
        let wrong = |change: fn(&mut Value)| read(change).unwrap_err();
        assert_eq!(
            wrong(|hello| hello["parts"] = json!(["task", "score"])),
            "`hello.parts`: `render` has to be among them"
        );
        assert!(wrong(|hello| hello["tasks"]["train"] = json!(-1)).starts_with("`hello.tasks.train`"));
        assert!(
            wrong(|hello| hello["axes"] = json!([{"name": "a"}, {"name": "a"}]))
                .starts_with("`hello.axes[1]`")
        );
        assert!(
            wrong(|hello| hello["detectors"] = json!([{"name": "a", "explain": "#"}]))
                .contains("go together")
        );
    }
}
