//! The far end of a pipe, where the browser is a remote one.

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, PipeReader, PipeWriter, Write},
    sync::{
        Arc,
        mpsc::{Receiver, Sender, channel},
    },
    time::Duration,
};

use headless_chrome::{
    browser::transport::{SessionId, Transport},
    protocol::cdp::types::Event,
};
use parking_lot::Mutex;
use serde_json::json;

use super::{
    dialect::Dialect,
    methods,
    request::{Failure, Request, reply},
};
use crate::browser::Pipe;

/// Silence after which the transport ends a connection, and the most that it waits for one answer.
pub const IDLE: Duration = Duration::from_secs(120);

/// A connection to a remote browser; closed on drop.
#[derive(Debug)]
pub struct Bridge {
    link: Arc<Link>,
}

#[derive(Debug)]
struct Link {
    transport: Transport,
    dialect: Dialect,
    /// To the pipe; nothing once the connection is over.
    answers: Mutex<Option<PipeWriter>>,
}

impl Bridge {
    /// Connects to the websocket address `url`, and says what the browser calls itself and its version.
    ///
    /// # Errors
    /// Where nothing answers there, or no browser.
    pub fn connect(url: &str) -> Result<(Self, Pipe, String), String> {
        let url = url.parse().map_err(|error| format!("{url}: {error}"))?;
        let transport = Transport::new(url, None, IDLE, None).map_err(|error| error.to_string())?;
        let version = methods::call(&transport, None, "Browser.getVersion", json!({}));
        let dialect = Dialect::open(&transport).map_err(|error| error.to_string())?;
        let product = version.map_err(|error| error.to_string())?["product"].as_str().map(str::to_owned);
        let pipes = std::io::pipe().and_then(|asked| Ok((asked, std::io::pipe()?)));
        let ((asked, writer), (reader, answers)) = pipes.map_err(|error| error.to_string())?;
        let link = Arc::new(Link { transport, dialect, answers: Mutex::new(Some(answers)) });
        link.watch();
        let router = Arc::clone(&link);
        std::thread::spawn(move || router.route(asked));
        let product = product.unwrap_or_else(|| "a browser without a name".into());
        Ok((Self { link }, Pipe::new(writer, reader), product))
    }

    /// Ends the connection, and with it the pages that were opened on it.
    pub fn close(&self) {
        self.link.hang_up();
        self.link.transport.shutdown();
    }
}

impl Drop for Bridge {
    fn drop(&mut self) {
        self.close();
    }
}

impl Link {
    /// Hands each call to the thread of its session. Never waits, so that what stops a page comes through.
    fn route(self: Arc<Self>, asked: PipeReader) {
        let mut asked = BufReader::with_capacity(1 << 16, asked);
        let mut sessions: BTreeMap<Option<String>, Sender<Request>> = BTreeMap::new();
        loop {
            let mut message = Vec::new();
            match asked.read_until(0, &mut message) {
                Ok(length) if length > 0 => message.pop(),
                _ => return,
            };
            let Ok(request) = serde_json::from_slice::<Request>(&message) else { continue };
            if let Some(answer) = self.dialect.answer(&request) {
                self.say(&reply(request.id, &Ok(answer)));
            } else if request.is_urgent() {
                let link = Arc::clone(&self);
                std::thread::spawn(move || link.perform(request));
            } else {
                let session = request.session_id.clone();
                let queue = sessions.entry(session).or_insert_with_key(|session| self.serve(session.clone()));
                if queue.send(request).is_err() {
                    return self.hang_up();
                }
            }
        }
    }

    /// A thread that makes the calls of a session, one after the other.
    fn serve(self: &Arc<Self>, session: Option<String>) -> Sender<Request> {
        let (queue, requests) = channel();
        if let Some(session) = session {
            let events = self.transport.listen_to_target_events(SessionId::from(session.clone()));
            let link = Arc::clone(self);
            std::thread::spawn(move || link.listen(&session, &events));
        }
        let link = Arc::clone(self);
        std::thread::spawn(move || requests.iter().for_each(|request: Request| link.perform(request)));
        queue
    }

    fn perform(&self, request: Request) {
        let id = request.id;
        let result = self.dialect.perform(&self.transport, request);
        if result == Err(Failure::Closed) {
            return self.hang_up();
        }
        self.say(&reply(id, &result));
    }

    /// Tells the pipe of what it must know: dialogs, which hold a page up, and crashes.
    fn listen(&self, session: &str, events: &Receiver<Event>) {
        // To the end: the transport fails where nobody listens any more.
        for event in events {
            let method = match event {
                Event::PageJavascriptDialogOpening(_) => "Page.javascriptDialogOpening",
                Event::InspectorTargetCrashed(_) => "Inspector.targetCrashed",
                _ => continue,
            };
            let event = json!({ "method": method, "sessionId": session, "params": {} });
            self.say(format!("{event}\0").as_bytes());
        }
    }

    /// Hangs up when the transport does.
    fn watch(self: &Arc<Self>) {
        let (events, link) = (self.transport.listen_to_browser_events(), Arc::clone(self));
        std::thread::spawn(move || {
            events.iter().for_each(drop);
            link.hang_up();
        });
    }

    fn say(&self, message: &[u8]) {
        let mut answers = self.answers.lock();
        if answers.as_mut().is_some_and(|answers| answers.write_all(message).is_err()) {
            *answers = None;
        }
    }

    fn hang_up(&self) {
        *self.answers.lock() = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_there_is_said() {
        // A port that was free a moment ago.
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        assert!(Bridge::connect(&format!("ws://127.0.0.1:{port}/devtools/browser/x")).is_err());
        assert!(Bridge::connect("ws://").is_err());
    }
}
