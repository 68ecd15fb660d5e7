//! The outcome as text.

use super::{Outcome, RowOutcome};
use crate::store::view::{Table, interval, number, signed, signed_interval};

/// The table with its notes, for a terminal or as plain lines.
pub fn text(outcome: &Outcome, plain: bool) -> String {
    let value = format!("{} [95 %]", outcome.metric);
    let difference = format!("minus {} [95 %]", outcome.baseline);
    let reach = format!("rollouts to {}", outcome.baseline);
    let headers = ["stage", "seeds", &value, &difference, "by seed", "rollouts", &reach, "seconds"];
    let mut table = Table::new(headers).right(&[1, 5, 6, 7]);
    for row in &outcome.rows {
        table.row(cells(row));
    }
    let mut text = format!("{}\n", table.text(plain));
    text.push_str("intervals: bootstrap over seeds and, within them, tasks\n");
    for note in &outcome.notes {
        text.push_str(&format!("note: {note}\n"));
    }
    text
}

fn cells(row: &RowOutcome) -> [String; 8] {
    let by_seed: Vec<String> = row.by_seed.values().map(|value| signed(*value)).collect();
    let reached = &row.to_baseline;
    let reach = match (reached.len(), row.difference) {
        (_, None) | (0, _) => "–".to_owned(),
        (count, _) => {
            let mean = reached.values().sum::<f64>() / count as f64;
            format!("{mean:.0} ({count} of {})", row.runs.len())
        }
    };
    [
        row.stage.clone(),
        row.runs.len().to_string(),
        interval(row.value),
        row.difference.map_or_else(|| "–".into(), signed_interval),
        if row.difference.is_some() { by_seed.join(" ") } else { "–".into() },
        format!("{:.0}", row.rollouts),
        reach,
        number(row.seconds),
    ]
}
