//! Distinguished names of directory objects (RFC 4514).
//!
//! A name keeps the text it was read from and compares by its parts: attribute types and values without
//! regard to case, the escapes undone, the values of a multi-valued part in any order. What a directory may
//! fold beyond that (accents, widths, several spaces) counts as different, and `cn` is not `2.5.4.3`.
//! Microsoft's `<GUID=...>` forms are not names and are refused.

mod read;

use std::cmp::Ordering;
use std::fmt::{self, Write as _};
use std::hash::{Hash, Hasher};
use std::str::FromStr;
use std::sync::Arc;

/// A distinguished name with at least one part.
#[derive(Clone)]
pub struct Dn {
    /// The text of the name that this one was taken from.
    text: Arc<str>,
    /// All parts of that text, the object's own first.
    rdns: Arc<[Rdn]>,
    /// Where this name begins in `rdns`; a parent shares the rest with its child.
    first: usize,
}

/// One part of a name: usually one attribute with its value.
#[derive(Clone)]
pub struct Rdn {
    /// Where the part begins in the text.
    start: usize,
    /// At least one, in the order of the text.
    pairs: Vec<Pair>,
    /// What decides equality.
    key: String,
}

/// An attribute type and its value.
#[derive(Clone)]
struct Pair {
    attribute: String,
    /// Without escapes; a value given as BER keeps its `#` and hexadecimal digits.
    value: String,
    ber: bool,
}

/// Says why a text is not a distinguished name; `at` counts bytes from 0.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DnError {
    /// Nothing there.
    #[error("a distinguished name must not be empty")]
    Empty,
    /// `<GUID=...>`, `<SID=...>` and the like.
    #[error("a form like <GUID=...> is not a distinguished name")]
    Extended,
    /// No attribute type with `=`.
    #[error("expected an attribute type and `=` at byte {at}")]
    Attribute { at: usize },
    /// A character that only stands there escaped.
    #[error("`{found}` at byte {at} must be escaped as `\\{found}`")]
    Unescaped { at: usize, found: char },
    /// A backslash before something else.
    #[error("the `\\` at byte {at} escapes nothing known")]
    Escape { at: usize },
    /// Escaped bytes that are not text.
    #[error("the value at byte {at} is not UTF-8")]
    NotText { at: usize },
    /// `#` without pairs of hexadecimal digits.
    #[error("the value at byte {at} begins with `#` but is not hexadecimal")]
    Hex { at: usize },
    /// A quote that nothing closes, or something behind the closing one.
    #[error("the quoted value at byte {at} does not end as it should")]
    Quote { at: usize },
}

impl Dn {
    /// Returns the parts, the object's own first.
    pub fn rdns(&self) -> &[Rdn] {
        &self.rdns[self.first..]
    }

    /// Returns the value of the object's own part, without escapes.
    pub fn rdn_value(&self) -> &str {
        self.rdns[self.first].value()
    }

    /// Returns the name one level up; a name of one part has none.
    pub fn parent(&self) -> Option<Self> {
        let first = self.first + 1;
        (first < self.rdns.len()).then(|| Self {
            first,
            ..self.clone()
        })
    }

    /// Says whether this object stands below `ancestor`; no object stands below itself.
    pub fn is_below(&self, ancestor: &Self) -> bool {
        self.below(ancestor).is_some()
    }

    /// Returns the parts that lead from `ancestor` to this object, the object's own first.
    pub fn below(&self, ancestor: &Self) -> Option<&[Rdn]> {
        let depth = self.rdns().len().checked_sub(ancestor.rdns().len())?;
        let (below, rest) = self.rdns().split_at(depth);
        (depth > 0 && rest == ancestor.rdns()).then_some(below)
    }

    /// Returns the name as it was written.
    pub fn as_str(&self) -> &str {
        &self.text[self.rdns[self.first].start..]
    }

    fn root_first(&self) -> impl Iterator<Item = &str> {
        self.rdns().iter().rev().map(|rdn| rdn.key.as_str())
    }

    /// Escapes a text so that it stands for itself as a value in a name.
    pub fn escape_value(value: &str) -> String {
        let last = value.len().saturating_sub(1);
        let mut escaped = String::with_capacity(value.len());
        for (at, c) in value.char_indices() {
            match c {
                '"' | '+' | ',' | ';' | '<' | '>' | '\\' | '=' => escaped.extend(['\\', c]),
                '#' if at == 0 => escaped.push_str("\\#"),
                ' ' if at == 0 || at == last => escaped.push_str("\\ "),
                // Line breaks and the like would be legal as they are, but not legible.
                c if c.is_ascii_control() => {
                    let _ = write!(escaped, "\\{:02X}", u32::from(c));
                }
                c => escaped.push(c),
            }
        }
        escaped
    }
}

impl Rdn {
    /// Returns the attribute type as it was written.
    pub fn attribute(&self) -> &str {
        &self.pairs[0].attribute
    }

    /// Returns the value without escapes; of a multi-valued part, the one written first.
    pub fn value(&self) -> &str {
        &self.pairs[0].value
    }

    fn new(start: usize, pairs: Vec<Pair>) -> Self {
        let mut keys: Vec<String> = pairs.iter().map(Pair::key).collect();
        keys.sort();
        Self {
            start,
            pairs,
            key: keys.join("+"),
        }
    }
}

impl Pair {
    /// Escapes, so that no value can look like another part.
    fn key(&self) -> String {
        let value = fold(&self.value);
        let value = if self.ber { value } else { Dn::escape_value(&value) };
        format!("{}={value}", fold(&self.attribute))
    }
}

/// Folds each character by itself: the lower case of a whole text depends on where its words end.
fn fold(text: &str) -> String {
    text.chars().flat_map(char::to_lowercase).collect()
}

impl FromStr for Dn {
    type Err = DnError;

    fn from_str(text: &str) -> Result<Self, DnError> {
        match text.trim_start_matches(' ').chars().next() {
            None => return Err(DnError::Empty),
            Some('<') => return Err(DnError::Extended),
            Some(_) => {}
        }
        let (rdns, end) = read::rdns(text)?;
        Ok(Self {
            text: text[..end].into(),
            rdns: rdns.into(),
            first: 0,
        })
    }
}

impl fmt::Display for Dn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Dn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.as_str())
    }
}

/// Writes the part in a plain form of its own, escaped again.
impl fmt::Display for Rdn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, pair) in self.pairs.iter().enumerate() {
            let plus = if place > 0 { "+" } else { "" };
            let value = if pair.ber {
                pair.value.clone()
            } else {
                Dn::escape_value(&pair.value)
            };
            write!(f, "{plus}{}={value}", pair.attribute)?;
        }
        Ok(())
    }
}

impl fmt::Debug for Rdn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.to_string())
    }
}

impl PartialEq for Rdn {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl Eq for Rdn {}

impl PartialEq for Dn {
    fn eq(&self, other: &Self) -> bool {
        self.rdns() == other.rdns()
    }
}

impl Eq for Dn {}

/// Orders by the parts from the root, so that a parent stands before all that is below it.
impl Ord for Dn {
    fn cmp(&self, other: &Self) -> Ordering {
        self.root_first().cmp(other.root_first())
    }
}

impl PartialOrd for Dn {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Hash for Dn {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.rdns().iter().for_each(|rdn| rdn.key.hash(state));
    }
}

#[cfg(test)]
mod tests;
