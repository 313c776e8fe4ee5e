//! Browsers that answer, lie and keep silent.

use super::*;

const SHORT: Duration = Duration::from_millis(300);

/// An answer as it is sent.
fn framed(text: &str) -> Vec<u8> {
    let length = u16::try_from(text.len()).unwrap().to_le_bytes();
    [&[5], &length[..], text.as_bytes()].concat()
}

fn named(name: &str, tail: &str) -> String {
    format!("ServerName;SQL1;InstanceName;{name};IsClustered;No;Version;15.0.2000.5{tail};;")
}

/// A browser that answers each question as it is told; it ends with the test's runtime.
async fn browser(answer: impl Fn(&[u8]) -> Vec<Vec<u8>> + Send + 'static) -> u16 {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let port = socket.local_addr().unwrap().port();
    tokio::spawn(async move {
        let mut buffer = [0; 1024];
        while let Ok((length, from)) = socket.recv_from(&mut buffer).await {
            for datagram in answer(&buffer[..length]) {
                socket.send_to(&datagram, from).await.unwrap();
            }
        }
    });
    port
}

fn two() -> Vec<u8> {
    framed(
        &[
            named("LEDGER", ";tcp;1433"),
            named("PAYROLL", r";np;\\SQL1\pipe\x;tcp;50123"),
        ]
        .concat(),
    )
}

#[tokio::test]
async fn every_instance_is_a_row() {
    let port = browser(|question| {
        assert_eq!(question, [3]);
        vec![two()]
    })
    .await;
    let rows = instances("127.0.0.1", port, SHORT).await.unwrap();
    let told = |row: &Record| {
        ["server", "instance", "clustered", "version", "port"]
            .map(|name| row.get(name).unwrap().to_string())
            .join(" ")
    };
    assert_eq!(
        rows.iter().map(told).collect::<Vec<_>>(),
        [
            "SQL1 LEDGER no 15.0.2000.5 1433",
            "SQL1 PAYROLL no 15.0.2000.5 50123"
        ]
    );
}

#[tokio::test]
async fn an_instance_s_port_is_found_or_what_there_is_instead() {
    // It answers for instances that it knows, and keeps silent about others, as the real one does.
    let port = browser(|question| match question {
        [3] => vec![two()],
        [4, b'P', ..] => vec![framed(&named("PAYROLL", ";tcp;50123"))],
        [4, b'L', ..] => vec![framed(&named("LOCAL", ""))],
        _ => Vec::new(),
    })
    .await;
    let ask = |name| port_of("127.0.0.1", port, name, Deadline::after(SHORT));
    assert_eq!(ask("Payroll").await.unwrap(), 50123);
    assert_eq!(ask("LOCAL").await.unwrap_err().cause, Cause::Unsupported);
    let unknown = ask("OTHER").await.unwrap_err();
    assert_eq!(unknown.cause, Cause::NotFound);
    assert!(
        unknown.detail.ends_with("it knows LEDGER, PAYROLL"),
        "{unknown:?}"
    );
}

#[tokio::test]
async fn silence_and_a_closed_port_are_told_apart() {
    let silent = browser(|_| Vec::new()).await;
    let why = instances("127.0.0.1", silent, SHORT).await.unwrap_err();
    assert_eq!(why.cause, Cause::Timeout);
    assert!(why.detail.contains("it is not running"), "{}", why.detail);
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let closed = socket.local_addr().unwrap().port();
    drop(socket);
    let why = instances("127.0.0.1", closed, SHORT).await.unwrap_err();
    assert_eq!(why.cause, Cause::Unreachable);
    assert_eq!(&*why.root, format!("127.0.0.1:{closed}"));
}

#[tokio::test]
async fn a_lost_datagram_is_sent_again() {
    let asked = std::sync::atomic::AtomicUsize::new(0);
    let port = browser(
        move |_| match asked.fetch_add(1, std::sync::atomic::Ordering::SeqCst) {
            0 => Vec::new(),
            _ => vec![two()],
        },
    )
    .await;
    assert_eq!(instances("127.0.0.1", port, SHORT).await.unwrap().len(), 2);
}

#[tokio::test]
async fn nothing_counts_of_an_answer_that_is_wrong_somewhere() {
    let long = "x".repeat(256);
    let texts = [
        String::new(),
        "garbage".to_owned(),
        "ServerName;S;InstanceName;I;tcp;0;;".to_owned(),
        "ServerName;S;InstanceName;I;tcp;+1;;".to_owned(),
        "ServerName;S;InstanceName;I;tcp;65536;;".to_owned(),
        "ServerName;S;InstanceName;I;IsClustered;perhaps;;".to_owned(),
        "ServerName;S;InstanceName;I;Version;x;;".to_owned(),
        "ServerName;S;;".to_owned(),
        format!("ServerName;S;InstanceName;{long};;"),
        "ServerName;S;InstanceName;I\u{1b}[31m;;".to_owned(),
        named("A", "") + "ServerName;S;;",
        named("A", "").repeat(1_001).chars().take(65_000).collect(),
    ];
    for text in texts {
        let read = answer::read(&framed(&text));
        assert!(read.is_err(), "{text:.60} {read:?}");
    }
    let mut cut_off = two();
    cut_off.pop();
    for datagram in [&[][..], &[5], &[5, 0], &[4, 0, 0], &cut_off] {
        assert!(answer::read(datagram).is_err(), "{datagram:?}");
    }
}

#[tokio::test]
async fn a_question_to_all_gathers_what_can_be_read() {
    let port = browser(|question| {
        assert_eq!(question, [2]);
        vec![two(), two(), b"noise".to_vec(), framed(&named("THIRD", ""))]
    })
    .await;
    let found = shouted(([127, 0, 0, 1], port).into(), SHORT).await.unwrap();
    let names: Vec<&str> = found.iter().map(|found| found.name.as_str()).collect();
    assert_eq!(names, ["LEDGER", "PAYROLL", "THIRD"]);
}

proptest::proptest! {
    #[test]
    fn reading_never_panics(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..80)) {
        let _ = answer::read(&bytes);
        let _ = answer::read(&framed(&String::from_utf8_lossy(&bytes)));
    }
}

#[tokio::test]
async fn a_name_of_another_script_costs_its_letters_and_not_the_port() {
    // as a host of code page 1252 says it
    let port = browser(|_| {
        let mut answer = framed(&named("B?RO", ";tcp;50123"));
        let at = answer.iter().position(|byte| *byte == b'?').unwrap();
        answer[at] = 0xdc;
        vec![answer]
    })
    .await;
    let rows = instances("127.0.0.1", port, SHORT).await.unwrap();
    assert_eq!(rows[0].get("instance").unwrap().to_string(), "B\u{fffd}RO");
    assert_eq!(rows[0].get("port").unwrap().to_string(), "50123");
}

#[tokio::test]
async fn a_flood_of_answers_is_cut_off() {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let port = socket.local_addr().unwrap().port();
    tokio::spawn(async move {
        let (_, from) = socket.recv_from(&mut [0; 8]).await.unwrap();
        for part in (0..5_100).collect::<Vec<_>>().chunks(100) {
            let names = part.iter().map(|n| named(&format!("N{n}"), ""));
            socket
                .send_to(&framed(&names.collect::<String>()), from)
                .await
                .unwrap();
            // none is to be lost for want of room
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    let flood = shouted(([127, 0, 0, 1], port).into(), Duration::from_secs(30)).await;
    let Err(why) = flood else {
        panic!("it was not cut off");
    };
    assert_eq!(why.cause, Cause::Truncated);
    assert!(why.detail.contains("more than 5000 instances"), "{why:?}");
}
