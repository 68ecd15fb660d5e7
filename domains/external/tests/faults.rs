//! Every way in which the other program can fail has its name, costs no more than its deadline, and leaves the next
//! question to a fresh copy.

use std::{path::Path, sync::Arc, time::Duration};

use galley_core::{BuildContext, Domain, DomainError, Split, Task, assess};
use galley_external::{ExternalConfig, ExternalDomain};

/// A domain of one-word programs that draws nothing but one pixel, and does what the program says instead.
const CHILD: &str = r##"
import hashlib, json, os, sys, time

def say(text): print(text, flush=True)

def answer(ask):
    word = ask.get("program", "").strip()
    if word == "once" and not os.path.exists(ask_file): open(ask_file, "w").close(); os.kill(os.getpid(), 9)
    if word == "kill": os.kill(os.getpid(), 9)
    if word == "exit": print("out of paint", file=sys.stderr); sys.exit(3)
    if word == "hang": time.sleep(600)
    if word == "close": os.close(1); time.sleep(600)
    if word == "deaf": os.close(0); os.close(1); time.sleep(600)
    if word == "flood":
        while True: sys.stdout.write("x" * 1000000)
    if word == "chatter": say("loading\nloading\nloading")
    if word == "other": say(json.dumps({"id": 4711, "answer": {}}))
    if word == "type": return {"image": picture(), "elements": [{"kind": "dot", "region": "here"}]}
    if word == "lost": return {"image": "0" * 64}
    if word == "stderr": sys.stderr.write("noise " * 200000)
    if word == "report": return None
    if word == "unfinished": say('{"id": ')
    if ask["ask"] == "task": return {"id": ask["split"] + str(ask["index"]), "reference": {"program": "dot"}}
    if ask["ask"] == "score":
        if ask["response"] == "unscored": os.kill(os.getpid(), 9)
        return {"axes": {"dot": {"value": 1, "satisfied": True}}}
    return {"image": picture(), "elements": [{"kind": "dot", "line": 1, "region": [0, 0, 1, 1]}]}

def picture():
    data = b"P6 1 1 255 abc"
    name = hashlib.sha256(data).hexdigest()
    with open(os.path.join(media, name), "wb") as file: file.write(data)
    return name

for line in sys.stdin:
    ask = json.loads(line)
    if "hello" in ask:
        media, ask_file = ask["hello"]["media"], ask["hello"]["options"].get("file", "/")
        say(json.dumps({"galley": 1, "hello": {"name": "dots", "version": "1", "parts": ["task", "render", "score"],
            "tasks": {"train": 2, "held-out": 1}, "axes": [{"name": "dot"}]}}))
    else:
        found = answer(ask)
        say(json.dumps({"id": ask["id"], "answer": found} if found else {"id": ask["id"], "error": "no paint today"}))
"##;

fn config(code: &str) -> ExternalConfig {
    let command = ["python3", "-c", code].map(String::from).to_vec();
    ExternalConfig { command, workers: 1, ..ExternalConfig::default() }
}

fn start(config: &ExternalConfig) -> Result<ExternalDomain, DomainError> {
    let context = BuildContext { seed: 1, cache: Default::default(), workers: 1, similarity: None };
    ExternalDomain::new(config, &context)
}

fn dots() -> (ExternalDomain, Arc<Task>) {
    let domain = start(&config(CHILD)).expect("it introduces itself");
    let task = domain.tasks(Split::Train).unwrap().get(0).unwrap();
    (domain, task)
}

const SECONDS: Duration = Duration::from_secs(20);
const MOMENT: Duration = Duration::from_millis(50);

