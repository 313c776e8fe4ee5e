//! Snapshots that can be shown to strangers: names, addresses and SIDs replaced, each always by the same stand-in.
//!
//! What is equal stays equal, what lies inside something else stays inside it, so the same rules give the same
//! verdicts. Words of the packs themselves are public and stay; every other word with a letter goes. Addresses keep
//! their place in networks of whole octets; networks of other sizes may cover other addresses than before.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use ipnet::IpNet;

use super::{
    Absence, Acl, Dn, Entry, FactMap, FactType, FactValue, Facts, Guid, Key, Observation, Provenance,
    Reading, Record, Sid, Snapshot, WinPath,
};

/// Replaces every name in the snapshot but the `public` words, which are in lower case.
pub fn redact(snapshot: &Snapshot, public: &BTreeSet<String>) -> Snapshot {
    let mut redaction = Redaction {
        public,
        words: BTreeMap::new(),
        octets: BTreeMap::new(),
        domains: BTreeMap::new(),
    };
    let mut facts = Facts::default();
    for (path, observation) in snapshot.facts.iter() {
        facts.insert(path.clone(), redaction.observation(observation));
    }
    Snapshot {
        pair: redaction.text(&snapshot.pair),
        facts,
        undeclared: BTreeSet::new(),
        ..snapshot.clone()
    }
}

/// The words of a text, in lower case, as redaction sees them.
pub fn words(text: &str) -> BTreeSet<String> {
    text.split(|c: char| !is_of_word(c))
        .filter(|w| !w.is_empty())
        .map(str::to_lowercase)
        .collect()
}

fn is_of_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

struct Redaction<'a> {
    public: &'a BTreeSet<String>,
    words: BTreeMap<String, String>,
    /// By place in the address and value.
    octets: BTreeMap<(usize, u8), u8>,
    /// The part of SIDs that names a domain.
    domains: BTreeMap<String, String>,
}

