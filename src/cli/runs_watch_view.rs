//! The live view of a run in a terminal: how it stands, curves, failures, the last samples, where the time goes.

use ratatui::{
    DefaultTerminal, Frame,
    crossterm::event::{self, Event, KeyCode, KeyEventKind, KeyModifiers},
    layout::{Constraint, Layout, Rect},
    style::{Color, Style, Stylize},
    symbols::Marker,
    text::Line,
    widgets::{Axis, Block, Chart, Dataset, Gauge, GraphType, Paragraph},
};

use super::runs_watch::{PAUSE, Watched, shown};
use crate::store::{
    RunReader, RunSummary,
    view::{duration, number, sparkline},
};

/// Curves in a row.
const CURVES: usize = 3;

/// Until `q`, Esc or Ctrl-C; stays when the run has ended.
pub(super) fn run(watched: &mut Watched) -> anyhow::Result<()> {
    let mut terminal = ratatui::init();
    let done = go(&mut terminal, watched);
    ratatui::restore();
    done
}

fn go(terminal: &mut DefaultTerminal, watched: &mut Watched) -> anyhow::Result<()> {
    loop {
        terminal.draw(|frame| draw(frame, &watched.reader))?;
        if event::poll(PAUSE)?
            && let Event::Key(key) = event::read()?
            && key.kind == KeyEventKind::Press
        {
            let interrupted = key.code == KeyCode::Char('c') && key.modifiers.contains(KeyModifiers::CONTROL);
            if interrupted || matches!(key.code, KeyCode::Char('q') | KeyCode::Esc) {
                return Ok(());
            }
        }
        watched.refresh()?;
    }
}

pub(super) fn draw(frame: &mut Frame, reader: &RunReader) {
    let summary = reader.summary();
    let parts = Layout::vertical([
        Constraint::Length(3),
        Constraint::Min(8),
        Constraint::Length(3),
        Constraint::Length(10),
        Constraint::Length(1),
    ]);
    let [head, curves, failures, bottom, foot] = parts.areas(frame.area());
    draw_head(frame, head, &summary);
    draw_curves(frame, curves, reader, &summary);
    draw_failures(frame, failures, reader);
    let [samples, times] =
        Layout::horizontal([Constraint::Percentage(60), Constraint::Percentage(40)]).areas(bottom);
    frame.render_widget(
        Paragraph::new(sample_lines(reader)).block(Block::bordered().title("last samples")),
        samples,
    );
    frame.render_widget(
        Paragraph::new(time_lines(&summary)).block(Block::bordered().title("time of a step")),
        times,
    );
    frame.render_widget(Line::from("q ends the view, not the run").dim(), foot);
}

fn draw_head(frame: &mut Frame, area: Rect, summary: &RunSummary) {
    let title = format!("{} {}", summary.name, &summary.id);
    let of = summary.steps.map_or(String::new(), |steps| format!(" of {steps}"));
    let says = if summary.message.is_empty() { &summary.stage } else { &summary.message };
    let label = format!(
        "{} · step {}{of} · {} · {says}",
        summary.status.as_str(),
        summary.step,
        duration(summary.wall_ms)
    );
    let share = summary.steps.map_or(0.0, |steps| summary.step as f64 / steps.max(1) as f64);
    let gauge =
        Gauge::default().block(Block::bordered().title(title)).gauge_style(Style::new().fg(Color::Blue));
    frame.render_widget(gauge.ratio(share.clamp(0.0, 1.0)).label(label), area);
}

fn draw_curves(frame: &mut Frame, area: Rect, reader: &RunReader, summary: &RunSummary) {
    let mut names = shown(summary);
    names.truncate(CURVES);
    let columns = Layout::horizontal(names.iter().map(|_| Constraint::Fill(1))).split(area);
    for (name, area) in names.iter().zip(columns.iter()) {
        let points: Vec<(f64, f64)> = reader
            .series(name)
            .iter()
            .filter(|point| point.value.is_finite())
            .map(|point| (point.step as f64, point.value))
            .collect();
        let last = points.last().map_or(f64::NAN, |(_, value)| *value);
        let title = format!("{name} {}", number(last));
        let ([left, right], [low, high]) = bounds(&points);
        let line = Dataset::default()
            .marker(Marker::Braille)
            .graph_type(GraphType::Line)
            .style(Style::new().fg(Color::Cyan))
            .data(&points);
        let chart = Chart::new(vec![line])
            .block(Block::bordered().title(title))
            .x_axis(Axis::default().bounds([left, right]).labels([left.to_string(), right.to_string()]))
            .y_axis(Axis::default().bounds([low, high]).labels([number(low), number(high)]));
        frame.render_widget(chart, *area);
    }
}

