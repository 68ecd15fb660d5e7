//! Where a remote browser is.

use std::{
    fmt,
    io::{Read, Write},
    net::{TcpStream, ToSocketAddrs},
    str::FromStr,
    time::Duration,
};

use galley_core::DomainError;
use serde::Deserialize;

/// How long a host may take to accept a connection, or to answer over HTTP.
const PATIENCE: Duration = Duration::from_secs(5);

/// More than any `/json/version`.
const LONGEST: u64 = 1 << 20;

/// `ws://host:port/path`, the address of a browser; or `http://host:port`, where one is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    scheme: Scheme,
    /// Host and port.
    host: String,
    path: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scheme {
    Http,
    Ws,
}

impl FromStr for Endpoint {
    type Err = DomainError;

    fn from_str(text: &str) -> Result<Self, DomainError> {
        let wrong = || {
            DomainError::setup(
                format!("[domain.web] endpoints: `{text}` is no address of a browser"),
                "write ws://host:port/devtools/browser/… or http://host:port; encrypted ones (wss, https) need a tunnel",
            )
        };
        let schemes = [("ws://", Scheme::Ws), ("http://", Scheme::Http)];
        let known = schemes.iter().find_map(|(name, scheme)| Some((*scheme, text.strip_prefix(name)?)));
        let (scheme, rest) = known.ok_or_else(wrong)?;
        let (host, path) = rest.find('/').map_or((rest, ""), |slash| rest.split_at(slash));
        let clean = !text.chars().any(|c| c.is_whitespace() || c.is_control() || c == '@');
        if host.is_empty() || host.starts_with(':') || !clean {
            return Err(wrong());
        }
        let port = host.rsplit(':').next().is_some_and(|port| port.parse::<u16>().is_ok());
        let host = if port { host.to_owned() } else { format!("{host}:80") };
        Ok(Self { scheme, host, path: path.to_owned() })
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = match self.scheme {
            Scheme::Http => "http",
            Scheme::Ws => "ws",
        };
        write!(formatter, "{scheme}://{}{}", self.host, self.path)
    }
}

impl Endpoint {
    /// The websocket address of the browser, once its host has accepted a connection.
    ///
    /// # Errors
    /// Where it does not, or gives no such address.
    pub fn resolve(&self) -> Result<String, String> {
        let stream = self.dial()?;
        match self.scheme {
            Scheme::Ws => Ok(self.to_string()),
            Scheme::Http => self.ask(stream),
        }
    }

    fn dial(&self) -> Result<TcpStream, String> {
        let addresses = self.host.to_socket_addrs().map_err(|error| error.to_string())?;
        let mut last = "the host has no address".to_owned();
        for address in addresses {
            match TcpStream::connect_timeout(&address, PATIENCE) {
                Ok(stream) => return Ok(stream),
                Err(error) => last = error.to_string(),
            }
        }
        Err(last)
    }

    /// Asks for `/json/version`.
    fn ask(&self, mut stream: TcpStream) -> Result<String, String> {
        let path = self.path.trim_end_matches('/');
        let request =
            format!("GET {path}/json/version HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", self.host);
        let mut answer = Vec::new();
        let read = stream
            .set_read_timeout(Some(PATIENCE))
            .and_then(|()| stream.write_all(request.as_bytes()))
            .and_then(|()| read_answer(stream, &mut answer));
        read.map_err(|error| error.to_string())?;
        address(&answer)
    }
}

/// Reads to the end of the body that the head announces, or of the stream: some servers keep it open.
fn read_answer(stream: TcpStream, answer: &mut Vec<u8>) -> std::io::Result<()> {
    let mut stream = stream.take(LONGEST);
    let mut piece = [0; 4096];
    while !is_complete(answer) {
        match stream.read(&mut piece)? {
            0 => break,
            length => answer.extend(&piece[..length]),
        }
    }
    Ok(())
}

fn is_complete(answer: &[u8]) -> bool {
    let text = String::from_utf8_lossy(answer).to_lowercase();
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length =
        head.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse::<usize>().ok());
    length.is_some_and(|length| body.len() >= length)
}

/// The JSON object of a body, which may come as one chunk between its lengths.
fn object(body: &str) -> &str {
    body.find('{').zip(body.rfind('}')).and_then(|(start, end)| body.get(start..=end)).unwrap_or(body)
}

fn address(answer: &[u8]) -> Result<String, String> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Version {
        web_socket_debugger_url: String,
    }
    let text = String::from_utf8_lossy(answer);
    let (head, body) = text.split_once("\r\n\r\n").ok_or("no HTTP answer")?;
    let status = head.lines().next().unwrap_or_default();
    if status.split_whitespace().nth(1) != Some("200") {
        return Err(format!("/json/version: {status}"));
    }
    let version: Version =
        serde_json::from_str(object(body)).map_err(|error| format!("/json/version: {error}"))?;
    Ok(version.web_socket_debugger_url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_or_refused() {
        for good in ["ws://a:1/devtools/browser/x", "http://127.0.0.1:9222", "http://[::1]:9222/base"] {
            assert_eq!(good.parse::<Endpoint>().unwrap().to_string(), good);
        }
        assert_eq!("http://grid".parse::<Endpoint>().unwrap().to_string(), "http://grid:80");
        for bad in ["", "wss://a:1/x", "a:1", "ws://", "http://:1", "http://a b:1", "http://a:1\r\nX: y"] {
            assert!(bad.parse::<Endpoint>().is_err(), "{bad}");
        }
    }

    #[test]
    fn the_answer_of_a_browser_is_read() {
        let answer = b"HTTP/1.1 200 OK\r\nContent-Length:34\r\n\r\n{\"webSocketDebuggerUrl\":\"ws://a/b\"}";
        assert_eq!(address(answer).unwrap(), "ws://a/b");
        assert!(is_complete(answer) && !is_complete(&answer[..50]));
        assert!(address(b"HTTP/1.1 404 Not Found\r\n\r\n").unwrap_err().contains("404"));
        assert!(address(b"hello").is_err());
    }
}
