//! One setting of a pair file's text, set or taken out; every other byte stays, comments and layout with it.
//!
//! Where nothing is said of the setting yet it gets one line, or one entry where a map is written in braces; taken out,
//! that line or entry goes, and a map in which nothing is left with it. What comes out is read again, and refused
//! unless it says the same as before in everything but this one setting.

use std::ops::Range;

use serde_json::Value;

use crate::diagnostic::{Diagnostics, SourceMap};
use crate::yaml::{self, Key, Kind, Limits, Node};

/// The key of the file under which the settings stand.
const SETTINGS: &str = "settings";

/// Why a text was left as it is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    #[error("the pair file is not valid YAML")]
    Unreadable,
    #[error("the pair file says `{0}` in several places")]
    Several(String),
    #[error("what the pair file says of `{0}` has comments in it, which would be lost")]
    Comments(String),
    #[error("the pair file is laid out so that `{0}` cannot be changed without changing something else")]
    Layout(String),
}

/// The text with the setting of this dotted name, or without it where there is no value.
pub fn edit(text: &str, name: &str, value: Option<&Value>) -> Result<String, EditError> {
    let before = read(text).ok_or(EditError::Unreadable)?;
    let place = Place::of(&before, name)?;
    let said = place.said.as_ref().map(|entry| entry.value().to_json());
    if said.as_ref() == value {
        return Ok(text.to_owned());
    }
    let page = Page { text, file: &before };
    let (range, new) = match (&place.said, value) {
        (Some(entry), Some(value)) => page.replacing(entry, value),
        (Some(entry), None) => (page.without(entry), String::new()),
        (None, Some(value)) => page.adding(&place, value),
        (None, None) => return Ok(text.to_owned()),
    };
    if page.has_comments(&range) {
        return Err(EditError::Comments(name.to_owned()));
    }
    let after = [&text[..range.start], &new, &text[range.end..]].concat();
    let faithful = read(&after).is_some_and(|after| differ_only_in(name, value, &before, &after));
    if faithful {
        Ok(after)
    } else {
        Err(EditError::Layout(name.to_owned()))
    }
}

fn read(text: &str) -> Option<Node> {
    let (mut sources, mut sink) = (SourceMap::new(), Diagnostics::new());
    let id = sources.add("pair.yaml", text);
    let tree = yaml::parse(id, &sources, &Limits::default(), &mut sink)?;
    (sink.error_count() == 0 && matches!(tree.kind, Kind::Map(_))).then_some(tree)
}

/// An entry of a map, and those in whose values it stands, the outermost first.
#[derive(Clone)]
struct Entry<'n> {
    trail: Vec<(&'n Node, usize)>,
}

impl<'n> Entry<'n> {
    fn last(&self) -> (&'n [(Key, Node)], usize) {
        let (map, at) = self.trail.last().expect("an entry stands in a map");
        (map.entries().unwrap_or_default(), *at)
    }

    fn key(&self) -> &'n Key {
        let (entries, at) = self.last();
        &entries[at].0
    }

    fn value(&self) -> &'n Node {
        let (entries, at) = self.last();
        &entries[at].1
    }

    fn map(&self) -> &'n Node {
        self.trail.last().expect("an entry stands in a map").0
    }
}

/// Where a setting is said, or else where it is to be.
struct Place<'n> {
    said: Option<Entry<'n>>,
    /// The innermost map that it belongs in; none where the file has no settings.
    map: Option<&'n Node>,
    /// Its name from there on.
    rest: String,
    name: String,
}

impl<'n> Place<'n> {
    fn of(file: &'n Node, name: &str) -> Result<Self, EditError> {
        let mut place = Self {
            said: None,
            map: None,
            rest: name.to_owned(),
            name: name.to_owned(),
        };
        let entries = file.entries().unwrap_or_default();
        if let Some(at) = entries.iter().position(|(key, _)| key.text == SETTINGS) {
            place.search(
                &Entry {
                    trail: vec![(file, at)],
                },
                name,
            )?;
        }
        Ok(place)
    }

