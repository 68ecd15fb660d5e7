//! A DevTools client over two pipes: JSON messages, each ended by a zero byte, for any number of sessions at once.
//!
//! A call is sent at once and waited for later, so that calls can be pipelined. One thread writes (a browser that reads
//! nothing must not block a caller beyond its deadline), one reads and hands every reply, unparsed, to its waiter.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{BufRead, BufReader, PipeReader, PipeWriter, Write},
    sync::{
        Arc,
        mpsc::{Receiver, RecvTimeoutError, Sender, channel},
    },
};

use galley_sandbox::Deadline;
use parking_lot::Mutex;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};

/// Why a call has no result.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
pub enum CallError {
    /// The browser is gone.
    #[error("the browser ended")]
    Dead,
    /// The page of this session is gone: crashed, killed or closed.
    #[error("the page crashed")]
    Crashed,
    /// The browser said no, or something that is no answer.
    #[error("the browser refused: {0}")]
    Refused(String),
    /// The browser said no before the page had anything to do with it.
    #[error("the tab was not ready: {0}")]
    Unready(String),
    /// Nothing came before the deadline.
    #[error("the browser did not answer in time")]
    Late,
    /// Another page kept the browser busy until the deadline.
    #[error("the browser was busy with another page")]
    Blocked,
}

/// One connection. Clones share it.
#[derive(Clone, Debug)]
pub struct Pipe {
    outgoing: Sender<Vec<u8>>,
    state: Arc<Mutex<State>>,
}

/// A call on its way.
#[must_use = "a call is made to be waited for"]
#[derive(Debug)]
pub struct Pending {
    id: u64,
    reply: Receiver<Result<Vec<u8>, CallError>>,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    calls: u64,
    waiting: BTreeMap<u64, Waiter>,
    /// Sessions whose page is gone.
    gone: BTreeSet<String>,
    dead: bool,
}

#[derive(Debug)]
struct Waiter {
    session: Option<String>,
    reply: Sender<Result<Vec<u8>, CallError>>,
}

impl CallError {
    /// The same, where no page can have brought it about.
    #[must_use]
    pub fn before_the_page(self) -> Self {
        if let Self::Refused(why) = self { Self::Unready(why) } else { self }
    }

    /// Whether it says that the window which held the page is not there any more.
    pub fn tells_of_another_window(&self) -> bool {
        const SAID: [&str; 5] =
            ["context", "navigated", "no frame", "frame with the given id", "promise was collected"];
        let Self::Refused(why) = self else { return false };
        let why = why.to_lowercase();
        SAID.iter().any(|said| why.contains(said))
    }
}

impl Pipe {
    /// Speaks through `writer` and listens on `reader` until either ends.
    pub fn new(writer: PipeWriter, reader: PipeReader) -> Self {
        let (outgoing, messages) = channel();
        let pipe = Self { outgoing, state: Arc::default() };
        std::thread::spawn(move || write_all(writer, &messages));
        let shared = pipe.clone();
        std::thread::spawn(move || {
            read_all(reader, &shared);
            shared.state.lock().die();
        });
        pipe
    }

    /// Sends a call to the browser itself, or to one of its sessions.
    pub fn send(&self, session: Option<&str>, method: &str, params: Value) -> Pending {
        let (sender, reply) = channel();
        let id = self.state.lock().expect_reply(session, sender);
        let mut message = json!({ "id": id, "method": method, "params": params });
        if let Some(session) = session {
            message["sessionId"] = session.into();
        }
        let mut bytes = message.to_string().into_bytes();
        bytes.push(0);
        // A writer that has ended means a dead pipe, of which the reader tells every waiter.
        if self.outgoing.send(bytes).is_err() {
            self.state.lock().die();
        }
        Pending { id, reply, state: Arc::clone(&self.state) }
    }

