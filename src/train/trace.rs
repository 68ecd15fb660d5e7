//! Where the time of a run's first steps goes, in the format that Perfetto and chrome://tracing open.
//!
//! The parts of a step are `tracing` spans of level INFO; [`TraceLayer`] writes each as one complete event (`"ph": "X"`,
//! microseconds) while a file is open, one track for every thread. The closing bracket is optional in that format, so a
//! killed run leaves a readable file.

use std::{
    cell::Cell,
    fmt::Debug,
    fs::File,
    io::{self, BufWriter, Write},
    path::Path,
    sync::atomic::{AtomicU64, Ordering},
    time::Instant,
};

use parking_lot::Mutex;
use serde_json::{Map, Value, json};
use tracing::{
    Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id},
};
use tracing_subscriber::{Layer, layer::Context, registry::LookupSpan};

static OPEN: Mutex<Option<Trace>> = Mutex::new(None);
static THREADS: AtomicU64 = AtomicU64::new(0);

thread_local! {
    /// This thread's track; 0 before its first event.
    static TRACK: Cell<u64> = const { Cell::new(0) };
}

struct Trace {
    file: BufWriter<File>,
    began: Instant,
}

/// Begins the trace of this process in `path`, replacing one that is open.
pub fn begin(path: &Path) -> io::Result<()> {
    let mut file = BufWriter::new(File::create(path)?);
    file.write_all(b"[\n")?;
    *OPEN.lock() = Some(Trace { file, began: Instant::now() });
    // Every thread names its track again in a new file.
    THREADS.fetch_add(1 << 32, Ordering::Relaxed);
    Ok(())
}

/// Ends the trace, if one is open.
pub fn end() {
    if let Some(mut trace) = OPEN.lock().take()
        && let Err(error) = trace.file.write_all(b"{}]\n").and_then(|()| trace.file.flush())
    {
        tracing::warn!("the trace is incomplete: {error}");
    }
}

/// Writes spans to the open trace; does nothing while none is open.
pub struct TraceLayer;

struct Began(Instant);
struct Arguments(Map<String, Value>);

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for TraceLayer {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        if let Some(span) = context.span(id) {
            let mut arguments = Arguments(Map::new());
            attributes.record(&mut arguments);
            span.extensions_mut().insert(arguments);
        }
    }

    fn on_enter(&self, id: &Id, context: Context<'_, S>) {
        if let Some(span) = context.span(id) {
            span.extensions_mut().replace(Began(Instant::now()));
        }
    }

    fn on_exit(&self, id: &Id, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let extensions = span.extensions();
        if let (Some(began), Some(trace)) = (extensions.get::<Began>(), OPEN.lock().as_mut()) {
            let arguments = extensions.get::<Arguments>().map_or_else(Map::new, |all| all.0.clone());
            // A disk that is full costs the trace, not the run.
            let _ = trace.write(span.name(), began.0, arguments);
        }
    }
}

impl Trace {
    fn write(&mut self, name: &str, began: Instant, arguments: Map<String, Value>) -> io::Result<()> {
        let since = began.saturating_duration_since(self.began).as_micros() as u64;
        let track = self.track()?;
        let event = json!({
            "name": name, "ph": "X", "ts": since, "dur": began.elapsed().as_micros() as u64,
            "pid": 1, "tid": track, "args": arguments,
        });
        writeln!(self.file, "{event},")
    }

    /// The track of this thread, named in the file when it is new to it.
    fn track(&mut self) -> io::Result<u64> {
        let current = THREADS.load(Ordering::Relaxed);
        let known = TRACK.get();
        if known >> 32 == current >> 32 && known != 0 {
            return Ok(known & 0xffff_ffff);
        }
        let track = THREADS.fetch_add(1, Ordering::Relaxed) + 1;
        TRACK.set(track);
        let number = track & 0xffff_ffff;
        let thread = std::thread::current();
        let label = thread.name().map_or_else(|| format!("thread {number}"), String::from);
        let event =
            json!({"name": "thread_name", "ph": "M", "pid": 1, "tid": number, "args": {"name": label}});
        writeln!(self.file, "{event},")?;
        Ok(number)
    }
}

impl Visit for Arguments {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.insert(field.name().to_owned(), Value::String(format!("{value:?}")));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name().to_owned(), Value::String(value.to_owned()));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.0.insert(field.name().to_owned(), value.into());
    }
}

#[cfg(test)]
mod tests {
    use tracing_subscriber::layer::SubscriberExt;

    use super::*;

    #[test]
    fn spans_become_complete_events_with_their_track() {
        let dir = tempfile::tempdir().expect("dir");
        let path = dir.path().join("trace.json");
        let subscriber = tracing_subscriber::registry().with(TraceLayer);
        tracing::subscriber::with_default(subscriber, || {
            let before = tracing::info_span!("before the trace").entered();
            drop(before);
            begin(&path).expect("a file");
            let outer = tracing::info_span!("step", number = 3u64).entered();
            drop(tracing::info_span!("sample", task = "a \"b\"").entered());
            drop(outer);
            end();
        });
        let text = std::fs::read_to_string(&path).expect("trace");
        let events: Vec<Value> = serde_json::from_str(&text).expect("JSON");
        let names: Vec<&str> = events.iter().filter_map(|event| event["name"].as_str()).collect();
        assert_eq!(names, ["thread_name", "sample", "step"]);
        assert_eq!((&events[2]["args"]["number"], &events[1]["tid"]), (&json!(3), &events[2]["tid"]));
        assert!(events[2]["dur"].as_u64() >= events[1]["dur"].as_u64());
    }
}
