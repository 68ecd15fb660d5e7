//! The two pipes between us and a worker: frames of JSON, replies with a body.

use std::{
    io,
    os::fd::{AsRawFd, OwnedFd, RawFd},
};

use serde_json::Value;

use crate::Deadline;

/// The most JSON that a worker may send before the body.
const MOST_HEADER: usize = 1 << 20;

/// Our ends. A worker that does not read or write costs no more than the deadline.
#[derive(Debug)]
pub(crate) struct Wire {
    requests: OwnedFd,
    replies: OwnedFd,
}

impl Wire {
    pub(crate) fn new(requests: OwnedFd, replies: OwnedFd) -> io::Result<Self> {
        nonblocking(&requests)?;
        Ok(Self { requests, replies })
    }

    pub(crate) fn send(&self, message: &Value, deadline: Deadline) -> io::Result<()> {
        let text = message.to_string();
        let mut bytes = (text.len() as u32).to_le_bytes().to_vec();
        bytes.extend(text.as_bytes());
        let mut rest = &bytes[..];
        while !rest.is_empty() {
            wait(self.requests.as_raw_fd(), libc::POLLOUT, deadline)?;
            // SAFETY: writes from a slice that lives through the call.
            let written = unsafe { libc::write(self.requests.as_raw_fd(), rest.as_ptr().cast(), rest.len()) };
            match usize::try_from(written) {
                Ok(count) => rest = &rest[count..],
                Err(_) if io::Error::last_os_error().kind() == io::ErrorKind::WouldBlock => {}
                Err(_) => return Err(io::Error::last_os_error()),
            }
        }
        Ok(())
    }

    pub(crate) fn receive(&self, deadline: Deadline) -> io::Result<(Value, Vec<u8>)> {
        let head = self.read(4, deadline)?;
        let length = u32::from_le_bytes([head[0], head[1], head[2], head[3]]) as usize;
        if length > MOST_HEADER {
            return Err(io::Error::other("the worker does not keep to its protocol"));
        }
        let header: Value = serde_json::from_slice(&self.read(length, deadline)?)?;
        let body = usize::try_from(header["bytes"].as_u64().unwrap_or(0)).unwrap_or(0);
        let body = self.read(body, deadline)?;
        Ok((header, body))
    }

    fn read(&self, count: usize, deadline: Deadline) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; count];
        let mut filled = 0;
        while filled < count {
            wait(self.replies.as_raw_fd(), libc::POLLIN, deadline)?;
            let rest = &mut bytes[filled..];
            // SAFETY: reads into a slice that lives through the call.
            let read = unsafe { libc::read(self.replies.as_raw_fd(), rest.as_mut_ptr().cast(), rest.len()) };
            match usize::try_from(read) {
                Ok(0) => return Err(io::Error::from(io::ErrorKind::UnexpectedEof)),
                Ok(count) => filled += count,
                Err(_) => return Err(io::Error::last_os_error()),
            }
        }
        Ok(bytes)
    }
}

fn nonblocking(fd: &OwnedFd) -> io::Result<()> {
    // SAFETY: changes a flag of our own descriptor.
    let done = unsafe { libc::fcntl(fd.as_raw_fd(), libc::F_SETFL, libc::O_NONBLOCK) };
    if done == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

fn wait(fd: RawFd, events: i16, deadline: Deadline) -> io::Result<()> {
    let mut waiting = libc::pollfd { fd, events, revents: 0 };
    let left = i32::try_from(deadline.left().as_millis()).unwrap_or(i32::MAX);
    // SAFETY: one structure that lives through the call.
    match unsafe { libc::poll(&raw mut waiting, 1, left) } {
        0 => Err(io::Error::from(io::ErrorKind::TimedOut)),
        1 => Ok(()),
        _ => match io::Error::last_os_error() {
            error if error.kind() == io::ErrorKind::Interrupted => wait(fd, events, deadline),
            error => Err(error),
        },
    }
}
