//! The visible events of a run: its records with rewinds applied and samples reduced to what lists need.

use std::path::Path;

use crate::{
    Damage, Record, SampleHead, StoreError,
    journal::{Item, Scanner},
    record,
};

/// A record as readers keep it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Event {
    Record(Record),
    /// The sample itself is read from its offset when somebody asks.
    Sample(SampleHead),
}

impl Event {
    fn decode(payload: &[u8]) -> Result<Self, serde_json::Error> {
        Ok(match record::kind(payload) {
            "sample" => Self::Sample(record::parse(payload)?),
            _ => Self::Record(Record::decode(payload)?),
        })
    }

    /// The step that it belongs to; `None` for what concerns the whole run.
    fn step(&self) -> Option<u64> {
        match self {
            Self::Sample(sample) => Some(sample.step),
            Self::Record(Record::Metrics(metrics)) => Some(metrics.step),
            Self::Record(Record::Eval(eval)) => Some(eval.step),
            Self::Record(Record::Checkpoint(checkpoint)) => Some(checkpoint.step),
            Self::Record(Record::Alarm(alarm)) => Some(alarm.step),
            Self::Record(_) => None,
        }
    }
}

/// What a scan found, in the order of the journal.
#[derive(Default)]
pub(crate) struct Events {
    /// With the offset of each frame.
    pub(crate) visible: Vec<(u64, Event)>,
    pub(crate) damage: Vec<Damage>,
    /// Bytes of the cut-off last frame, which may be one that is just being written.
    pub(crate) tail: Option<Damage>,
    /// Where a later scan goes on.
    pub(crate) end: u64,
    /// Whether there was a rewind, which reaches back over what earlier scans have seen.
    pub(crate) rewound: bool,
}

impl Events {
    /// Reads a journal from `offset`, or from its beginning.
    pub(crate) fn read(journal: &Path, offset: Option<u64>) -> Result<Self, StoreError> {
        let mut scanner = match offset {
            Some(offset) => Scanner::open_at(journal, offset)?,
            None => Scanner::open(journal)?,
        };
        let mut events = Self::default();
        while let Some(item) = scanner.next()? {
            match item {
                Item::Damage(damage) => events.damage.push(damage),
                Item::Frame(frame) => match Event::decode(frame.payload) {
                    Ok(event) => events.push(frame.offset, event),
                    Err(error) => events.damage.push(Damage {
                        offset: frame.offset,
                        bytes: frame.payload.len() as u64,
                        reason: format!(
                            "a {} record that cannot be read: {error}",
                            record::kind(frame.payload)
                        ),
                    }),
                },
            }
        }
        events.tail = scanner.tail()?;
        events.end = scanner.offset();
        Ok(events)
    }

    fn push(&mut self, offset: u64, event: Event) {
        if let Event::Record(Record::Rewind(rewind)) = &event {
            let to = rewind.to;
            self.rewound = true;
            self.visible.retain(|(_, event)| event.step().is_none_or(|step| to.is_some_and(|to| step <= to)));
        }
        self.visible.push((offset, event));
    }
}
