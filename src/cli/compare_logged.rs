//! `galley compare` for runs that other programs logged.

use std::io::Write;

use crate::store::{
    compare::LoggedComparison,
    view::{Table, signed},
};

/// As a table, plain lines or JSON.
pub(super) fn write(
    logged: &LoggedComparison,
    json: bool,
    plain: bool,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    if json {
        serde_json::to_writer_pretty(&mut *out, logged)?;
        return Ok(writeln!(out)?);
    }
    writeln!(out, "no evaluations to pair: latest values, which say nothing of chance\n")?;
    for other in 1..logged.runs.len() {
        for (title, rows) in [("parameters that differ", &logged.parameters), ("metrics", &logged.metrics)] {
            let mut table =
                Table::new([title, &logged.runs[0], &logged.runs[other], "difference"]).right(&[3]);
            for row in rows {
                let difference = row.differences.get(other).copied().flatten().map_or(String::new(), signed);
                table.row([row.name.clone(), row.values[0].clone(), row.values[other].clone(), difference]);
            }
            if !table.is_empty() {
                writeln!(out, "{}", table.text(plain))?;
            }
        }
    }
    Ok(())
}