/// Of steps and of values; never empty.
fn bounds(points: &[(f64, f64)]) -> ([f64; 2], [f64; 2]) {
    let of = |value: fn(&(f64, f64)) -> f64| {
        let low = points.iter().map(value).fold(f64::INFINITY, f64::min);
        let high = points.iter().map(value).fold(f64::NEG_INFINITY, f64::max);
        match low < high {
            true => [low, high],
            false if low.is_finite() => [low - 0.5, low + 0.5],
            false => [0.0, 1.0],
        }
    };
    (of(|point| point.0), of(|point| point.1))
}

fn draw_failures(frame: &mut Frame, area: Rect, reader: &RunReader) {
    let rates: Vec<f64> = reader.series("failures").iter().map(|point| point.value).collect();
    let title = match rates.last() {
        Some(last) => format!("failed programs {:.0} %", last * 100.0),
        None => "failed programs: not on record".to_owned(),
    };
    let line = sparkline(&rates, usize::from(area.width.saturating_sub(2)));
    frame.render_widget(Paragraph::new(line.red()).block(Block::bordered().title(title)), area);
}

fn sample_lines(reader: &RunReader) -> Vec<Line<'static>> {
    let heads: Vec<_> = reader.sample_heads().collect();
    let line = |head: &&crate::store::SampleHead| {
        let ran = head.score.get("executed").is_none_or(|executed| *executed >= 0.5);
        let line = Line::from(format!(
            "{:>8}  {}{}",
            number(head.reward),
            head.id(),
            if ran { "" } else { "  failed" }
        ));
        if ran { line } else { line.red() }
    };
    heads.iter().rev().take(8).map(line).collect()
}

/// The longest first.
fn time_lines(summary: &RunSummary) -> Vec<Line<'static>> {
    let mut times: Vec<(&str, f64)> = summary
        .metrics
        .iter()
        .filter_map(|(name, value)| Some((name.strip_prefix("time/")?, *value)))
        .collect();
    times.sort_by(|a, b| b.1.total_cmp(&a.1));
    times.into_iter().take(8).map(|(name, seconds)| Line::from(format!("{seconds:>8.2} s  {name}"))).collect()
}

#[cfg(test)]
mod tests {
    use ratatui::{Terminal, backend::TestBackend};

    use super::*;
    use crate::store::{Numbers, RunWriter, SampleRecord, StartRecord, WriterOptions};

    #[test]
    fn a_run_under_way_is_drawn_with_all_its_parts() {
        let runs = tempfile::tempdir().unwrap();
        let start = StartRecord { name: "pages".into(), steps: Some(4), ..StartRecord::default() };
        let writer = RunWriter::create(runs.path(), start, WriterOptions::default()).unwrap();
        let mut terminal = Terminal::new(TestBackend::new(100, 32)).unwrap();
        let mut drawn = || {
            let reader = RunReader::open(writer.dir()).unwrap();
            terminal.draw(|frame| draw(frame, &reader)).unwrap();
            terminal.backend().to_string()
        };
        assert!(drawn().contains("running · step 0 of 4"));
        for (step, loss) in [(1, 2.0), (2, f64::NAN), (3, 0.5)] {
            let values = [("loss", loss), ("failures", 0.25), ("time/rollouts", 3.5)];
            writer.metrics(step, values.map(|(name, value)| (name.to_owned(), value)).into()).unwrap();
        }
        writer.heartbeat("rollouts").unwrap();
        let score = Numbers::from([("executed".into(), 0.0)]);
        writer.sample(&SampleRecord { task: "page-7".into(), score, ..SampleRecord::default() }).unwrap();
        let text = drawn();
        for part in [
            "step 3 of 4",
            "rollouts",
            "loss 0.500",
            "failed programs 25 %",
            "page-7/0  failed",
            "3.50 s  rollouts",
        ] {
            assert!(text.contains(part), "{part} in\n{text}");
        }
    }
}
