//! What a journal holds. A record is one JSON object whose first key is `"t"`, its kind; the reader of a later or an
//! earlier version skips kinds and fields that it does not know and fills in those that are missing.

mod edit;
mod eval;
mod logged;
mod progress;
mod sample;
mod start;

use serde::{Serialize, de::DeserializeOwned};

pub use edit::{EditRecord, ExperimentRecord};
pub use eval::{EvalRecord, eval_set_hash};
pub use logged::{DocumentRecord, LoggedMetric, ParamsRecord, PointsRecord};
pub use progress::{
    AlarmRecord, AttemptRecord, CheckpointRecord, HeartbeatRecord, MetricsRecord, NoteRecord, RewindRecord,
    RunStatus, StatusRecord,
};
pub use sample::{SampleHead, SampleRecord, TopToken};
pub(crate) use start::cap_diff;
pub use start::{DIFF_LIMIT, Parent, StartRecord};

use crate::StoreError;

/// The first bytes of every payload; a JSON string cannot contain them unescaped, so they also mark where a journal
/// can be picked up again behind a damaged stretch.
pub(crate) const PREFIX: &[u8] = b"{\"t\":\"";

/// One record of a journal.
#[derive(Clone, Debug, PartialEq)]
pub enum Record {
    Start(Box<StartRecord>),
    Attempt(AttemptRecord),
    Rewind(RewindRecord),
    Metrics(MetricsRecord),
    Sample(Box<SampleRecord>),
    Eval(EvalRecord),
    Checkpoint(CheckpointRecord),
    Status(StatusRecord),
    Heartbeat(HeartbeatRecord),
    Alarm(AlarmRecord),
    Note(NoteRecord),
    Points(PointsRecord),
    Params(ParamsRecord),
    Document(DocumentRecord),
    Edit(EditRecord),
    Experiment(ExperimentRecord),
    /// A kind that this version does not know.
    Unknown(String),
}

impl Record {
    pub(crate) fn encode(&self) -> Result<Vec<u8>, StoreError> {
        match self {
            Self::Start(record) => tagged("start", record),
            Self::Attempt(record) => tagged("attempt", record),
            Self::Rewind(record) => tagged("rewind", record),
            Self::Metrics(record) => tagged("metrics", record),
            Self::Sample(record) => encode_sample(record),
            Self::Eval(record) => tagged("eval", record),
            Self::Checkpoint(record) => tagged("checkpoint", record),
            Self::Status(record) => tagged("status", record),
            Self::Heartbeat(record) => tagged("heartbeat", record),
            Self::Alarm(record) => tagged("alarm", record),
            Self::Note(record) => tagged("note", record),
            Self::Points(record) => tagged("points", record),
            Self::Params(record) => tagged("params", record),
            Self::Document(record) => tagged("document", record),
            Self::Edit(record) => tagged("edit", record),
            Self::Experiment(record) => tagged("experiment", record),
            Self::Unknown(kind) => tagged(kind, &serde_json::Map::new()),
        }
    }

    pub(crate) fn decode(payload: &[u8]) -> Result<Self, serde_json::Error> {
        let kind = kind(payload);
        Ok(match kind {
            "start" => Self::Start(parse(payload)?),
            "attempt" => Self::Attempt(parse(payload)?),
            "rewind" => Self::Rewind(parse(payload)?),
            "metrics" => Self::Metrics(parse(payload)?),
            "sample" => Self::Sample(parse(payload)?),
            "eval" => Self::Eval(parse(payload)?),
            "checkpoint" => Self::Checkpoint(parse(payload)?),
            "status" => Self::Status(parse(payload)?),
            "heartbeat" => Self::Heartbeat(parse(payload)?),
            "alarm" => Self::Alarm(parse(payload)?),
            "note" => Self::Note(parse(payload)?),
            "points" => Self::Points(parse(payload)?),
            "params" => Self::Params(parse(payload)?),
            "document" => Self::Document(parse(payload)?),
            "edit" => Self::Edit(parse(payload)?),
            "experiment" => Self::Experiment(parse(payload)?),
            other => Self::Unknown(other.to_owned()),
        })
    }
}