    /// Looks for the rest of a name in the value of an entry; names may be nested or dotted.
    fn search(&mut self, above: &Entry<'n>, rest: &str) -> Result<(), EditError> {
        let map = above.value();
        let Some(entries) = map.entries() else {
            return Ok(());
        };
        if self.map.is_none() || rest.len() < self.rest.len() {
            (self.map, self.rest) = (Some(map), rest.to_owned());
        }
        for (at, (key, _)) in entries.iter().enumerate() {
            let mut here = above.clone();
            here.trail.push((map, at));
            if key.text == rest {
                if self.said.replace(here).is_some() {
                    return Err(EditError::Several(self.name.clone()));
                }
            } else if let Some(below) = beneath(rest, &key.text) {
                self.search(&here, below)?;
            }
        }
        Ok(())
    }
}

/// What stands behind the key and its dot.
fn beneath<'a>(name: &'a str, key: &str) -> Option<&'a str> {
    name.strip_prefix(key)?.strip_prefix('.')
}

/// The text as it lies in the file.
struct Page<'t> {
    text: &'t str,
    file: &'t Node,
}

impl Page<'_> {
    fn replacing(&self, entry: &Entry<'_>, value: &Value) -> (Range<usize>, String) {
        let (key, old) = (entry.key(), entry.value());
        if old.is_null() && old.span.start == old.span.end {
            let colon = self.text[key.span.end..].find(':');
            let at = key.span.end + colon.map_or(0, |colon| colon + 1);
            return (at..at, format!(" {}", yaml::flow(value)));
        }
        (old.span.start..old.span.end, yaml::flow(value))
    }

    /// What goes with the entry.
    fn without(&self, entry: &Entry<'_>) -> Range<usize> {
        let (map, (entries, at)) = (entry.map(), entry.last());
        let (key, value) = &entries[at];
        if self.is_flow(map) {
            return match (
                at.checked_sub(1).and_then(|at| entries.get(at)),
                entries.get(at + 1),
            ) {
                (_, Some((next, _))) => key.span.start..next.span.start,
                (Some((key, before)), None) => self.end(key, before)..self.end(&entries[at].0, value),
                (None, None) => map.span.start + 1..map.span.end - 1,
            };
        }
        if entries.len() == 1 {
            let mut above = entry.clone();
            above.trail.pop();
            let range = self.without(&above);
            // of the settings themselves the key alone may stay, and what is noted beside it
            if above.trail.len() > 1 || !self.has_comments(&range) {
                return range;
            }
        }
        let start = self.line_start(key.span.start);
        let end = self.line_end(self.end(key, value));
        match self.text[end..].find('\n') {
            Some(0 | 1) => start..end + self.newline().len(),
            // the last line of a file that does not end one
            _ => self.text[..start].trim_end_matches(['\r', '\n']).len()..end,
        }
    }

    fn adding(&self, place: &Place<'_>, value: &Value) -> (Range<usize>, String) {
        let entry = format!("{}: {}", yaml::scalar(&place.rest), yaml::flow(value));
        let file = self.file;
        let settings = file.get(SETTINGS);
        match (place.map, settings) {
            (Some(map), _) => self.adding_to(map, &entry, &entry),
            (None, Some(nothing)) if nothing.span.start < nothing.span.end => {
                (nothing.span.start..nothing.span.end, format!("{{ {entry} }}"))
            }
            (None, Some(_)) => {
                let keys = file.entries().unwrap_or_default().iter();
                let key = keys.map(|(key, _)| key).find(|key| key.text == SETTINGS);
                let end = self.line_end(key.map_or(self.text.len(), |key| key.span.end));
                (end..end, format!("{}  {entry}", self.newline()))
            }
            (None, None) => {
                let block = format!("{SETTINGS}:{}  {entry}", self.newline());
                self.adding_to(file, &block, &format!("{SETTINGS}: {{ {entry} }}"))
            }
        }
    }

    /// One more entry of a map, as lines of their own or between braces.
    fn adding_to(&self, map: &Node, block: &str, flow: &str) -> (Range<usize>, String) {
        let entries = map.entries().unwrap_or_default();
        let (Some((first, _)), Some((key, last))) = (entries.first(), entries.last()) else {
            let at = map.span.start + 1;
            return (at..at, format!(" {flow} "));
        };
        let end = self.end(key, last);
        if self.is_flow(map) {
            return (end..end, format!(", {flow}"));
        }
        let indent = " ".repeat(first.span.start - self.line_start(first.span.start));
        let end = self.line_end(end);
        (end..end, format!("{}{indent}{block}", self.newline()))
    }

    fn is_flow(&self, map: &Node) -> bool {
        self.text[map.span.start..].starts_with('{')
    }

    /// Where an entry ends.
    fn end(&self, key: &Key, value: &Node) -> usize {
        match &value.kind {
            Kind::Map(entries) if !self.is_flow(value) => {
                let last = entries.last().map(|(key, value)| self.end(key, value));
                last.unwrap_or(value.span.end)
            }
            Kind::Null if value.span.start == value.span.end => key.span.end,
            _ => value.span.end,
        }
    }

    fn line_start(&self, at: usize) -> usize {
        self.text[..at].rfind('\n').map_or(0, |newline| newline + 1)
    }

    /// Where the line ends, before its line break.
    fn line_end(&self, at: usize) -> usize {
        let rest = &self.text[at..];
        let line = rest.split('\n').next().unwrap_or_default();
        at + line.strip_suffix('\r').unwrap_or(line).len()
    }

    fn newline(&self) -> &'static str {
        if self.text.contains("\r\n") { "\r\n" } else { "\n" }
    }

    /// Whether lines that go hold words for people; what is noted behind the only one goes with it.
    fn has_comments(&self, range: &Range<usize>) -> bool {
        let gone = &self.text[range.clone()];
        if !gone.trim().contains('\n') {
            return false;
        }
        let mut said = Vec::new();
        scalars(self.file, &mut said);
        let marks = gone.match_indices('#').map(|(at, _)| range.start + at);
        marks
            .into_iter()
            .any(|mark| !said.iter().any(|scalar| scalar.contains(&mark)))
    }
}

