//! What can be shown to strangers: names, addresses and SIDs replaced, each always by the same stand-in.
//!
//! What is equal stays equal, what lies inside something else stays inside it, and spellings that differ in case only
//! still do, so the same rules give the same verdicts. Words of the packs themselves are public and stay; every
//! other word with a letter goes.

mod addresses;
mod words;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use addresses::Addresses;
use words::Words;

use super::{
    Absence, Acl, Dn, Entry, FactMap, FactType, FactValue, Facts, Key, Observation, Provenance, Reading,
    Record, Sid, Snapshot, WinPath,
};

/// The words of a text, in lower case, as redaction sees them.
pub fn words(text: &str) -> BTreeSet<String> {
    text.split(|c: char| !words::is_of_word(c))
        .filter(|w| !w.is_empty())
        .map(str::to_lowercase)
        .collect()
}

/// The stand-ins that were given so far; all that belongs together is replaced by one of these.
#[derive(Debug)]
pub struct Redaction {
    words: Words,
    addresses: Addresses,
    /// The part of SIDs that names a domain.
    domains: BTreeMap<String, String>,
    /// By the bytes in hexadecimal.
    bytes: BTreeMap<String, u64>,
}

impl Redaction {
    /// Replaces every name but the `public` words, which are in lower case.
    pub fn new(public: BTreeSet<String>) -> Self {
        Self {
            words: Words::new(public),
            addresses: Addresses::default(),
            domains: BTreeMap::new(),
            bytes: BTreeMap::new(),
        }
    }

    pub fn snapshot(&mut self, snapshot: &Snapshot) -> Snapshot {
        let mut facts = Facts::default();
        for (path, observation) in snapshot.facts.iter() {
            facts.insert(path.clone(), self.observation(observation));
        }
        Snapshot {
            pair: self.text(&snapshot.pair),
            facts,
            undeclared: BTreeSet::new(),
            ..snapshot.clone()
        }
    }

    fn observation(&mut self, observation: &Observation) -> Observation {
        let from = &observation.provenance;
        Observation {
            value: match &observation.value {
                Ok(value) => Ok(self.value(value)),
                Err(why) => Err(self.absence(why)),
            },
            provenance: Provenance {
                probe: from.probe.clone(),
                server: self.text(&from.server),
                tried: from
                    .tried
                    .iter()
                    .map(|t| Reading {
                        probe: t.probe.clone(),
                        why: self.absence(&t.why),
                    })
                    .collect(),
                ..from.clone()
            },
        }
    }

    fn absence(&mut self, why: &Absence) -> Absence {
        Absence::new(why.cause, self.text(&why.root), self.text(&why.detail))
    }

    pub fn value(&mut self, value: &FactValue) -> FactValue {
        match value {
            FactValue::Text(text) => FactValue::text(self.text(text)),
            FactValue::Host(text) => FactValue::Host(self.text(text).into()),
            FactValue::Path(path) => FactValue::Path(WinPath::new(&self.text(path.as_str()))),
            FactValue::Ip(ip) => FactValue::Ip(self.addresses.ip(*ip)),
            FactValue::Subnet(net) => FactValue::Subnet(self.addresses.subnet(*net)),
            FactValue::Dn(dn) => self.dn(dn),
            FactValue::Sid(sid) => self.sid(sid),
            FactValue::Acl(acl) => self.acl(acl),
            FactValue::Bytes(bytes) => FactValue::Bytes(self.bytes(bytes)),
            FactValue::List(items) => FactValue::list(items.iter().map(|item| self.value(item))),
            FactValue::Set(items) => FactValue::set(items.iter().map(|item| self.value(item))),
            FactValue::Record(record) => FactValue::Record(Arc::new(self.record(record))),
            FactValue::Map(map) => FactValue::Map(Arc::new(self.map(map))),
            FactValue::Absent(why) => FactValue::absent(self.absence(why)),
            plain => plain.clone(),
        }
    }

