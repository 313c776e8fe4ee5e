//! A name server that never hears of updates.

use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::time::Duration;

/// A name server on port 5300 that is the primary but for updates, which it never hears.
///
/// It ends with the process.
pub(crate) fn deaf_to_updates() {
    const UPDATE: u8 = 5;
    let primary: SocketAddr = format!("{}:53", crate::setting("NS1")).parse().unwrap();
    let front = UdpSocket::bind((Ipv4Addr::LOCALHOST, 5300)).unwrap();
    std::thread::spawn(move || {
        let mut message = vec![0; 65_535];
        while let Ok((length, from)) = front.recv_from(&mut message) {
            if length < 12 || (message[2] >> 3) & 0xf == UPDATE {
                continue;
            }
            let back = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
            back.set_read_timeout(Some(Duration::from_secs(2))).unwrap();
            back.send_to(&message[..length], primary).unwrap();
            if let Ok(length) = back.recv(&mut message) {
                let _ = front.send_to(&message[..length], from);
            }
        }
    });
}