/// Where keys and values are written.
fn scalars(node: &Node, all: &mut Vec<Range<usize>>) {
    match &node.kind {
        Kind::Null | Kind::Scalar(_) => all.push(node.span.start..node.span.end),
        Kind::Seq(items) => items.iter().for_each(|item| scalars(item, all)),
        Kind::Map(entries) => {
            for (key, value) in entries {
                all.push(key.span.start..key.span.end);
                scalars(value, all);
            }
        }
    }
}

/// Whether the files say the same but for this setting, which has this value in the second one.
fn differ_only_in(name: &str, value: Option<&Value>, before: &Node, after: &Node) -> bool {
    let of_name = |at: &str| at == name || beneath(at, name).is_some();
    let [before, after] = [before, after].map(|file| said(&file.to_json()));
    let (now, others): (Vec<_>, Vec<_>) = after.into_iter().partition(|(at, _)| of_name(at));
    let mut wanted = Vec::new();
    if let Some(value) = value {
        flatten(name.to_owned(), value, &mut wanted);
    }
    now == wanted && before.into_iter().filter(|(at, _)| !of_name(at)).eq(others)
}

/// What a file says, setting by setting; of a map without entries nothing is said.
fn said(file: &Value) -> Vec<(String, Value)> {
    let mut all = Vec::new();
    for (key, value) in file.as_object().into_iter().flatten() {
        match value {
            Value::Null if key == SETTINGS => {}
            Value::Object(settings) if key == SETTINGS => {
                for (name, value) in settings {
                    flatten(name.clone(), value, &mut all);
                }
            }
            // no setting has a name that begins so
            value => all.push((format!("/{key}"), value.clone())),
        }
    }
    all
}

fn flatten(name: String, value: &Value, all: &mut Vec<(String, Value)>) {
    match value {
        Value::Object(fields) => {
            for (field, value) in fields {
                flatten(format!("{name}.{field}"), value, all);
            }
        }
        value => all.push((name, value.clone())),
    }
}

#[cfg(test)]
mod tests;
