//! Stand-ins for addresses that keep every network: two addresses share as many leading bits as before.
//!
//! The first octet of an IPv4 address is counted from 10, so that no stand-in is a special address. Behind it, each
//! bit depends on the bits before it: the first address that is seen becomes `10.1.1.1`, and wherever another one
//! leaves its way, so does its stand-in.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::ops::Range;

use ipnet::IpNet;

/// What the first address of each kind becomes; all bits of an IPv6 address are mapped.
const FIRST_V4: u128 = 0x0a01_0101;
const FIRST_V6: u128 = 0xfd00_0000_0000_0001_0000_0000_0000_0001;

#[derive(Debug, Default)]
pub(super) struct Addresses {
    /// The first octets of IPv4 addresses.
    octets: BTreeMap<u8, u8>,
    /// By length, the bits before and their number: whether the bit behind them is turned.
    turned: BTreeMap<(u8, u8, u128), bool>,
}

impl Addresses {
    pub(super) fn ip(&mut self, ip: IpAddr) -> IpAddr {
        self.beginning(ip, 128)
    }

    pub(super) fn subnet(&mut self, net: IpNet) -> IpNet {
        let length = net.prefix_len();
        IpNet::new(self.beginning(net.network(), length), length).map_or(net, |net| net.trunc())
    }

    /// What stands for so many leading bits; the bits behind them are no address and decide nothing.
    fn beginning(&mut self, ip: IpAddr, length: u8) -> IpAddr {
        match ip {
            _ if ip.is_loopback() || ip.is_unspecified() => ip,
            IpAddr::V4(v4) => self.v4(v4, length).into(),
            IpAddr::V6(v6) => Ipv6Addr::from(self.bits(v6.into(), 128, 0..length, FIRST_V6)).into(),
        }
    }

    fn v4(&mut self, ip: Ipv4Addr, length: u8) -> Ipv4Addr {
        let [first, ..] = ip.octets();
        let first = match (first, u8::try_from(self.octets.len() % 100)) {
            (0, _) => 0,
            (_, seen) => *self.octets.entry(first).or_insert(10 + seen.unwrap_or(0)),
        };
        let bits = self.bits(u32::from(ip).into(), 32, 8..length.min(32), FIRST_V4);
        let [_, second, third, fourth] = u32::try_from(bits).unwrap_or(0).to_be_bytes();
        Ipv4Addr::new(first, second, third, fourth)
    }

    /// Turns the bits at these places, each by what stands before it; those behind them become zero.
    fn bits(&mut self, value: u128, length: u8, places: Range<u8>, first: u128) -> u128 {
        let mut out = 0;
        for place in 0..length {
            let from_right = length - 1 - place;
            let bit = if place < places.end {
                value >> from_right & 1
            } else {
                0
            };
            let before = if place == 0 { 0 } else { value >> (from_right + 1) };
            let turned = places.contains(&place) && {
                let wanted = first >> from_right & 1;
                *self
                    .turned
                    .entry((length, place, before))
                    .or_insert(bit != wanted)
            };
            out = out << 1 | (bit ^ u128::from(turned));
        }
        out
    }

    /// What stands for `4.1.10.`, the octets of an address the other way round.
    pub(super) fn reversed(&mut self, text: &str) -> Option<String> {
        let parts: Option<Vec<u8>> = text
            .strip_suffix('.')?
            .split('.')
            .map(|part| part.parse().ok())
            .collect();
        let parts = parts.filter(|parts| parts.len() <= 4)?;
        let mut octets = [0; 4];
        for (octet, part) in octets.iter_mut().zip(parts.iter().rev()) {
            *octet = *part;
        }
        let IpAddr::V4(shown) =
            self.beginning(Ipv4Addr::from(octets).into(), 8 * u8::try_from(parts.len()).ok()?)
        else {
            return None;
        };
        let shown = shown.octets();
        let labels: Vec<String> = shown[..parts.len()].iter().rev().map(u8::to_string).collect();
        Some(labels.join(".") + ".")
    }

    /// What stands for `8.b.d.0.1.0.0.2.`, the digits of an IPv6 address the other way round.
    pub(super) fn reversed_digits(&mut self, text: &str) -> Option<String> {
        let digit = |part: &str| u8::from_str_radix(part, 16).ok().filter(|_| part.len() == 1);
        let digits: Option<Vec<u8>> = text.strip_suffix('.')?.split('.').map(digit).collect();
        let digits = digits.filter(|digits| digits.len() <= 32)?;
        let place = |number: usize| 124 - 4 * number;
        let numbered = digits.iter().rev().enumerate();
        let value = numbered.fold(0, |value, (number, digit)| {
            value | u128::from(*digit) << place(number)
        });
        let length = 4 * u8::try_from(digits.len()).ok()?;
        let IpAddr::V6(shown) = self.beginning(Ipv6Addr::from(value).into(), length) else {
            return None;
        };
        let shown = u128::from(shown);
        let digits = (0..digits.len()).rev().map(|number| shown >> place(number) & 0xf);
        let labels: Vec<String> = digits.map(|digit| format!("{digit:x}")).collect();
        Some(labels.join(".") + ".")
    }
}
