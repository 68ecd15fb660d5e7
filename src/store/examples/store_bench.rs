//! How fast the store is here: `store_bench FOLDER RUNS` fills FOLDER and prints one `name value unit` a line; times
//! by the clock on the wall, as for its peer, and of the processor, which other programs do not lengthen.
//! `scripts/bench-store` runs it beside MLflow.

use std::{path::Path, time::Instant};

use galley_store::{
    Catalog, LogPool, LoggedMetric, NewRun, Numbers, RunStatus, RunWriter, StartRecord, WriterOptions,
    history,
    query::{Dialect, Filter, Order, sort},
    series, summaries,
};

/// Points of the long run: 20 metrics of 50,000 steps.
const STEPS: u64 = 50_000;
const METRICS: u64 = 20;
/// Repetitions of what is short; the median counts.
const REPEAT: usize = 7;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().ok_or("store_bench FOLDER RUNS")?;
    let count: usize = arguments.next().map_or(Ok(2000), |count| count.parse())?;
    let runs = Path::new(&folder);

    let long = long_run(runs)?;
    logging(runs)?;
    many(runs, count)?;

    let cold = Instant::now();
    let listed = summaries(runs)?.len();
    say("cold index", cold.elapsed().as_secs_f64() * 1e3, "ms");
    say("runs", listed as f64, "");
    say("open + list", median_ms(|| summaries(runs).map(|list| list.len()))?, "ms");
    say("open + list, processor", cpu_ms(|| summaries(runs).map(|list| list.len()))?, "ms");
    say(
        "one series of 50,000 points",
        median_ms(|| series(runs, &long, "m00").map(|list| list.len()))?,
        "ms",
    );
    let filter = Filter::parse("metrics.m1 > 0.5 and params.p1 = '1'", Dialect::Galley)?;
    let order = [Order::parse("-metrics.m1", Dialect::Galley)?];
    let search = || {
        let mut found: Vec<_> = summaries(runs)?.into_iter().filter(|run| filter.admits(run)).collect();
        sort(&mut found, &order);
        Ok::<_, galley_store::StoreError>(found.len())
    };
    say("search with filter", median_ms(search)?, "ms");
    say("search with filter, processor", cpu_ms(search)?, "ms");

    let catalog = Catalog::new(runs);
    catalog.runs()?;
    say("list in a server", median_ms(|| catalog.runs().map(|list| list.len()))?, "ms");
    let logged = catalog.runs()?.iter().find(|run| run.name == "history").map(|run| run.id.clone());
    let logged = logged.ok_or("no run with a history")?;
    say(
        "history of 10,000 points",
        median_ms(|| history(runs, &logged, "loss").map(|list| list.len()))?,
        "ms",
    );
    Ok(())
}

/// 1e6 points by galley's own writer.
fn long_run(runs: &Path) -> Result<String, galley_store::StoreError> {
    let writer = RunWriter::create(runs, StartRecord::default(), WriterOptions::default())?;
    let began = Instant::now();
    for step in 1..=STEPS {
        let values = (0..METRICS).map(|at| (format!("m{at:02}"), (step * at) as f64 / 7.0));
        writer.metrics(step, values.collect::<Numbers>())?;
    }
    say(
        "points of a run by its writer",
        (STEPS * METRICS) as f64 / began.elapsed().as_secs_f64(),
        "points/s",
    );
    let id = writer.id().to_owned();
    writer.finish(RunStatus::Finished, "")?;
    Ok(id)
}

/// What an MLflow client asks of its server, through the library.
fn logging(runs: &Path) -> Result<(), galley_store::StoreError> {
    let pool = LogPool::new(runs);
    let new = NewRun { name: "history".into(), origin: "mlflow".into(), ..NewRun::default() };
    let writer = pool.create(new)?;
    let (calls, began) = (10_000, Instant::now());
    for step in 0..calls {
        writer.metrics(&[LoggedMetric::new("loss", step as f64, step, step)])?;
    }
    say("log_metric", began.elapsed().as_secs_f64() * 1e6 / calls as f64, "µs/call");
    let writer = pool.create(NewRun { origin: "mlflow".into(), ..NewRun::default() })?;
    let batches: Vec<Vec<LoggedMetric>> = (0..200)
        .map(|batch| (0..1000).map(|at| LoggedMetric::new(format!("m{}", at % 10), 0.1, batch, at)).collect())
        .collect();
    let began = Instant::now();
    for batch in &batches {
        writer.metrics(batch)?;
    }
    say("log_batch of 1,000", 200_000.0 / began.elapsed().as_secs_f64(), "points/s");
    Ok(())
}

/// Runs with three params and two points of ten metrics, as the script gives MLflow.
fn many(runs: &Path, count: usize) -> Result<(), galley_store::StoreError> {
    let pool = LogPool::new(runs);
    let began = Instant::now();
    for run in 0..count {
        let writer =
            pool.create(NewRun { name: format!("run {run}"), origin: "mlflow".into(), ..NewRun::default() })?;
        writer.params(&(0..3).map(|at| (format!("p{at}"), (run % (at + 2)).to_string())).collect())?;
        let point = |at: usize| {
            LoggedMetric::new(
                format!("m{}", at % 10),
                ((run + at) % 100) as f64 / 100.0,
                at as i64,
                (at / 10) as i64,
            )
        };
        writer.metrics(&(0..20).map(point).collect::<Vec<_>>())?;
        writer.status(RunStatus::Finished, Some(1))?;
    }
    say("runs created and logged", began.elapsed().as_secs_f64() * 1e3 / count as f64, "ms/run");
    Ok(())
}

/// The median of several, after one that does not count.
fn median_ms<T>(
    mut work: impl FnMut() -> Result<T, galley_store::StoreError>,
) -> Result<f64, galley_store::StoreError> {
    work()?;
    let mut times = Vec::new();
    for _ in 0..REPEAT {
        let began = Instant::now();
        std::hint::black_box(work()?);
        times.push(began.elapsed().as_secs_f64() * 1e3);
    }
    times.sort_by(f64::total_cmp);
    Ok(times[REPEAT / 2])
}

/// Processor time of this thread, on average.
fn cpu_ms<T>(
    mut work: impl FnMut() -> Result<T, galley_store::StoreError>,
) -> Result<f64, galley_store::StoreError> {
    let spent = || -> f64 {
        let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
        text.split(' ').next().and_then(|ns| ns.parse::<f64>().ok()).map_or(f64::NAN, |ns| ns / 1e6)
    };
    let before = spent();
    for _ in 0..REPEAT {
        std::hint::black_box(work()?);
    }
    Ok((spent() - before) / REPEAT as f64)
}

fn say(name: &str, value: f64, unit: &str) {
    println!("{name}\t{value:.3}\t{unit}");
}