#[test]
fn every_fault_of_a_question_has_its_name_and_the_next_question_is_answered() {
    let (domain, task) = dots();
    for (word, deadline, name) in [
        ("kill", SECONDS, "asked for `render`: it ended (signal: 9 (SIGKILL))"),
        ("exit", SECONDS, "it ended (exit status: 3); it said:\n  out of paint"),
        ("hang", MOMENT, "it did not answer in time"),
        ("close", SECONDS, "it closed its standard output"),
        ("flood", SECONDS, "it wrote more than 8388608 bytes without a line break"),
        (
            "chatter",
            SECONDS,
            "what it wrote on standard output is no JSON (expected value at line 1 column 1); the line begins with \"loading\"",
        ),
        ("unfinished", SECONDS, "is no JSON (EOF while parsing a value"),
        ("other", SECONDS, "`id`: it answers 4711, and was asked "),
        (
            "type",
            SECONDS,
            "`answer.elements[0].region`: expected [x, y, width, height], no size below 0, found \"here\"; the line begins with \"{\\\"id\\\"",
        ),
        ("lost", SECONDS, "`answer.image`: there is no picture 0000"),
        ("report", SECONDS, "it reports an error: no paint today"),
    ] {
        let error = assess(&domain, &task, word, deadline).expect_err(word);
        assert!(matches!(error, DomainError::Harness { .. }), "{word}: {error:?}");
        assert!(error.to_string().contains(name), "{word}: {error}");
    }
    // A judgement that is lost is no score of 0 either.
    let error = assess(&domain, &task, "unscored", SECONDS).expect_err("no score").to_string();
    assert!(error.contains("asked for `score`: it ended (signal: 9"), "{error}");
    let judged = assess(&domain, &task, "dot", SECONDS).expect("a fresh copy answers");
    assert_eq!((judged.score.reward, judged.statements.len()), (1.0, 1));
}

#[test]
fn a_copy_that_is_killed_once_or_talks_without_end_on_standard_error_costs_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("killed");
    let config = ExternalConfig { options: serde_json::json!({ "file": file }), ..config(CHILD) };
    let domain = start(&config).unwrap();
    assert!(domain.renderer().render("once", SECONDS).unwrap().ok());
    assert!(Path::new(&file).exists(), "it was killed");
    assert!(domain.renderer().render("stderr", SECONDS).unwrap().ok());
    // It closes its input behind the answer's back: the next question finds out, and goes to another copy.
    assert!(domain.renderer().render("deaf", MOMENT).is_err());
    assert!(domain.renderer().render("dot", SECONDS).unwrap().ok());
}

#[test]
fn a_command_that_does_not_introduce_itself_is_a_mistake_of_the_recipe() {
    let hello = |hello: &str| config(&format!("input(); print('''{hello}''', flush=True); input()"));
    let missing = ExternalConfig { command: vec!["no-such-program".into()], ..ExternalConfig::default() };
    let silent = ExternalConfig { timeout: "200ms".into(), ..config("import time; time.sleep(600)") };
    for (config, name) in [
        (missing, "the command cannot be started: No such file or directory"),
        (config("import nonsense"), "it ended (exit status: 1); it said:\n  Traceback"),
        (silent, "asked for `hello`: it did not answer in time"),
        (
            hello(r#"{"galley": 2, "hello": {}}"#),
            "it speaks version 2 of the wire, and this galley speaks version 1",
        ),
        (hello(r#"{"hello": {}}"#), "`galley`: is missing"),
        (hello(r#"{"galley": 1, "hello": {"name": 7}}"#), "`hello.name`: expected a string, found 7"),
    ] {
        let error = start(&config).err().expect(name);
        assert!(matches!(error, DomainError::Setup { .. }), "{error:?}");
        let text = error.to_string();
        assert!(text.contains("[domain.external] command: `") && text.contains(name), "{text}");
    }
    assert!(start(&ExternalConfig::default()).unwrap().tasks(Split::Train).is_err(), "there is no command");
}

#[test]
fn a_jailed_program_has_no_network() {
    let code = CHILD.replace("def say", "open('/dev/null'); net = [line.split(':')[0].strip() for line in open('/proc/net/dev') if ':' in line]\ndef say")
        .replace("\"dots\"", "','.join(net)");
    let domain = match start(&ExternalConfig { sandbox: "required".into(), ..config(&code) }) {
        Ok(domain) => domain,
        // A host without namespaces says so, and starts nothing.
        Err(error) => return assert!(error.to_string().contains("[domain.external] sandbox: ")),
    };
    let version = domain.renderer().version();
    assert!(
        version.split([',', ' ']).all(|name| ["lo", "1"].contains(&name) || name.ends_with('0')),
        "{version}"
    );
}
