//! What a browser answers: a length, then names and values in one text.

use crate::facts::{FactValue, Record, Version};

/// The most instances that one host may have.
const MOST: usize = 1_000;
/// The longest name or value, in characters.
const LONGEST: usize = 255;

/// An instance as its browser names it.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Instance {
    /// The host; of a cluster, the virtual server.
    pub server: String,
    pub name: String,
    pub clustered: bool,
    /// That of its first installation; updates may not show.
    pub version: Option<Version>,
    /// Where it takes connections over TCP, if it does.
    pub port: Option<u16>,
}

impl Instance {
    pub(super) fn row(&self) -> Record {
        let nothing_or = |value: Option<FactValue>| value.unwrap_or(FactValue::Nothing);
        Record::from_iter([
            ("server", FactValue::text(self.server.as_str())),
            ("instance", FactValue::text(self.name.as_str())),
            ("clustered", self.clustered.into()),
            (
                "version",
                nothing_or(self.version.clone().map(FactValue::Version)),
            ),
            (
                "port",
                nothing_or(self.port.map(|port| FactValue::Int(port.into()))),
            ),
        ])
    }
}

/// Reads a whole answer; nothing of it counts when a part of it is wrong.
pub(super) fn read(datagram: &[u8]) -> Result<Vec<Instance>, String> {
    let [5, low, high, text @ ..] = datagram else {
        return Err("it does not begin like an answer".to_owned());
    };
    let length = usize::from(u16::from_le_bytes([*low, *high]));
    if text.len() != length {
        return Err(format!("it says {length} bytes and has {}", text.len()));
    }
    // Names are in the host's code page; what is not ASCII there cannot be read for certain.
    let text = String::from_utf8_lossy(text);
    let parts = text.split(";;").filter(|part| !part.is_empty());
    let instances: Vec<Instance> = parts.map(instance).collect::<Result<_, _>>()?;
    match instances.len() {
        0 => Err("it names no instance".to_owned()),
        n if n > MOST => Err(format!("it names {n} instances")),
        _ => Ok(instances),
    }
}

fn instance(text: &str) -> Result<Instance, String> {
    let mut words = text.trim_end_matches(['\0', ';']).split(';');
    let mut found = Instance::default();
    while let Some(name) = words.next() {
        let value = words
            .next()
            .ok_or_else(|| format!("`{}` has no value", short(name)))?;
        if value.chars().count() > LONGEST || value.chars().any(char::is_control) {
            return Err(format!("the value of `{}` is none", short(name)));
        }
        let wrong = || format!("`{}` is no {}", short(value), short(name));
        match name.to_ascii_lowercase().as_str() {
            "servername" => value.clone_into(&mut found.server),
            "instancename" => value.clone_into(&mut found.name),
            "isclustered" => found.clustered = yes(value).ok_or_else(wrong)?,
            "version" => found.version = Some(value.parse().map_err(|_| wrong())?),
            "tcp" => found.port = Some(port(value).ok_or_else(wrong)?),
            // Pipes and protocols of older days.
            _ => {}
        }
    }
    if found.server.is_empty() || found.name.is_empty() {
        return Err("an instance has no name".to_owned());
    }
    Ok(found)
}

fn yes(word: &str) -> Option<bool> {
    let is = |other| word.eq_ignore_ascii_case(other);
    (is("yes") || is("no")).then(|| is("yes"))
}

fn port(text: &str) -> Option<u16> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|port| digits && *port > 0)
}

fn short(text: &str) -> String {
    super::clip(&text.chars().take(30).collect::<String>())
}
