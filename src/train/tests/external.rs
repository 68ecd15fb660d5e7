//! A domain in another process that dies in the middle of a step: the step goes on without what was lost.

use super::{super::step::step, at_objective};

/// Draws a grey square and answers everything right, but dies of a quarter of all programs that are no reference.
const CHILD: &str = r##"
import hashlib, json, os, sys

def answer(ask):
    if ask["ask"] == "task":
        name = ask["split"] + str(ask["index"])
        return {"id": name, "prompt": [{"text": "draw " + name}], "reference": {"program": "even " + name}}
    if ask["ask"] == "score":
        return {"axes": {"seen": {"value": 0.5, "satisfied": len(ask["response"]) % 3 == 0}}}
    if not ask["program"].startswith("even ") and hashlib.sha256(ask["program"].encode()).digest()[0] % 4 == 0:
        os.kill(os.getpid(), 9)
    data = b"P6 16 16 255 " + bytes([90]) * 768
    name = hashlib.sha256(data).hexdigest()
    with open(os.path.join(media, name), "wb") as file:
        file.write(data)
    return {"image": name}

for ask in map(json.loads, sys.stdin):
    if "hello" in ask:
        media = ask["hello"]["media"]
        print(json.dumps({"galley": 1, "hello": {"name": "grey", "version": "1", "parts": ["task", "render", "score"],
            "tasks": {"train": 4, "held-out": 2}, "axes": [{"name": "seen"}]}}), flush=True)
    else:
        print(json.dumps({"id": ask["id"], "answer": answer(ask)}), flush=True)
"##;

#[test]
fn a_step_goes_on_without_the_rollouts_that_a_dying_process_lost() {
    let dir = tempfile::tempdir().expect("dir");
    let command = serde_json::json!(["python3", "-c", CHILD]);
    let command = format!("domain.external.command={command}");
    let settings = ["domain.name=external", &*command, "train.prompts=4", "train.group=4"];
    let (mut session, objective) = at_objective(dir.path(), &settings).expect("a session");
    let mut lost = 0.0;
    for _ in 0..2 {
        let numbers = step(&mut session, &*objective).expect("the step goes on");
        lost += numbers["harness-faults"];
        // What was drawn scores 0.5, an empty response 0, and what was lost nothing at all.
        assert_eq!(numbers["seen"], 0.5 * numbers["executed"], "{numbers:?}");
    }
    assert!(lost > 0.0 && lost < 32.0, "{lost} of 32 rollouts were lost");
    assert_eq!(session.state.rollouts as f64, 32.0 - lost);
}
