//! What cmd makes of a line of a batch file, as far as written scripts go: percent signs, quotes, and how a program takes
//! its line apart.

use std::collections::BTreeMap;

/// Lines of a script that are run one after the other, with the variables that they set.
#[derive(Default)]
pub(super) struct Batch {
    pub(super) variables: BTreeMap<String, String>,
}

impl Batch {
    /// Takes up what a line sets; gives the line as it is run.
    pub(super) fn read(&mut self, line: &str) -> String {
        let line = self.expanded(line);
        if let Some((name, value)) = line.strip_prefix("set ").and_then(|rest| rest.split_once('=')) {
            self.variables.insert(name.to_owned(), value.to_owned());
        }
        line
    }

    /// Percent signs come first, whatever stands in quotes; what comes of them is not looked at again.
    fn expanded(&self, line: &str) -> String {
        let (mut all, mut rest) = (String::new(), line);
        while let Some(at) = rest.find('%') {
            all += &rest[..at];
            rest = &rest[at + 1..];
            if let Some(after) = rest.strip_prefix('%') {
                all.push('%');
                rest = after;
            } else if let Some(after) = rest.strip_prefix(|c: char| c.is_ascii_digit() || c == '*') {
                rest = after;
            } else if let Some((name, after)) = rest.split_once('%') {
                let (name, without) = name
                    .split_once(':')
                    .map_or((name, None), |(name, _)| (name, Some('"')));
                let value = self.variables.get(name).map_or("", String::as_str);
                all.extend(value.chars().filter(|c| Some(*c) != without));
                rest = after;
            }
        }
        all + rest
    }
}

/// Whether cmd takes any letter of the line for more than a letter.
pub(super) fn is_plain(line: &str) -> bool {
    let mut quoted = false;
    line.chars().all(|c| {
        quoted ^= c == '"';
        quoted || !"&|<>^()".contains(c)
    })
}

/// The words of a line as a program of Microsoft's C library sees them.
pub(super) fn words(line: &str) -> Vec<String> {
    let (mut words, mut letters) = (Vec::new(), line.chars().peekable());
    let (mut word, mut quoted) = (None::<String>, false);
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => {
                let mut slashes = 1;
                while letters.next_if_eq(&'\\').is_some() {
                    slashes += 1;
                }
                let is_quote = letters.peek() == Some(&'"');
                let kept = if is_quote { slashes / 2 } else { slashes };
                word.get_or_insert_default().push_str(&"\\".repeat(kept));
                if is_quote && slashes % 2 == 1 {
                    letters.next();
                    word.get_or_insert_default().push('"');
                }
            }
            '"' => {
                word.get_or_insert_default();
                quoted = !quoted;
            }
            ' ' if !quoted => words.extend(word.take()),
            letter => word.get_or_insert_default().push(letter),
        }
    }
    words.extend(word);
    words
}