impl Redaction<'_> {
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

    fn value(&mut self, value: &FactValue) -> FactValue {
        match value {
            FactValue::Text(text) => FactValue::text(self.text(text)),
            FactValue::Host(text) => FactValue::Host(self.text(text).into()),
            FactValue::Path(path) => FactValue::Path(WinPath::new(&self.text(path.as_str()))),
            FactValue::Ip(ip) => FactValue::Ip(self.ip(*ip)),
            FactValue::Subnet(net) => self.subnet(net),
            FactValue::Dn(dn) => self.dn(dn),
            FactValue::Sid(sid) => self.sid(sid),
            FactValue::Acl(acl) => self.acl(acl),
            FactValue::Bytes(bytes) => self.bytes(bytes),
            FactValue::List(items) => FactValue::list(items.iter().map(|item| self.value(item))),
            FactValue::Set(items) => FactValue::set(items.iter().map(|item| self.value(item))),
            FactValue::Record(record) => FactValue::Record(Arc::new(self.record(record))),
            FactValue::Map(map) => FactValue::Map(Arc::new(self.map(map))),
            FactValue::Absent(why) => FactValue::absent(self.absence(why)),
            plain => plain.clone(),
        }
    }

    /// Bytes of the same length that stand for these.
    fn bytes(&mut self, bytes: &[u8]) -> FactValue {
        let known = super::value::hex(bytes);
        let next = self.words.len() + 1;
        let stand_in = self
            .words
            .entry(known)
            .or_insert_with(|| format!("name{next}"))
            .clone();
        let number: u64 = stand_in.trim_start_matches("name").parse().unwrap_or(0);
        let filled: Vec<u8> = number
            .to_be_bytes()
            .into_iter()
            .rev()
            .cycle()
            .take(bytes.len())
            .collect();
        FactValue::Bytes(filled.into())
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

    fn key(&mut self, key: &Key) -> Key {
        Key::new(key.parts().iter().map(|part| self.text(part)).collect::<Vec<_>>())
    }

    /// Replaces the words and addresses in a text; what stands between them stays.
    fn text(&mut self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            let word: usize = rest
                .chars()
                .take_while(|c| is_of_word(*c))
                .map(char::len_utf8)
                .sum();
            let quad: usize = rest
                .chars()
                .take_while(|c| c.is_ascii_digit() || *c == '.')
                .map(char::len_utf8)
                .sum();
            let quad = rest[..quad].trim_end_matches('.').len();
            let after = rest[quad..].chars().next();
            if let Some(guid) = rest.get(..36).filter(|text| text.parse::<Guid>().is_ok()) {
                // Those of the schema are public, those of objects name nobody.
                out.push_str(guid);
                rest = &rest[36..];
            } else if let Ok(ip) = rest[..quad].parse::<Ipv4Addr>()
                && !after.is_some_and(is_of_word)
            {
                out.push_str(&self.ip(IpAddr::V4(ip)).to_string());
                rest = &rest[quad..];
            } else if word > 0 {
                out.push_str(&self.word(&rest[..word]));
                rest = &rest[word..];
            } else {
                out.push(first);
                rest = &rest[first.len_utf8()..];
            }
        }
        out
    }

    fn word(&mut self, word: &str) -> String {
        let folded = word.to_lowercase();
        if !word.contains(char::is_alphabetic) || folded.chars().count() < 2 || self.public.contains(&folded)
        {
            return word.to_owned();
        }
        let next = self.words.len() + 1;
        self.words
            .entry(folded)
            .or_insert_with(|| format!("name{next}"))
            .clone()
    }

    fn ip(&mut self, ip: IpAddr) -> IpAddr {
        match ip {
            IpAddr::V4(v4) if v4.is_loopback() || v4.is_unspecified() => ip,
            IpAddr::V4(v4) => {
                let octets = v4.octets();
                IpAddr::V4(Ipv4Addr::from(std::array::from_fn(|i| self.octet(i, octets[i]))))
            }
            IpAddr::V6(v6) if v6.is_loopback() || v6.is_unspecified() => ip,
            IpAddr::V6(v6) => {
                let octets = v6.octets();
                IpAddr::V6(Ipv6Addr::from(std::array::from_fn(|i| {
                    self.octet(4 + i, octets[i])
                })))
            }
        }
    }

    /// The first octet becomes 10 and up, the others count from 1; the host part of a network stays zero.
    fn octet(&mut self, place: usize, value: u8) -> u8 {
        if value == 0 {
            return 0;
        }
        let base = if place == 0 { 10 } else { 1 };
        let used = self.octets.keys().filter(|(p, _)| *p == place).count();
        *self
            .octets
            .entry((place, value))
            .or_insert_with(|| base + u8::try_from(used % 245).unwrap_or(0))
    }

    fn subnet(&mut self, net: &IpNet) -> FactValue {
        let address = self.ip(net.network());
        IpNet::new(address, net.prefix_len()).map_or(FactValue::Nothing, |net| FactValue::Subnet(net.trunc()))
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
            let length = rest[start + 1..]
                .find(|c: char| !(c.is_ascii_digit() || c == '-'))
                .map_or(rest.len(), |n| start + 1 + n);
            out.push_str(&self.sid_text(&rest[start..length]));
            rest = &rest[length..];
        }
        out.push_str(rest);
        FactType::Acl.parse(&out).unwrap_or(FactValue::Nothing)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn redacted(texts: &[&str]) -> Vec<String> {
        let public = words("Mailbox Store Version Build CN");
        let mut redaction = Redaction {
            public: &public,
            words: BTreeMap::new(),
            octets: BTreeMap::new(),
            domains: BTreeMap::new(),
        };
        texts.iter().map(|text| redaction.text(text)).collect()
    }

    #[test]
    fn equal_names_stay_equal_and_public_words_stay() {
        let out = redacted(&[
            "Mailbox Store (MAIL1)",
            "mail1.corp.example",
            "Version 6.5 (Build 7638.2)",
            "10.1.4.21:25:",
        ]);
        assert_eq!(
            out,
            [
                "Mailbox Store (name1)",
                "name1.name2.name3",
                "Version 6.5 (Build 7638.2)",
                "10.1.1.1:25:"
            ]
        );
    }

    #[test]
    fn addresses_keep_their_networks() {
        let out = redacted(&["192.168.7.1", "192.168.7.2", "192.168.9.1", "127.0.0.1"]);
        assert_eq!(out, ["10.1.1.1", "10.1.1.2", "10.1.2.1", "127.0.0.1"]);
    }

    #[test]
    fn sids_in_access_lists_are_those_of_accounts() {
        let public = BTreeSet::new();
        let mut redaction = Redaction {
            public: &public,
            words: BTreeMap::new(),
            octets: BTreeMap::new(),
            domains: BTreeMap::new(),
        };
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