/// Like [`Record::Sample`], without a copy of the sample.
pub(crate) fn encode_sample(sample: &SampleRecord) -> Result<Vec<u8>, StoreError> {
    tagged("sample", sample.finite().as_ref().unwrap_or(sample))
}

/// Like [`Record::Eval`], without a copy of the evaluation.
pub(crate) fn encode_eval(eval: &EvalRecord) -> Result<Vec<u8>, StoreError> {
    tagged("eval", eval)
}

/// Points without a copy of them.
pub(crate) fn encode_points(points: &[LoggedMetric]) -> Result<Vec<u8>, StoreError> {
    #[derive(Serialize)]
    struct Borrowed<'a> {
        points: &'a [LoggedMetric],
    }
    tagged("points", &Borrowed { points })
}

/// The kind that a payload says it is; empty where it says none.
pub(crate) fn kind(payload: &[u8]) -> &str {
    let Some(rest) = payload.strip_prefix(PREFIX) else { return "" };
    let end = rest.iter().position(|&byte| byte == b'"').unwrap_or(0);
    std::str::from_utf8(&rest[..end]).unwrap_or("")
}

/// Reads a payload as `T`, leaving out the fields that `T` does not have.
pub(crate) fn parse<T: DeserializeOwned>(payload: &[u8]) -> Result<T, serde_json::Error> {
    serde_json::from_slice(payload)
}

fn tagged<T: Serialize>(kind: &str, record: &T) -> Result<Vec<u8>, StoreError> {
    let mut payload = Vec::with_capacity(256);
    payload.extend_from_slice(PREFIX);
    payload.extend_from_slice(kind.as_bytes());
    payload.push(b'"');
    let body = payload.len();
    serde_json::to_writer(&mut payload, record).map_err(|source| StoreError::Encode { source })?;
    // The body is an object: its opening brace becomes the comma behind the kind, or nothing when it is empty.
    match payload.get(body + 1) {
        Some(b'}') | None => drop(payload.drain(body..=body)),
        Some(_) => payload[body] = b',',
    }
    Ok(payload)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_comes_back_and_names_its_kind_first() {
        let record = Record::Rewind(RewindRecord { to: Some(7) });
        let payload = record.encode().unwrap();
        assert_eq!(payload, br#"{"t":"rewind","to":7}"#);
        assert_eq!(Record::decode(&payload).unwrap(), record);
        assert_eq!(Record::Unknown("x".into()).encode().unwrap(), br#"{"t":"x"}"#);
    }

    #[test]
    fn unknown_fields_and_kinds_are_skipped_and_missing_fields_filled() {
        let newer = br#"{"t":"metrics","step":3,"colour":"red","values":{"a":1}}"#;
        let Record::Metrics(metrics) = Record::decode(newer).unwrap() else { panic!("metrics expected") };
        assert_eq!((metrics.step, metrics.attempt, metrics.values["a"]), (3, 0, 1.0));
        assert_eq!(Record::decode(br#"{"t":"dream","x":1}"#).unwrap(), Record::Unknown("dream".into()));
    }

    #[test]
    fn a_sample_with_nan_geometry_is_still_readable() {
        let mut sample = SampleRecord { reward: f64::NAN, ..SampleRecord::default() };
        sample.axes.push(galley_core::Axis {
            name: "text".into(),
            value: f64::NAN,
            satisfied: false,
            weight: 1.0,
        });
        let payload = encode_sample(&sample).unwrap();
        let Record::Sample(back) = Record::decode(&payload).unwrap() else { panic!("sample expected") };
        assert!(back.reward.is_nan());
        assert_eq!(back.axes[0].value, 0.0);
    }
}
