//! A proxy before a directory that counts requests: what was asked when, on which connection, and how long the answer took.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::task::AbortOnDropHandle;

/// One request and its answer.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) connection: usize,
    /// The message, from the tag of the operation on: without its number, so that equal questions are equal.
    pub(crate) question: Vec<u8>,
    pub(crate) from: Instant,
    pub(crate) to: Option<Instant>,
}

impl Asked {
    pub(crate) fn is_log_on(&self) -> bool {
        self.question[0] == BIND
    }
}

const BIND: u8 = 0x60;
const UNBIND: u8 = 0x42;
const ABANDON: u8 = 0x50;
/// Answers that end a request: to a log-on, a search, an extended operation.
const ENDS: [u8; 3] = [0x61, 0x65, 0x78];

/// Everything that went through.
#[derive(Debug, Default)]
pub(crate) struct Seen(Mutex<Vec<(u32, Asked)>>);

impl Seen {
    pub(crate) fn all(&self) -> Vec<Asked> {
        let seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        seen.iter().map(|(_, asked)| asked.clone()).collect()
    }

    fn note(&self, connection: usize, number: u32, operation: &[u8]) {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if ENDS.contains(&operation[0]) {
            let mut open = seen.iter_mut().rev();
            let asked = open.find(|(of, asked)| *of == number && asked.connection == connection);
            asked.expect("an answer has its question").1.to = Some(Instant::now());
        } else if operation[0] < 0x80 && (operation[0] == BIND || matches!(operation[0], 0x63 | 0x77)) {
            let question = operation.to_vec();
            let (from, to) = (Instant::now(), None);
            seen.push((
                number,
                Asked {
                    connection,
                    question,
                    from,
                    to,
                },
            ));
        } else {
            let passes = matches!(operation[0], UNBIND | ABANDON | 0x64 | 0x73);
            assert!(passes, "operation {:#x}", operation[0]);
        }
    }
}

/// The most requests that waited for their answers at one time.
pub(crate) fn most_at_once(asked: &[Asked]) -> usize {
    let at = |moment: Instant| {
        let open = asked
            .iter()
            .filter(|one| one.from <= moment && one.to.is_none_or(|to| to > moment));
        open.count()
    };
    asked.iter().map(|one| at(one.from)).max().unwrap_or(0)
}

/// The most requests of which each was sent when the one before was answered: so many times nobody could do more at once.
pub(crate) fn one_after_another(asked: &[Asked]) -> usize {
    let mut spans: Vec<_> = asked.iter().filter_map(|one| Some((one.to?, one.from))).collect();
    spans.sort_unstable();
    let mut answered = None;
    let mut trips = 0;
    for (to, from) in spans {
        if answered.is_none_or(|answered| from >= answered) {
            answered = Some(to);
            trips += 1;
        }
    }
    trips
}

/// The longest time in which nobody waited for an answer, between the first request and the last answer.
pub(crate) fn longest_pause(asked: &[Asked]) -> Duration {
    let mut spans: Vec<_> = asked.iter().filter_map(|one| Some((one.from, one.to?))).collect();
    spans.sort_unstable();
    let mut longest = Duration::ZERO;
    let mut busy_until = spans[0].0;
    for (from, to) in spans {
        longest = longest.max(from.saturating_duration_since(busy_until));
        busy_until = busy_until.max(to);
    }
    longest
}

/// Questions that were asked more than once, log-ons aside.
pub(crate) fn repeated(asked: &[Asked]) -> BTreeSet<&[u8]> {
    let mut times: BTreeMap<&[u8], usize> = BTreeMap::new();
    for one in asked.iter().filter(|one| !one.is_log_on()) {
        *times.entry(&one.question).or_default() += 1;
    }
    times
        .into_iter()
        .filter(|(_, times)| *times > 1)
        .map(|(question, _)| question)
        .collect()
}

/// Listens on a port of its own and passes everything on to `server`.
pub(crate) async fn before(server: String) -> (u16, Arc<Seen>, AbortOnDropHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let seen = Arc::new(Seen::default());
    let noted = Arc::clone(&seen);
    let accepting = tokio::spawn(async move {
        let mut connection = 0;
        while let Ok((client, _)) = listener.accept().await {
            connection += 1;
            let server = TcpStream::connect(&server).await.unwrap();
            client.set_nodelay(true).unwrap();
            server.set_nodelay(true).unwrap();
            let (from_client, to_client) = client.into_split();
            let (from_server, to_server) = server.into_split();
            tokio::spawn(pass(from_client, to_server, connection, Arc::clone(&noted)));
            tokio::spawn(pass(from_server, to_client, connection, Arc::clone(&noted)));
        }
    });
    (port, seen, AbortOnDropHandle::new(accepting))
}

async fn pass(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, connection: usize, seen: Arc<Seen>) {
    while let Ok(message) = message(&mut from).await {
        let (number, operation) = parts(&message);
        seen.note(connection, number, operation);
        if to.write_all(&message).await.is_err() {
            break;
        }
    }
}

/// One whole message of LDAP.
async fn message(from: &mut OwnedReadHalf) -> io::Result<Vec<u8>> {
    let mut whole = vec![0; 2];
    from.read_exact(&mut whole).await?;
    let mut length = usize::from(whole[1]);
    if length >= 0x80 {
        let mut more = vec![0; length & 0x7f];
        from.read_exact(&mut more).await?;
        length = more
            .iter()
            .fold(0, |length, byte| length << 8 | usize::from(*byte));
        whole.extend(more);
    }
    let mut rest = vec![0; length];
    from.read_exact(&mut rest).await?;
    whole.extend(rest);
    Ok(whole)
}

/// The number of a message, and what follows it.
fn parts(message: &[u8]) -> (u32, &[u8]) {
    let head = if message[1] < 0x80 {
        2
    } else {
        2 + usize::from(message[1] & 0x7f)
    };
    let number = &message[head..];
    let (length, number) = (usize::from(number[1]), &number[2..]);
    let (number, operation) = number.split_at(length);
    (
        number.iter().fold(0, |all, byte| all << 8 | u32::from(*byte)),
        operation,
    )
}
