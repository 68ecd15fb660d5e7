//! One sample with its credit: which statements and which tokens were held responsible.

use super::{
    number::{number, signed},
    table::Table,
};
use crate::SampleRecord;

/// The whole sample as text: verdict, axes, faults, defects, statements with their weights, every
/// token with its weight and KL, and the response.
pub fn sample_text(sample: &SampleRecord, plain: bool) -> String {
    let mut text = head(sample);
    for (title, table) in [
        ("axes", axes(sample)),
        ("faults", faults(sample)),
        ("defects", defects(sample)),
        ("statements", statements(sample)),
        ("tokens", tokens(sample)),
    ] {
        if !table.is_empty() {
            text.push_str(&format!("\n{title}\n{}", table.text(plain)));
        }
    }
    text.push_str(&format!("\nresponse\n{}\n", sample.response));
    text
}

fn head(sample: &SampleRecord) -> String {
    let advantage = sample.advantage.map(|advantage| format!(", advantage {}", signed(advantage)));
    let numbers: Vec<String> =
        sample.score.iter().map(|(name, v)| format!("{name} {}", number(*v))).collect();
    let media: String = sample.media.iter().map(|(role, hash)| format!("{role:<6} {hash}\n")).collect();
    format!(
        "sample {}\nreward {}{}, {} tokens, ended by {}\nscore  {}\n{media}",
        sample.id(),
        number(sample.reward),
        advantage.unwrap_or_default(),
        sample.tokens.len(),
        sample.finish,
        numbers.join(", "),
    )
}

fn axes(sample: &SampleRecord) -> Table {
    let mut table = Table::new(["axis", "value", "satisfied", "weight"]).right(&[1, 3]);
    for axis in &sample.axes {
        let satisfied = if axis.satisfied { "yes" } else { "no" };
        table.row([axis.name.clone(), number(axis.value), satisfied.into(), number(axis.weight)]);
    }
    table
}

fn faults(sample: &SampleRecord) -> Table {
    let mut table = Table::new(["kind", "message"]);
    for fault in &sample.faults {
        table.row([format!("{:?}", fault.kind), fault.message.clone()]);
    }
    table
}

fn defects(sample: &SampleRecord) -> Table {
    let mut table = Table::new(["#", "detector", "axis", "severity", "region", "message"]).right(&[0, 3]);
    for (index, defect) in sample.defects.iter().enumerate() {
        let region = defect.region;
        table.row([
            index.to_string(),
            defect.detector.clone(),
            defect.axis.clone(),
            number(defect.severity),
            format!("{:.0},{:.0} {:.0}×{:.0}", region.x, region.y, region.width, region.height),
            defect.message.clone(),
        ]);
    }
    table
}

fn statements(sample: &SampleRecord) -> Table {
    let mut table =
        Table::new(["kind", "bytes", "responsible", "weight", "defect", "source"]).right(&[2, 3, 4]);
    let program = sample.program_text();
    for (statement, credit) in sample.statements.iter().zip(&sample.credit) {
        table.row([
            statement.kind.clone(),
            format!("{}..{}", statement.span.start, statement.span.end),
            number(credit.responsibility),
            number(credit.weight),
            credit.defect.map_or("–".into(), |index| format!("#{index}")),
            shortened(statement.span.slice(program).unwrap_or_default()),
        ]);
    }
    table
}

fn tokens(sample: &SampleRecord) -> Table {
    let mut table = Table::new(["#", "bytes", "weight", "kl", "token"]).right(&[0, 2, 3]);
    let value =
        |values: &[f32], index: usize| values.get(index).map_or("–".into(), |v| number(f64::from(*v)));
    for (index, span) in sample.tokens.iter().enumerate() {
        table.row([
            index.to_string(),
            format!("{}..{}", span.start, span.end),
            value(&sample.weights, index),
            value(&sample.kl, index),
            format!("{:?}", sample.token_text(index)),
        ]);
    }
    table
}

/// The first line, at most 48 characters.
fn shortened(source: &str) -> String {
    let line = source.lines().next().unwrap_or_default();
    match line.char_indices().nth(48) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None if line.len() < source.len() => format!("{line}…"),
        None => line.to_owned(),
    }
}