    /// Bytes of the same length that stand for these.
    fn bytes(&mut self, bytes: &[u8]) -> Arc<[u8]> {
        let next = self.bytes.len() as u64 + 1;
        let number = *self.bytes.entry(super::value::hex(bytes)).or_insert(next);
        let counting = number.to_be_bytes().into_iter().rev().cycle();
        counting.take(bytes.len()).collect()
    }

    fn record(&mut self, record: &Record) -> Record {
        record
            .iter()
            .map(|(name, value)| (name.clone(), self.value(value)))
            .collect()
    }

    fn map(&mut self, map: &FactMap) -> FactMap {
        let mut redacted = FactMap::new(map.is_exact());
        for Entry { key, value } in map.iter() {
            redacted.insert(self.key(key), self.value(value));
        }
        for (prefix, why) in map.holes() {
            redacted.add_hole(&self.key(prefix), self.absence(why));
        }
        redacted.sort();
        redacted
    }

    pub fn key(&mut self, key: &Key) -> Key {
        Key::new(key.parts().iter().map(|part| self.text(part)).collect::<Vec<_>>())
    }

    /// Only values of a name are replaced, not the attribute types.
    fn dn(&mut self, dn: &Dn) -> FactValue {
        let parts: Vec<String> = dn
            .rdns()
            .iter()
            .map(|rdn| {
                format!(
                    "{}={}",
                    rdn.attribute(),
                    Dn::escape_value(&self.text(rdn.value()))
                )
            })
            .collect();
        FactType::Dn.parse(&parts.join(",")).unwrap_or(FactValue::Nothing)
    }

    fn sid(&mut self, sid: &Sid) -> FactValue {
        let text = self.sid_text(&sid.to_string());
        FactType::Sid.parse(&text).unwrap_or(FactValue::Nothing)
    }

    /// Replaces the domain in `S-1-5-21-a-b-c-rid`; well-known SIDs stay.
    fn sid_text(&mut self, sid: &str) -> String {
        let Some(rest) = sid.strip_prefix("S-1-5-21-") else {
            return sid.to_owned();
        };
        let parts: Vec<&str> = rest.split('-').collect();
        let (domain, relative) = parts.split_at(parts.len().min(3));
        let next = self.domains.len() + 1;
        let domain = self
            .domains
            .entry(domain.join("-"))
            .or_insert_with(|| format!("1-1-{next}"))
            .clone();
        let parts: Vec<&str> = std::iter::once(domain.as_str())
            .chain(relative.iter().copied())
            .collect();
        format!("S-1-5-21-{}", parts.join("-"))
    }

