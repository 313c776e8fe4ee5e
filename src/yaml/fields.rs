//! The keys of a map, asked for one by one, so that what nobody asked for can be told.

use super::decode::{listed, wrong_type};
use super::{Key, Node};
use crate::diagnostic::{Diagnostic, Diagnostics, Span, excerpt};

/// The keys of a map, taken one by one.
#[must_use = "unknown keys are reported by `finish`"]
pub struct Fields<'n, 's> {
    span: Span,
    entries: &'n [(Key, Node)],
    /// What the map is, with its article: "a fact".
    what: &'static str,
    known: Vec<&'static str>,
    sink: &'s mut Diagnostics,
}

impl<'n, 's> Fields<'n, 's> {
    /// Starts on a map; anything else is reported.
    pub fn of(node: &'n Node, sink: &'s mut Diagnostics, what: &'static str) -> Option<Self> {
        let Some(entries) = node.entries() else {
            sink.push(wrong_type(node, &format!("{what} (a map)")));
            return None;
        };
        Some(Self {
            span: node.span,
            entries,
            what,
            known: Vec::new(),
            sink,
        })
    }

    /// Decodes a key that must be there.
    pub fn required<T>(
        &mut self,
        key: &'static str,
        decode: impl FnOnce(&'n Node, &mut Diagnostics) -> Option<T>,
    ) -> Option<T> {
        let Some(node) = self.node(key) else {
            let place = self.entries.first().map_or(self.span, |(first, _)| first.span);
            let missing = Diagnostic::error("missing-key", format!("{} lacks `{key}`", self.what));
            self.sink.push(missing.at(place, format!("add `{key}:`")));
            return None;
        };
        decode(node, self.sink)
    }

    /// Decodes a key that may be left out; nothing also when it is wrong, which is then reported.
    pub fn optional<T>(
        &mut self,
        key: &'static str,
        decode: impl FnOnce(&'n Node, &mut Diagnostics) -> Option<T>,
    ) -> Option<T> {
        let node = self.node(key)?;
        decode(node, self.sink)
    }

    /// Decodes a key that has a default; nothing only when it is wrong.
    pub fn or<T>(
        &mut self,
        key: &'static str,
        default: T,
        decode: impl FnOnce(&'n Node, &mut Diagnostics) -> Option<T>,
    ) -> Option<T> {
        match self.node(key) {
            Some(node) => decode(node, self.sink),
            None => Some(default),
        }
    }

    /// Decodes a node that was found before, by [`Self::one_key_of`] or [`Self::node`].
    pub fn decode<T>(
        &mut self,
        node: &'n Node,
        decode: impl FnOnce(&'n Node, &mut Diagnostics) -> Option<T>,
    ) -> Option<T> {
        decode(node, self.sink)
    }

    /// Returns the node of a key as it is and counts the key as known.
    pub fn node(&mut self, key: &'static str) -> Option<&'n Node> {
        self.known.push(key);
        self.entries
            .iter()
            .find(|(held, _)| held.text == key)
            .map(|(_, node)| node)
    }

    /// Returns the one of these keys that is there; none or several are reported.
    pub fn one_key_of(&mut self, keys: &[&'static str]) -> Option<(&'static str, &'n Node)> {
        let found = self.at_most_one_of(keys);
        if found.is_none() {
            let place = self.entries.first().map_or(self.span, |(first, _)| first.span);
            let missing = Diagnostic::error(
                "missing-key",
                format!("{} needs one of {}", self.what, listed(keys)),
            );
            self.sink.push(missing.at(place, ""));
        }
        found
    }

    /// Returns the one of these keys that is there, if any; the first one when several are, which is reported.
    pub fn at_most_one_of(&mut self, keys: &[&'static str]) -> Option<(&'static str, &'n Node)> {
        self.known.extend(keys);
        let mut found = self.entries.iter().filter_map(|(held, node)| {
            let key = keys.iter().find(|key| **key == held.text)?;
            Some((*key, node, held.span))
        });
        let (first, node, place) = found.next()?;
        for (second, _, other) in found {
            let message = format!("{} has both `{first}` and `{second}`", self.what);
            let error = Diagnostic::error("keys-exclude-each-other", message);
            self.sink
                .push(error.at(other, "one of the two only").also(place, ""));
        }
        Some((first, node))
    }

    pub fn has(&self, key: &str) -> bool {
        self.entries.iter().any(|(held, _)| held.text == key)
    }

    /// The span of the whole map.
    pub fn span(&self) -> Span {
        self.span
    }

    /// Reports something about this map that no decoder knows.
    pub fn report(&mut self, diagnostic: Diagnostic) {
        self.sink.push(diagnostic);
    }

    /// Reports the keys that nobody asked for.
    pub fn finish(self) {
        for (key, _) in self
            .entries
            .iter()
            .filter(|(key, _)| !self.known.contains(&key.text.as_str()))
        {
            let unknown = Diagnostic::error(
                "unknown-key",
                format!("unknown key `{}` in {}", excerpt(&key.text), self.what),
            );
            let unknown = unknown
                .at(key.span, "")
                .did_you_mean(&key.text, self.known.iter().copied());
            self.sink
                .push(unknown.help(format!("{} may have {}", self.what, listed(&self.known))));
        }
    }
}
