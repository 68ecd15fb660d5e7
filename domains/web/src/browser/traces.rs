//! Which calls of a page's scripts made its elements.
//!
//! The browser keeps the stack of every node that a script makes (`DOM.setNodeStackTracesEnabled`, for tabs with scripts)
//! and tells it of one node at a time; all are asked for at once. Nodes that the parser makes have none.

use std::collections::BTreeMap;

use galley_sandbox::Deadline;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{CallError, pipe::Pending};

/// Elements that are asked about; a page with more shows where they come from with the first.
const MOST: usize = 1000;

/// The stacks of elements by their place in the report of `boxes.js`, innermost call first.
pub type Traces = BTreeMap<usize, Vec<Frame>>;

/// A call.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Frame {
    /// Empty for the text of a script itself; the name of an event handler for its attribute.
    pub function_name: String,
    pub script_id: String,
    /// Of the document for its own scripts; empty for text that was evaluated.
    pub url: String,
    /// From 0, in the document.
    pub line_number: usize,
    /// From 0, in UTF-16 units.
    pub column_number: usize,
}

/// The stacks of the elements that `boxes` lists as without a number; `send` speaks to the page they are in, and
/// `context` is the world of `boxes.js`. A page whose elements are gone or that refuses has none.
///
/// # Errors
/// Those of a call but `Refused`.
pub fn traces(
    send: impl Fn(&str, Value) -> Pending,
    context: u64,
    boxes: &str,
    deadline: Deadline,
) -> Result<Traces, CallError> {
    let Made { made } = serde_json::from_str(boxes).unwrap_or_default();
    if made.is_empty() {
        return Ok(Traces::new());
    }
    let nodes = lenient(nodes(&send, context, deadline), Vec::new())?;
    let asked: Vec<_> = made
        .into_iter()
        .zip(nodes)
        .map(|(place, node)| (place, send("DOM.getNodeStackTraces", json!({ "nodeId": node }))))
        .collect();
    let mut traces = Traces::new();
    for (place, answer) in asked {
        let stacks: Stacks = lenient(answer.wait(deadline), Stacks::default())?;
        traces.extend(stacks.creation.map(|stack| (place, stack.call_frames)));
    }
    Ok(traces)
}

/// The nodes of `galleyMade`, in its order.
fn nodes(
    send: &impl Fn(&str, Value) -> Pending,
    context: u64,
    deadline: Deadline,
) -> Result<Vec<u64>, CallError> {
    // Nodes have numbers only while somebody holds their document.
    let document = send("DOM.getDocument", json!({ "depth": 0 }));
    let list = send("Runtime.evaluate", json!({ "expression": "galleyMade", "contextId": context }));
    document.wait::<Value>(deadline)?;
    let Evaluated { result } = list.wait(deadline)?;
    let members =
        send("Runtime.getProperties", json!({ "objectId": result.object_id, "ownProperties": true }));
    let Properties { result: members } = members.wait(deadline)?;
    let elements = members.into_iter().filter(|member| member.name.parse::<usize>().is_ok()).take(MOST);
    let asked: Vec<Pending> = elements
        .map(|member| {
            send("DOM.requestNode", json!({ "objectId": member.value.and_then(|value| value.object_id) }))
        })
        .collect();
    asked.into_iter().map(|answer| Ok(answer.wait::<Node>(deadline)?.node_id)).collect()
}

/// What a page refuses is nothing that it could not also have hidden.
fn lenient<T>(result: Result<T, CallError>, instead: T) -> Result<T, CallError> {
    match result {
        Err(CallError::Refused(_)) => Ok(instead),
        other => other,
    }
}

#[derive(Default, Deserialize)]
struct Made {
    made: Vec<usize>,
}

#[derive(Deserialize)]
struct Evaluated {
    result: Remote,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Remote {
    object_id: Option<String>,
}

#[derive(Deserialize)]
struct Properties {
    result: Vec<Property>,
}

#[derive(Deserialize)]
struct Property {
    name: String,
    value: Option<Remote>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Node {
    node_id: u64,
}

#[derive(Default, Deserialize)]
struct Stacks {
    creation: Option<Stack>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Stack {
    call_frames: Vec<Frame>,
}