    /// Replaces the SIDs in an access list.
    fn acl(&mut self, acl: &Acl) -> FactValue {
        let text = acl.to_string();
        let mut out = String::with_capacity(text.len());
        let mut rest = text.as_str();
        while let Some(start) = rest.find("S-1-") {
            out.push_str(&rest[..start]);
            let length = words::sid(&rest[start..]);
            out.push_str(&self.sid_text(&rest[start..start + length]));
            rest = &rest[start + length..];
        }
        out.push_str(rest);
        FactType::Acl.parse(&out).unwrap_or(FactValue::Nothing)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn redacted(texts: &[&str]) -> Vec<String> {
        let mut redaction = Redaction::new(words("Mailbox Store Version Build"));
        texts.iter().map(|text| redaction.text(text)).collect()
    }

    #[test]
    fn equal_names_stay_equal_and_public_words_stay() {
        let out = redacted(&[
            "Mailbox Store (MAIL1)",
            "mail1.corp.fabrikam",
            "Mail1 mAil1 MAIL1",
            "Version 6.5 (Build 7638.2)",
            "10.1.4.21:25:",
            r"CN=MAIL1,DC=corp",
        ]);
        assert_eq!(
            out,
            [
                "Mailbox Store (NAME1)",
                "name1.name2.name3",
                "Name1 nAme1 NAME1",
                "Version 6.5 (Build 7638.2)",
                "10.1.1.1:25:",
                "CN=NAME1,DC=name2",
            ]
        );
    }

    #[test]
    fn addresses_keep_their_networks_of_every_size() {
        let mut redaction = Redaction::new(BTreeSet::new());
        let subnet = |redaction: &mut Redaction, text: &str| match redaction
            .value(&FactType::Subnet.parse(text).unwrap())
        {
            FactValue::Subnet(net) => net,
            other => panic!("{other}"),
        };
        let all = ["10.1.4.21", "10.1.4.22", "10.1.7.250", "10.1.8.1", "192.168.7.1"];
        let nets = [
            "10.1.0.0/16",
            "10.1.4.0/22",
            "10.1.4.16/29",
            "10.0.0.0/13",
            "192.168.0.0/16",
        ];
        let nets = nets.map(|net| (net.parse::<ipnet::IpNet>().unwrap(), subnet(&mut redaction, net)));
        for text in all {
            let shown = redaction.text(text);
            let (was, is) = (text.parse().unwrap(), shown.parse().unwrap());
            for (before, after) in &nets {
                assert_eq!(
                    before.contains::<&std::net::IpAddr>(&was),
                    after.contains::<&std::net::IpAddr>(&is),
                    "{text} {before} {shown} {after}"
                );
                assert_eq!(before.prefix_len(), after.prefix_len());
            }
        }
        assert_eq!(redaction.text("127.0.0.1 ::1 0.0.0.0"), "127.0.0.1 ::1 0.0.0.0");
    }

    #[test]
    fn what_is_an_address_in_a_text_is_the_same_address() {
        let mut redaction = Redaction::new(words("at"));
        let value = |redaction: &mut Redaction, ty: FactType, text: &str| {
            redaction.value(&ty.parse(text).unwrap()).to_string()
        };
        let ip = value(&mut redaction, FactType::Ip, "10.1.4.21");
        let reversed: Vec<&str> = ip.split('.').rev().collect();
        assert_eq!(
            redaction.text("21.4.1.10.in-addr.arpa"),
            format!("{}.in-addr.arpa", reversed.join("."))
        );
        assert_eq!(
            redaction.text("4.1.10.In-Addr.arpa."),
            format!("{}.In-Addr.arpa.", reversed[1..].join("."))
        );
        let net = value(&mut redaction, FactType::Subnet, "10.1.4.0/23");
        assert_eq!(redaction.text("10.1.4.0/23"), net);
        let six = value(&mut redaction, FactType::Ip, "2001:db8::21");
        assert_eq!(redaction.text("at [2001:DB8::21]:53"), format!("at [{six}]:53"));
        let full: std::net::Ipv6Addr = six.parse().unwrap();
        let hex = format!("{:032x}", u128::from(full));
        let reversed: Vec<String> = hex.chars().rev().map(String::from).collect();
        let was = "1.2.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa";
        assert_eq!(redaction.text(was), format!("{}.ip6.arpa", reversed.join(".")));
        assert_eq!(
            redaction.text(&was[48..]),
            format!("{}.ip6.arpa", reversed[24..].join("."))
        );
        let sid = value(&mut redaction, FactType::Sid, "S-1-5-21-7-8-9-1103");
        assert_eq!(
            redaction.text("S-1-5-21-7-8-9-1103 S-1-5-11"),
            format!("{sid} S-1-5-11")
        );
        let bytes = redaction
            .value(&FactValue::Bytes(vec![0xab, 0xcd].into()))
            .to_string();
        assert_eq!(redaction.text("0xABCD"), bytes);
    }

    #[test]
    fn sids_in_access_lists_are_those_of_accounts() {
        let mut redaction = Redaction::new(BTreeSet::new());
        let acl: Acl = "O:S-1-5-21-7-8-9-512D:(A;;GA;;;S-1-5-21-7-8-9-1103)(A;;GR;;;S-1-5-11)"
            .parse()
            .unwrap();
        let shown = redaction.acl(&acl).to_string();
        assert!(
            shown.contains("S-1-5-21-1-1-1-1103") && shown.contains("S-1-5-11") && !shown.contains("7-8-9"),
            "{shown}"
        );
    }
}