    /// Sends and waits.
    ///
    /// # Errors
    /// Those of [`Pending::wait`].
    pub fn call<T: DeserializeOwned>(
        &self,
        session: Option<&str>,
        method: &str,
        params: Value,
        deadline: Deadline,
    ) -> Result<T, CallError> {
        self.send(session, method, params).wait(deadline)
    }

    pub fn is_dead(&self) -> bool {
        self.state.lock().dead
    }
}

impl Pending {
    /// The result of the call.
    ///
    /// # Errors
    /// See [`CallError`]. After `Late` the reply, should it still come, is dropped.
    pub fn wait<T: DeserializeOwned>(self, deadline: Deadline) -> Result<T, CallError> {
        let reply = match self.reply.recv_timeout(deadline.left()) {
            Ok(reply) => reply?,
            Err(RecvTimeoutError::Timeout) => return Err(CallError::Late),
            Err(RecvTimeoutError::Disconnected) => return Err(CallError::Dead),
        };
        let reply: Reply<T> =
            serde_json::from_slice(&reply).map_err(|error| CallError::Refused(error.to_string()))?;
        match (reply.result, reply.error) {
            (Some(result), None) => Ok(result),
            (_, error) => {
                Err(CallError::Refused(error.map_or_else(|| "an empty reply".into(), |e| e.message)))
            }
        }
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        self.state.lock().waiting.remove(&self.id);
    }
}

impl State {
    fn expect_reply(&mut self, session: Option<&str>, reply: Sender<Result<Vec<u8>, CallError>>) -> u64 {
        self.calls += 1;
        let waiter = Waiter { session: session.map(str::to_owned), reply };
        if self.dead {
            waiter.fail(CallError::Dead);
        } else if session.is_some_and(|session| self.gone.contains(session)) {
            waiter.fail(CallError::Crashed);
        } else {
            self.waiting.insert(self.calls, waiter);
        }
        self.calls
    }

    fn die(&mut self) {
        self.dead = true;
        for (_, waiter) in std::mem::take(&mut self.waiting) {
            waiter.fail(CallError::Dead);
        }
    }

    /// Fails all calls of a session, now and in future.
    fn lose(&mut self, session: String) {
        let (lost, rest) = std::mem::take(&mut self.waiting)
            .into_iter()
            .partition(|(_, waiter)| waiter.session.as_deref() == Some(session.as_str()));
        self.waiting = rest;
        let lost: BTreeMap<u64, Waiter> = lost;
        lost.into_values().for_each(|waiter| waiter.fail(CallError::Crashed));
        self.gone.insert(session);
    }

    fn answer(&mut self, id: u64, message: Vec<u8>) {
        if let Some(waiter) = self.waiting.remove(&id) {
            waiter.tell(Ok(message));
        }
    }
}

impl Waiter {
    fn fail(&self, error: CallError) {
        self.tell(Err(error));
    }

    fn tell(&self, reply: Result<Vec<u8>, CallError>) {
        // Nobody listens any more: the caller gave up at its deadline.
        drop(self.reply.send(reply));
    }
}

fn write_all(mut writer: PipeWriter, messages: &Receiver<Vec<u8>>) {
    while let Ok(message) = messages.recv() {
        if writer.write_all(&message).is_err() {
            return;
        }
    }
}

fn read_all(reader: PipeReader, pipe: &Pipe) {
    let mut reader = BufReader::with_capacity(1 << 16, reader);
    loop {
        let mut message = Vec::new();
        match reader.read_until(0, &mut message) {
            Ok(length) if length > 0 => dispatch(message, pipe),
            _ => return,
        }
    }
}

fn dispatch(mut message: Vec<u8>, pipe: &Pipe) {
    message.pop();
    if let Some(id) = reply_id(&message) {
        return pipe.state.lock().answer(id, message);
    }
    let Ok(head) = serde_json::from_slice::<Head>(&message) else { return };
    if head.opens_a_dialog() {
        // The page stands still until it has an answer; nobody waits for what the browser says to this one.
        drop(pipe.send(
            head.session_id.as_deref(),
            "Page.handleJavaScriptDialog",
            json!({ "accept": false }),
        ));
    } else if let Some(id) = head.id {
        pipe.state.lock().answer(id, message);
    } else if let Some(session) = head.lost_session() {
        pipe.state.lock().lose(session);
    }
}

