//! Who tries to reach this machine: TCP and UDP on one port of all its addresses, and a name server.

use std::{
    collections::BTreeMap,
    io::{Read, Write},
    net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream, UdpSocket},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use parking_lot::Mutex;

/// Where the name server listens, on the one port that names are asked at.
const NAMES: (Ipv4Addr, u16) = (Ipv4Addr::new(127, 77, 77, 77), 53);

/// The only names that count: a browser also asks for names of its own.
const LEAK: &[u8] = b"galley-leak";

/// Counts by what was heard: `tcp /path`, `udp`, `dns name`.
#[derive(Clone)]
pub struct Listener {
    heard: Arc<Mutex<BTreeMap<String, usize>>>,
    pub port: u16,
    /// Whether names asked by a browser behind [`Listener::wrap`] are heard.
    names: bool,
}

impl Listener {
    pub fn start() -> Self {
        let (tcp, udp) = sockets();
        let port = tcp.local_addr().unwrap().port();
        let names = UdpSocket::bind(NAMES).ok();
        let listener = Self { heard: Arc::default(), port, names: names.is_some() };
        listener.spawn(move |listener| listener.accept(&tcp));
        listener.spawn(move |listener| listener.receive(&udp));
        if let Some(names) = names {
            listener.spawn(move |listener| listener.answer(&names));
        }
        listener
    }

    pub fn heard(&self) -> BTreeMap<String, usize> {
        self.heard.lock().clone()
    }

    pub fn count(&self) -> usize {
        self.heard.lock().values().sum()
    }

    /// What was heard of one kind (`tcp`, `udp` or `dns`) with a word in it.
    pub fn count_of(&self, kind: &str, word: &str) -> usize {
        let is_it = |what: &str| what.starts_with(kind) && what.contains(word);
        self.heard.lock().iter().filter(|(what, _)| is_it(what)).map(|(_, count)| count).sum()
    }

    /// A program in `folder` that is `binary`, in a world where this listener is the name server; `binary` itself where
    /// such a world cannot be made.
    pub fn wrap(&self, binary: &Path, folder: &Path) -> PathBuf {
        let (servers, script) = (folder.join("resolv.conf"), folder.join("browser"));
        std::fs::write(&servers, format!("nameserver {}\n", NAMES.0)).unwrap();
        let mount = format!("mount --bind {} /etc/resolv.conf", servers.display());
        let works = std::process::Command::new("unshare").args(["--mount", "sh", "-c", &mount]).status();
        if !self.names || !works.is_ok_and(|status| status.success()) {
            return binary.to_owned();
        }
        let run = format!(
            "#!/bin/sh\nexec unshare --mount sh -c '{mount} && exec {} \"$@\"' -- \"$@\"\n",
            binary.display()
        );
        std::fs::write(&script, run).unwrap();
        let executable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(&script, executable).unwrap();
        script
    }

    fn spawn(&self, work: impl FnOnce(&Self) + Send + 'static) {
        let listener = self.clone();
        std::thread::spawn(move || work(&listener));
    }

    fn hear(&self, what: String) {
        *self.heard.lock().entry(what).or_default() += 1;
    }

    fn accept(&self, tcp: &TcpListener) {
        for stream in tcp.incoming().flatten() {
            self.spawn(move |listener| listener.hear(format!("tcp {}", request(stream))));
        }
    }

    fn receive(&self, udp: &UdpSocket) {
        let mut packet = [0; 2048];
        while udp.recv_from(&mut packet).is_ok() {
            self.hear("udp".into());
        }
    }

    /// Says that every name is this machine.
    fn answer(&self, names: &UdpSocket) {
        let mut packet = [0; 2048];
        while let Ok((length, from)) = names.recv_from(&mut packet) {
            let question = &packet[..length];
            if question.windows(LEAK.len()).any(|window| window.eq_ignore_ascii_case(LEAK)) {
                self.hear(format!("dns {}", name(question)));
            }
            drop(names.send_to(&reply(question), from));
        }
    }
}

/// This machine's address on its network, or loopback where it has none.
pub fn own_address() -> String {
    let found = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).and_then(|socket| {
        socket.connect((Ipv4Addr::new(192, 0, 2, 99), 9))?;
        socket.local_addr()
    });
    found.map_or_else(|_| "127.0.0.1".into(), |address| address.ip().to_string())
}

/// Both on one port.
fn sockets() -> (TcpListener, UdpSocket) {
    let any: [SocketAddr; 2] = [(Ipv6Addr::UNSPECIFIED, 0).into(), (Ipv4Addr::UNSPECIFIED, 0).into()];
    for _ in 0..20 {
        let tcp = TcpListener::bind(&any[..]).unwrap();
        if let Ok(udp) = UdpSocket::bind(tcp.local_addr().unwrap()) {
            return (tcp, udp);
        }
    }
    panic!("no port is free for both TCP and UDP")
}

/// The path that is asked for, if anything is.
fn request(mut stream: TcpStream) -> String {
    let mut head = [0; 1024];
    drop(stream.set_read_timeout(Some(Duration::from_millis(500))));
    let length = stream.read(&mut head).unwrap_or(0);
    let nothing = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nAccess-Control-Allow-Origin: *\r\nConnection: close\r\n\r\n";
    drop(stream.write_all(nothing));
    let head = String::from_utf8_lossy(&head[..length]).into_owned();
    head.split_whitespace().nth(1).unwrap_or("without a word").to_owned()
}

fn name(question: &[u8]) -> String {
    let mut labels = Vec::new();
    let mut at = 12;
    while let Some(&length) = question.get(at).filter(|&&length| length > 0) {
        let end = at + 1 + usize::from(length);
        labels.push(String::from_utf8_lossy(question.get(at + 1..end).unwrap_or_default()).into_owned());
        at = end;
    }
    labels.join(".")
}

/// One address for one question (RFC 1035 §4), whatever its type was: browsers that asked for another get none.
fn reply(question: &[u8]) -> Vec<u8> {
    let end =
        question.iter().skip(12).position(|&byte| byte == 0).map_or(question.len(), |zero| 12 + zero + 5);
    let asks_for_v4 = question.get(end.saturating_sub(3)) == Some(&1);
    let mut reply = question.get(..end).unwrap_or_default().to_vec();
    if reply.len() < 12 {
        return reply;
    }
    reply[2..12].copy_from_slice(&[0x81, 0x80, 0, 1, 0, u8::from(asks_for_v4), 0, 0, 0, 0]);
    if asks_for_v4 {
        reply.extend([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 1, 0, 4, 127, 0, 0, 1]);
    }
    reply
}
