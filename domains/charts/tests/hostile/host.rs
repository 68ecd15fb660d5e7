//! A host to break into: listeners, a secret file, a folder, a process; and whether somebody did.

use std::{
    fs,
    net::{TcpListener, UdpSocket},
    os::{
        linux::net::SocketAddrExt,
        unix::{
            fs::MetadataExt,
            net::{SocketAddr, UnixListener},
        },
    },
    path::PathBuf,
    process::{Child, Command},
};

const SECRET: &str = "canary";

pub struct Host {
    folder: tempfile::TempDir,
    tcp: TcpListener,
    udp: UdpSocket,
    unix: UnixListener,
    hidden: UnixListener,
    name: String,
    victim: std::cell::RefCell<Child>,
    secret: (u32, u32, i64, u64),
}

impl Host {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("outside")).unwrap();
        fs::write(folder.path().join("secret"), SECRET).unwrap();
        let tcp = TcpListener::bind("127.0.0.1:0").unwrap();
        let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
        let unix = UnixListener::bind(folder.path().join("socket")).unwrap();
        let name = format!("galley-hostile-{}", tcp.local_addr().unwrap().port());
        let address = SocketAddr::from_abstract_name(&name).unwrap();
        let hidden = UnixListener::bind_addr(&address).unwrap();
        tcp.set_nonblocking(true).unwrap();
        udp.set_nonblocking(true).unwrap();
        unix.set_nonblocking(true).unwrap();
        hidden.set_nonblocking(true).unwrap();
        let victim = std::cell::RefCell::new(Command::new("sleep").arg("600").spawn().unwrap());
        let secret = state(&folder.path().join("secret"));
        Self { folder, tcp, udp, unix, hidden, name, victim, secret }
    }

    /// The program with the names of this host in it.
    pub fn fill(&self, program: &str) -> String {
        let path = |name: &str| self.folder.path().join(name).to_string_lossy().into_owned();
        [
            ("{TCP}", self.tcp.local_addr().unwrap().port().to_string()),
            ("{UDP}", self.udp.local_addr().unwrap().port().to_string()),
            ("{UNIX}", path("socket")),
            ("{ABSTRACT}", self.name.clone()),
            ("{SECRET}", path("secret")),
            ("{OUTSIDE}", path("outside")),
            ("{HOME}", path("")),
            ("{VICTIM}", self.victim.borrow().id().to_string()),
        ]
        .into_iter()
        .fold(program.to_owned(), |text, (name, value)| text.replace(name, &value))
    }

    /// What somebody left or took.
    pub fn traces(&self) -> Vec<&'static str> {
        let secret = self.folder.path().join("secret");
        let outside = fs::read_dir(self.folder.path().join("outside")).unwrap().count();
        let all = [
            (self.tcp.accept().is_ok(), "connected over TCP"),
            (self.udp.recv(&mut [0; 16]).is_ok(), "sent a datagram"),
            (self.unix.accept().is_ok() || self.hidden.accept().is_ok(), "connected to a unix socket"),
            (outside > 0, "wrote outside"),
            (PathBuf::from("/tmp/galley-hostile-written").exists(), "wrote to the temporary folder"),
            (fs::read_to_string(&secret).ok().as_deref() != Some(SECRET), "changed the secret"),
            (secret.exists() && state(&secret) != self.secret, "changed the secret's owner, mode or time"),
            (self.victim.borrow_mut().try_wait().unwrap().is_some(), "killed a process of the host"),
        ];
        all.into_iter().filter(|(happened, _)| *happened).map(|(_, what)| what).collect()
    }
}

fn state(path: &std::path::Path) -> (u32, u32, i64, u64) {
    let metadata = fs::metadata(path).unwrap();
    (metadata.mode(), metadata.uid(), metadata.mtime(), metadata.nlink())
}

impl Drop for Host {
    fn drop(&mut self) {
        let victim = self.victim.get_mut();
        let _ = victim.kill();
        let _ = victim.wait();
    }
}
