//! Reads the text of a distinguished name.
//!
//! Takes RFC 4514 and what its forerunners allowed and people still write: spaces around the separators, and
//! values in quotes. `;` as a separator is not among it, for it would change what an unescaped `;` means.

use super::{DnError, Pair, Rdn};

/// Reads the parts of a name, and where the last one ends.
pub(super) fn rdns(text: &str) -> Result<(Vec<Rdn>, usize), DnError> {
    let mut reader = Reader { text, at: 0, end: 0 };
    let mut rdns = Vec::new();
    loop {
        reader.skip_spaces();
        let start = reader.at;
        let mut pairs = vec![reader.pair()?];
        while reader.take('+') {
            reader.skip_spaces();
            pairs.push(reader.pair()?);
        }
        rdns.push(Rdn::new(start, pairs));
        if !reader.take(',') {
            return Ok((rdns, reader.end));
        }
    }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    /// Where the last value ends, without the spaces that follow it.
    end: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    fn take(&mut self, wanted: char) -> bool {
        let found = self.peek() == Some(wanted);
        self.at += if found { wanted.len_utf8() } else { 0 };
        found
    }

    fn skip_spaces(&mut self) {
        while self.take(' ') {}
    }

    /// Takes the characters that `wanted` accepts.
    fn run(&mut self, wanted: impl Fn(char) -> bool) -> &str {
        let rest = &self.text[self.at..];
        let run = &rest[..rest.find(|c| !wanted(c)).unwrap_or(rest.len())];
        self.at += run.len();
        run
    }

    fn pair(&mut self) -> Result<Pair, DnError> {
        let at = self.at;
        let attribute = self
            .run(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.'))
            .to_owned();
        self.skip_spaces();
        if !is_attribute(&attribute) || !self.take('=') {
            return Err(DnError::Attribute { at });
        }
        self.skip_spaces();
        self.end = self.at;
        let ber = self.peek() == Some('#');
        let value = match self.peek() {
            Some('#') => self.ber()?,
            Some('"') => self.quoted()?,
            _ => self.plain()?,
        };
        Ok(Pair {
            attribute,
            value,
            ber,
        })
    }

    fn ber(&mut self) -> Result<String, DnError> {
        let at = self.at;
        self.take('#');
        let digits = self.run(|c| c.is_ascii_hexdigit()).to_owned();
        self.end = self.at;
        self.skip_spaces();
        let ended = matches!(self.peek(), None | Some(',' | '+'));
        if digits.is_empty() || digits.len() % 2 == 1 || !ended {
            return Err(DnError::Hex { at });
        }
        Ok(format!("#{digits}"))
    }

    fn quoted(&mut self) -> Result<String, DnError> {
        let at = self.at;
        self.take('"');
        let mut bytes = Vec::new();
        while !self.take('"') {
            match self.peek() {
                None => return Err(DnError::Quote { at }),
                Some('\\') => bytes.push(self.escape()?),
                Some(c) => self.copy(c, &mut bytes),
            }
        }
        self.end = self.at;
        self.skip_spaces();
        if !matches!(self.peek(), None | Some(',' | '+')) {
            return Err(DnError::Quote { at });
        }
        String::from_utf8(bytes).map_err(|_| DnError::NotText { at })
    }

    fn plain(&mut self) -> Result<String, DnError> {
        let at = self.at;
        let mut bytes = Vec::new();
        // Spaces at the end count only when escaped.
        let mut kept = 0;
        loop {
            match self.peek() {
                None | Some(',' | '+') => break,
                Some(found @ ('"' | ';' | '<' | '>' | '\0')) => {
                    return Err(DnError::Unescaped { at: self.at, found });
                }
                Some(' ') => {
                    self.copy(' ', &mut bytes);
                    continue;
                }
                Some('\\') => bytes.push(self.escape()?),
                Some(c) => self.copy(c, &mut bytes),
            }
            kept = bytes.len();
            self.end = self.at;
        }
        bytes.truncate(kept);
        String::from_utf8(bytes).map_err(|_| DnError::NotText { at })
    }

    fn copy(&mut self, c: char, bytes: &mut Vec<u8>) {
        bytes.extend(c.encode_utf8(&mut [0; 4]).as_bytes());
        self.at += c.len_utf8();
    }

    /// Reads `\,` or `\2C`; either is one byte of the value.
    fn escape(&mut self) -> Result<u8, DnError> {
        let at = self.at;
        let rest = self.text.as_bytes()[at + 1..]
            .iter()
            .map(|byte| char::from(*byte));
        let hex: Vec<u32> = rest.clone().take(2).map_while(|c| c.to_digit(16)).collect();
        let (byte, length) = match (hex.as_slice(), rest.clone().next()) {
            ([high, low], _) => (u8::try_from(high << 4 | low).ok(), 3),
            (_, Some(c @ ('"' | '+' | ',' | ';' | '<' | '>' | '\\' | ' ' | '#' | '='))) => {
                (u8::try_from(c).ok(), 2)
            }
            _ => (None, 0),
        };
        self.at += length;
        byte.ok_or(DnError::Escape { at })
    }
}

/// A short name, or numbers with dots.
fn is_attribute(text: &str) -> bool {
    if text.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return !text.contains('.');
    }
    !text.is_empty()
        && text
            .split('.')
            .all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()))
}
