//! A line to one of the hosts that is late or breaks off.

use std::net::SocketAddr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

use super::*;

/// What happens to what the host answers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line {
    pub(super) late: Duration,
    /// The line breaks after so many bytes.
    pub(super) breaks_after: usize,
    /// That happens on so many connections, then no more.
    pub(super) breaks: usize,
}

pub(super) const FINE: Line = Line {
    late: Duration::ZERO,
    breaks_after: usize::MAX,
    breaks: 0,
};

/// A listener in front of a host; counts the connections on which something was asked.
pub(super) struct Proxy {
    pub(super) address: String,
    asked: Arc<AtomicUsize>,
    harm: Arc<Mutex<Option<Harm>>>,
}

/// What is done once to what the host answers next.
#[derive(Clone, Copy, Debug)]
pub(super) enum Harm {
    /// It breaks off after some bytes.
    Breaks,
    /// It arrives with other bytes.
    Spoils,
}

impl Proxy {
    /// Listens at an address of its own, since the port is always the same.
    pub(super) async fn before(server: &str, port: u16, address: &str, line: Line) -> Self {
        let listener = TcpListener::bind((address, port)).await.unwrap();
        let to: SocketAddr = format!("{}:{port}", lab(&format!("{server}_IP")))
            .parse()
            .unwrap();
        let (asked, harm) = (Arc::new(AtomicUsize::new(0)), Arc::new(Mutex::new(None)));
        let done = Arc::clone(&harm);
        let (count, breaks) = (Arc::clone(&asked), Arc::new(AtomicUsize::new(line.breaks)));
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = TcpStream::connect(to).await.unwrap();
                tokio::spawn(carry(
                    client,
                    server,
                    line,
                    Arc::clone(&count),
                    Arc::clone(&breaks),
                    Arc::clone(&done),
                ));
            }
        });
        Self {
            address: address.to_owned(),
            asked,
            harm,
        }
    }

    /// Does harm to the next answer, whatever connection it comes on.
    pub(super) fn harm(&self, harm: Harm) {
        *self.harm.lock().unwrap() = Some(harm);
    }

    pub(super) fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

async fn carry(
    client: TcpStream,
    server: TcpStream,
    line: Line,
    asked: Arc<AtomicUsize>,
    breaks: Arc<AtomicUsize>,
    harm: Arc<Mutex<Option<Harm>>>,
) {
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let mut up = tokio::spawn(async move {
        let mut first = true;
        let mut piece = vec![0; 65536];
        while let Ok(length @ 1..) = from_client.read(&mut piece).await {
            if std::mem::take(&mut first) {
                asked.fetch_add(1, Ordering::SeqCst);
            }
            if to_server.write_all(&piece[..length]).await.is_err() {
                break;
            }
        }
    });
    let (late, mut arrived) = mpsc::unbounded_channel::<(tokio::time::Instant, Vec<u8>)>();
    let mut read = tokio::spawn(async move {
        let mut piece = vec![0; 65536];
        while let Ok(length @ 1..) = from_server.read(&mut piece).await {
            let _ = late.send((tokio::time::Instant::now() + line.late, piece[..length].to_vec()));
        }
    });
    let mut passed = 0;
    while let Some((at, mut bytes)) = arrived.recv().await {
        tokio::time::sleep_until(at).await;
        let harm = harm.lock().unwrap().take();
        match harm {
            Some(Harm::Breaks) => {
                let _ = to_client.write_all(&bytes[..bytes.len() / 2]).await;
                break;
            }
            Some(Harm::Spoils) => bytes.iter_mut().skip(70).for_each(|byte| *byte ^= 0x55),
            None => {}
        }
        passed += bytes.len();
        let breaks_now = passed > line.breaks_after
            && breaks
                .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1))
                .is_ok();
        if breaks_now || to_client.write_all(&bytes).await.is_err() {
            break;
        }
    }
    up.abort();
    read.abort();
    let _ = ((&mut up).await, (&mut read).await);
}