/// The id of a reply that begins with it, as the browser's do: megabytes of picture behind it need not be looked at.
fn reply_id(message: &[u8]) -> Option<u64> {
    let digits = message.strip_prefix(b"{\"id\":")?;
    let end = digits.iter().position(|byte| !byte.is_ascii_digit())?;
    std::str::from_utf8(&digits[..end]).ok()?.parse().ok()
}

/// As much of a message as routing needs; the rest is skipped, not built.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Head {
    id: Option<u64>,
    method: Option<String>,
    session_id: Option<String>,
    params: Option<HeadParams>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct HeadParams {
    session_id: Option<String>,
}

impl Head {
    fn opens_a_dialog(&self) -> bool {
        self.method.as_deref() == Some("Page.javascriptDialogOpening")
    }

    fn lost_session(self) -> Option<String> {
        match self.method?.as_str() {
            "Inspector.targetCrashed" => self.session_id,
            "Target.detachedFromTarget" => self.params?.session_id,
            _ => None,
        }
    }
}

#[derive(Deserialize)]
struct Reply<T> {
    result: Option<T>,
    error: Option<ReplyError>,
}

#[derive(Deserialize)]
struct ReplyError {
    message: String,
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn soon() -> Deadline {
        Deadline::after(Duration::from_secs(5))
    }

    /// A pipe whose other end is in the hands of the test.
    fn pair() -> (Pipe, BufReader<PipeReader>, PipeWriter) {
        let (theirs, writer) = std::io::pipe().unwrap();
        let (reader, answers) = std::io::pipe().unwrap();
        (Pipe::new(writer, reader), BufReader::new(theirs), answers)
    }

    #[test]
    fn replies_find_their_callers_in_any_order() {
        let (pipe, mut asked, mut answers) = pair();
        let first = pipe.send(None, "A.a", json!({}));
        let second = pipe.send(Some("s"), "B.b", json!({"x": "\0"}));
        let mut line = Vec::new();
        asked.read_until(0, &mut line).unwrap();
        asked.read_until(0, &mut line).unwrap();
        assert!(String::from_utf8(line).unwrap().contains("\"sessionId\":\"s\""));
        answers
            .write_all(b"{\"id\":2,\"result\":{\"v\":2}}\0{\"id\":1,\"error\":{\"message\":\"no\"}}\0")
            .unwrap();
        assert_eq!(first.wait::<Value>(soon()), Err(CallError::Refused("no".into())));
        assert_eq!(second.wait::<Value>(soon()).unwrap()["v"], 2);
    }

    #[test]
    fn a_crashed_page_fails_its_own_calls_and_a_dead_pipe_all() {
        let (pipe, _asked, mut answers) = pair();
        let (ours, theirs) = (pipe.send(Some("s"), "A.a", json!({})), pipe.send(Some("t"), "A.a", json!({})));
        answers
            .write_all(b"{\"method\":\"Inspector.targetCrashed\",\"sessionId\":\"s\",\"params\":{}}\0")
            .unwrap();
        assert_eq!(ours.wait::<Value>(soon()), Err(CallError::Crashed));
        assert_eq!(pipe.call::<Value>(Some("s"), "A.a", json!({}), soon()), Err(CallError::Crashed));
        drop(answers);
        assert_eq!(theirs.wait::<Value>(soon()), Err(CallError::Dead));
        assert!(pipe.is_dead());
    }

    #[test]
    fn silence_is_late() {
        let (pipe, _asked, _answers) = pair();
        assert_eq!(
            pipe.call::<Value>(None, "A.a", json!({}), Deadline::after(Duration::ZERO)),
            Err(CallError::Late)
        );
    }
}
