//! The outcome as text.

use super::{Outcome, RowOutcome};
use crate::store::{
    stats::Interval,
    view::{Table, interval, number, signed, signed_interval},
};

/// The tables with their notes, for a terminal or as plain lines.
pub fn text(outcome: &Outcome, plain: bool) -> String {
    let mut text = format!("{}\n", scores(outcome).text(plain));
    if outcome.rows.iter().any(|row| row.at_equal.iter().any(Option::is_some)) {
        text.push_str(&format!("{}\n", spent(outcome).text(plain)));
    }
    if outcome.rows.iter().any(|row| row.repaired.is_some()) {
        text.push_str(&format!("{}\n", repairs(outcome).text(plain)));
    }
    text.push_str("intervals: bootstrap over seeds and, within them, tasks\n");
    for note in &outcome.notes {
        text.push_str(&format!("note: {note}\n"));
    }
    text
}

fn scores(outcome: &Outcome) -> Table {
    let value = format!("{} [95 %]", outcome.metric);
    let difference = format!("minus {} [95 %]", outcome.baseline);
    let reach = format!("rollouts to {}", outcome.baseline);
    let headers = ["stage", "seeds", &value, &difference, "by seed", "rollouts", &reach, "seconds"];
    let mut table = Table::new(headers).right(&[1, 5, 6, 7]);
    for row in &outcome.rows {
        table.row(cells(row));
    }
    table
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

/// The same value where all had spent as much time as the quickest stage in the whole.
fn spent(outcome: &Outcome) -> Table {
    let [wall, cpu] = outcome.equal.map(number);
    let (wall, cpu) = (format!("at {wall} s wall time"), format!("at {cpu} s of the trainer's CPU"));
    let mut table = Table::new(["stage", "prompts a step", &wall, &cpu]).right(&[1, 2, 3]);
    for row in &outcome.rows {
        let [wall, cpu] = row.at_equal.map(|value| value.map_or("–".into(), number));
        table.row([row.stage.clone(), row.prompts.to_string(), wall, cpu]);
    }
    table
}

/// What became of the values of the references since the stage that a run began from.
fn repairs(outcome: &Outcome) -> Table {
    let minus = format!("minus {} [95 %]", outcome.baseline);
    let headers =
        ["stage", "flagged tokens", "their KL", "repaired [95 %]", &minus, "kept right [95 %]", &minus];
    let mut table = Table::new(headers).right(&[1, 2]);
    let plain = |value: Option<Interval>| value.map_or("–".into(), interval);
    let signed = |value: Option<Interval>| value.map_or("–".into(), signed_interval);
    for row in &outcome.rows {
        table.row([
            row.stage.clone(),
            row.flagged.map_or("–".into(), number),
            row.kl_share_flagged.map_or("–".into(), number),
            plain(row.repaired),
            signed(row.repaired_difference),
            plain(row.kept),
            signed(row.kept_difference),
        ]);
    }
    table
}
