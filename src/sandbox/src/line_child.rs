//! A program that is spoken to in lines: a request on its standard input, an answer on its standard output.
//!
//! Nothing that it does costs more than the deadline of the request and the longest line that is taken: it may end, hang,
//! close its pipes, write without end or not read. What it says on standard error is read as it comes, so that it never
//! blocks there, and the end of it is kept to be quoted.

use std::{
    fs::File,
    io::{self, Read, Write},
    os::fd::{AsRawFd, OwnedFd, RawFd},
    process::{Command, ExitStatus},
    time::Duration,
};

use crate::{Deadline, ProcessGroup};

/// Bytes of standard error that are kept.
const KEPT: usize = 2048;

/// What a program that closed a pipe gets to end by itself, and to say why.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// Why there is no answer. Whatever it is, the program is of no use any more.
#[derive(Debug, thiserror::Error)]
pub enum LineError {
    #[error("it ended ({0})")]
    Ended(ExitStatus),
    #[error("it closed its standard {0}")]
    Closed(&'static str),
    #[error("it did not answer in time")]
    Late,
    #[error("it did not read the request in time")]
    Deaf,
    #[error("it wrote more than {0} bytes without a line break")]
    Flood(usize),
    #[error("its pipes failed: {0}")]
    Io(#[from] io::Error),
}

/// A running program; killed with its group when dropped.
#[derive(Debug)]
pub struct LineChild {
    group: ProcessGroup,
    input: File,
    output: File,
    errors: Option<File>,
    /// Read and not yet given out.
    pending: Vec<u8>,
    /// The longest line, in bytes.
    most: usize,
    said: Vec<u8>,
}

impl LineChild {
    /// Starts `command`, whose lines have at most `most` bytes.
    ///
    /// # Errors
    /// Those of [`Command::spawn`].
    pub fn start(mut command: Command, most: usize) -> io::Result<Self> {
        let (child_input, input) = io::pipe()?;
        let (output, child_output) = io::pipe()?;
        let (errors, child_errors) = io::pipe()?;
        command.stdin(child_input).stdout(child_output).stderr(child_errors);
        let group = ProcessGroup::spawn(command, Vec::new())?;
        let [input, output, errors] = [input.into(), output.into(), errors.into()].map(nonblocking);
        let (pending, said) = (Vec::new(), Vec::new());
        Ok(Self { group, input: input?, output: output?, errors: Some(errors?), pending, most, said })
    }

    /// The process id.
    pub fn id(&self) -> u32 {
        self.group.id()
    }

    pub fn is_running(&self) -> bool {
        self.group.is_running()
    }

    /// Sends a line and waits for the next one, both without their line breaks.
    ///
    /// # Errors
    /// [`LineError`]; after one it should be dropped.
    pub fn exchange(&mut self, request: &str, deadline: Deadline) -> Result<Vec<u8>, LineError> {
        let line = [request.as_bytes(), b"\n"].concat();
        let outcome = self.converse(&line, deadline);
        if outcome.is_err() {
            self.listen_to_last_words(matches!(outcome, Err(LineError::Closed(_))));
        }
        match (outcome, self.group.ended()) {
            (Err(LineError::Closed(_)), Some(status)) => Err(LineError::Ended(status)),
            (outcome, _) => outcome,
        }
    }

    /// The end of what it said on standard error; empty where it said nothing.
    pub fn said(&self) -> String {
        let plain = |c: char| if c == '\n' || c == '\t' || !c.is_control() { c } else { ' ' };
        let text: String = String::from_utf8_lossy(&self.said).trim_end().chars().map(plain).collect();
        let from = text.ceil_char_boundary(text.len().saturating_sub(KEPT));
        if from > 0 { format!("… {}", &text[from..]) } else { text }
    }

    fn converse(&mut self, mut rest: &[u8], deadline: Deadline) -> Result<Vec<u8>, LineError> {
        let mut searched = 0;
        loop {
            if rest.is_empty()
                && let Some(at) = self.pending[searched..].iter().position(|byte| *byte == b'\n')
            {
                let mut line: Vec<u8> = self.pending.drain(..=searched + at).collect();
                line.pop();
                return Ok(line);
            }
            searched = if rest.is_empty() { self.pending.len() } else { 0 };
            if self.pending.len() > self.most {
                return Err(LineError::Flood(self.most));
            }
            let late = if rest.is_empty() { LineError::Late } else { LineError::Deaf };
            let Some(ready) = self.wait(!rest.is_empty(), deadline)? else { return Err(late) };
            if ready[0] {
                rest = &rest[self.send(rest)?..];
            }
            if ready[1] && receive(&mut self.output, &mut self.pending)? == Some(0) {
                return Err(LineError::Closed("output"));
            }
            if ready[2] {
                self.listen();
            }
        }
    }

    fn send(&mut self, bytes: &[u8]) -> Result<usize, LineError> {
        match self.input.write(bytes) {
            Ok(count) => Ok(count),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(0),
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Err(LineError::Closed("input")),
            Err(error) => Err(error.into()),
        }
    }

    /// Reads a piece of standard error, and forgets all but the end.
    fn listen(&mut self) {
        let Some(errors) = &mut self.errors else { return };
        if !matches!(receive(errors, &mut self.said), Ok(None | Some(1..))) {
            self.errors = None;
        }
        let before = self.said.len().saturating_sub(KEPT + 1);
        self.said.drain(..before);
    }

    /// Waits for the end of a program that seems to be at it, and reads what it said.
    fn listen_to_last_words(&mut self, ending: bool) {
        let deadline = Deadline::after(if ending { LAST_WORDS } else { Duration::ZERO });
        let mut pieces = 0;
        while self.errors.is_some() && pieces < 64 {
            match self.poll(false, false, deadline) {
                Ok(Some(_)) => self.listen(),
                Ok(None) | Err(_) => break,
            }
            pieces += 1;
        }
        while ending && self.group.is_running() && !deadline.passed() {
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// Which of input, output and errors can be written or read; `None` once the deadline has passed.
    fn wait(&self, writing: bool, deadline: Deadline) -> io::Result<Option<[bool; 3]>> {
        if deadline.passed() { Ok(None) } else { self.poll(writing, true, deadline) }
    }

    fn poll(&self, writing: bool, reading: bool, deadline: Deadline) -> io::Result<Option<[bool; 3]>> {
        let asked = |fd: Option<RawFd>, events| libc::pollfd { fd: fd.unwrap_or(-1), events, revents: 0 };
        let mut all = [
            asked(writing.then(|| self.input.as_raw_fd()), libc::POLLOUT),
            asked(reading.then(|| self.output.as_raw_fd()), libc::POLLIN),
            asked(self.errors.as_ref().map(AsRawFd::as_raw_fd), libc::POLLIN),
        ];
        let left = i32::try_from(deadline.left().as_millis()).unwrap_or(i32::MAX);
        // SAFETY: three structures that live through the call.
        match unsafe { libc::poll(all.as_mut_ptr(), 3, left) } {
            0 => Ok(None),
            1.. => Ok(Some(all.map(|one| one.revents != 0))),
            _ => match io::Error::last_os_error() {
                error if error.kind() == io::ErrorKind::Interrupted => Ok(Some([false; 3])),
                error => Err(error),
            },
        }
    }
}

/// Appends what is there, a piece of it: `None` where nothing is, 0 at the end.
fn receive(file: &mut File, into: &mut Vec<u8>) -> io::Result<Option<usize>> {
    let mut piece = [0; 1 << 16];
    match file.read(&mut piece) {
        Ok(count) => {
            into.extend_from_slice(&piece[..count]);
            Ok(Some(count))
        }
        Err(error) if [io::ErrorKind::WouldBlock, io::ErrorKind::Interrupted].contains(&error.kind()) => {
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

fn nonblocking(fd: OwnedFd) -> io::Result<File> {
    // SAFETY: changes a flag of our own descriptor.
    let done = unsafe { libc::fcntl(fd.as_raw_fd(), libc::F_SETFL, libc::O_NONBLOCK) };
    if done == 0 { Ok(File::from(fd)) } else { Err(io::Error::last_os_error()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(script: &str, request: &str, budget: Duration) -> (Result<String, String>, String) {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", script]);
        let mut child = LineChild::start(command, 1 << 16).unwrap();
        let answer = child.exchange(request, Deadline::after(budget));
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (answer.map(text).map_err(|error| error.to_string()), child.said())
    }

    #[test]
    fn a_line_is_answered_by_a_line() {
        let minute = Duration::from_secs(60);
        assert_eq!(ask("read x; echo hello >&2; echo got $x", "it", minute).0.unwrap(), "got it");
        // More than the pipes hold, both ways, and a flood of errors beside it.
        let long = "x".repeat(400_000);
        let echo = "head -c 1000000 /dev/zero | tr '\\0' e >&2; read x; echo ${#x}";
        let (answer, said) = ask(echo, &long, minute);
        assert_eq!(answer.unwrap(), "400000");
        assert!(said.starts_with("… eee") && said.len() < KEPT + 10, "{}", said.len());
    }

    #[test]
    fn every_way_to_fail_has_its_name() {
        let (minute, moment) = (Duration::from_secs(60), Duration::from_millis(150));
        for (script, request, budget, name) in [
            ("echo sorry >&2; exit 3", "a", minute, "it ended (exit status: 3)"),
            ("kill -9 $$", "a", minute, "it ended (signal: 9 (SIGKILL))"),
            ("exec >&-; sleep 600", "a", minute, "it closed its standard output"),
            ("read x; sleep 600", "a", moment, "it did not answer in time"),
            ("sleep 600", &*"x".repeat(400_000), moment, "it did not read the request in time"),
            ("tr '\\0' a < /dev/zero", "a", minute, "it wrote more than 65536 bytes without a line break"),
        ] {
            assert_eq!(ask(script, request, budget).0.unwrap_err(), name, "{script}");
        }
        let deaf = ask("exec <&-; sleep 600", &"x".repeat(400_000), minute).0.unwrap_err();
        assert_eq!(deaf, "it closed its standard input");
        assert_eq!(ask("echo sorry >&2; exit 3", "a", minute).1, "sorry");
    }
}
