//! Diagnostics for people: a frame with the line, a caret and help.
//!
//! Lines are shown through `visible`, and a long line only around the caret, so the place in the header is
//! computed from the file and not from what the frame shows.

use super::source::floor;
use super::visible::{push, visible};
use super::{Diagnostic, Diagnostics, Label, Severity, SourceId, SourceMap, Span};
use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Origin, Renderer, Snippet};
use std::collections::BTreeMap;
use std::ops::Range;

/// Renders all diagnostics by file and place, with an empty line after each.
pub fn human(diagnostics: &Diagnostics, sources: &SourceMap, colour: bool) -> String {
    let renderer = if colour {
        Renderer::styled()
    } else {
        Renderer::plain()
    };
    let mut text = String::new();
    for diagnostic in diagnostics.sorted() {
        text.push_str(&one(diagnostic, &diagnostics.hidden, sources, &renderer));
        text.push_str("\n\n");
    }
    if diagnostics.dropped() > 0 {
        text.extend(["... and ", &diagnostics.dropped().to_string(), " more\n\n"]);
    }
    text
}

fn one(diagnostic: &Diagnostic, hidden: &[Span], sources: &SourceMap, renderer: &Renderer) -> String {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let title = level
        .primary_title(visible(&diagnostic.message))
        .id(diagnostic.code);
    let mut group = Group::with_title(title);
    let mut corrections = Vec::new();
    for (source, lines) in lines_of(diagnostic, sources) {
        if sources.text(source).is_empty() {
            // It was not read (too large, not text): only its name means something.
            group = group.element(Origin::path(visible(sources.name(source))));
            continue;
        }
        let mut parts = neighbours(lines);
        // The header shows the place of the first part.
        parts.sort_by_key(|part| !holds(part, diagnostic.primary.as_ref()));
        for part in parts {
            let (snippet, correction) = frame(sources, source, &part, diagnostic.primary.as_ref(), hidden);
            group = group.element(snippet);
            corrections.extend(correction);
        }
    }
    let help = diagnostic
        .help
        .iter()
        .map(|help| Level::HELP.message(visible(help)));
    let text = renderer.render(&[group.elements(help)]);
    correct(&text, &corrections)
}

/// Puts the columns of the file where the renderer counted those of a clipped or escaped line.
fn correct(text: &str, corrections: &[(String, String)]) -> String {
    let title = text.find('\n').unwrap_or(text.len());
    let (title, frames) = text.split_at(title);
    let corrected = corrections
        .iter()
        .fold(frames.to_owned(), |frames, (counted, real)| {
            frames.replacen(counted, real, 1)
        });
    format!("{title}{corrected}")
}

type Lines<'a> = BTreeMap<usize, Vec<&'a Label>>;

/// Sorts the labels by line; the file with the fault comes first.
fn lines_of<'a>(diagnostic: &'a Diagnostic, sources: &SourceMap) -> Vec<(SourceId, Lines<'a>)> {
    let mut files: Vec<(SourceId, Lines<'a>)> = Vec::new();
    for label in diagnostic.primary.iter().chain(&diagnostic.labels) {
        let source = label.span.source;
        let number = sources.place(label.span).line;
        let at = files
            .iter()
            .position(|(known, _)| *known == source)
            .unwrap_or_else(|| {
                files.push((source, Lines::new()));
                files.len() - 1
            });
        files[at].1.entry(number).or_default().push(label);
    }
    files
}

/// Splits lines that are far from each other, so that what stands between is not shown.
fn neighbours(lines: Lines<'_>) -> Vec<Lines<'_>> {
    const FAR: usize = 5;
    let mut parts: Vec<Lines<'_>> = Vec::new();
    for (number, labels) in lines {
        let near = parts
            .last()
            .and_then(|part| part.last_key_value())
            .is_some_and(|(last, _)| number - last <= FAR);
        if !near {
            parts.push(Lines::new());
        }
        let part = parts.len() - 1;
        parts[part].insert(number, labels);
    }
    parts
}

/// Says whether the label stands in one of the lines.
fn holds(part: &Lines<'_>, label: Option<&Label>) -> bool {
    label.is_some_and(|label| part.values().flatten().any(|held| std::ptr::eq(*held, label)))
}

/// Shows neighbouring lines with the carets of their labels; a span of several lines is marked on its first.
///
/// Beside it stand the place that the renderer will count and the real one, when they differ.
fn frame<'a>(
    sources: &SourceMap,
    source: SourceId,
    part: &Lines<'a>,
    primary: Option<&Label>,
    hidden: &[Span],
) -> (Snippet<'a, Annotation<'a>>, Option<(String, String)>) {
    let is_primary = |label: &Label| primary.is_some_and(|primary| std::ptr::eq(label, primary));
    let path = visible(sources.name(source)).into_owned();
    let first = part.first_key_value().map_or(1, |(number, _)| *number);
    let last = part.last_key_value().map_or(1, |(number, _)| *number);
    let mut text = String::new();
    let mut annotations = Vec::new();
    let mut header: Option<(bool, String, String)> = None;
    for number in first..=last {
        let (begin, line) = sources.line(source, number);
        let labels = part.get(&number).map_or(&[][..], Vec::as_slice);
        let caret = labels
            .first()
            .map_or(0, |label| label.span.start.saturating_sub(begin));
        let shown = Shown::around(line, caret, &within(hidden, source, begin));
        for label in labels {
            let bytes = label.span.start.saturating_sub(begin)..label.span.end.saturating_sub(begin);
            let range = shown.range(bytes);
            let counted = shown.text[..range.start.min(shown.text.len())].chars().count() + 1;
            let column = sources.place(label.span).column;
            if header
                .as_ref()
                .is_none_or(|(found, ..)| !found && is_primary(label))
            {
                let place = |column| format!("{path}:{number}:{column}");
                header = Some((is_primary(label), place(counted), place(column)));
            }
            let kind = if is_primary(label) {
                AnnotationKind::Primary
            } else {
                AnnotationKind::Context
            };
            let note = (!label.text.is_empty()).then(|| visible(&label.text));
            annotations.push(
                kind.span(text.len() + range.start..text.len() + range.end)
                    .label(note),
            );
        }
        text.push_str(&shown.text);
        text.push('\n');
    }
    let snippet = Snippet::source(text)
        .path(path)
        .line_start(first)
        .annotations(annotations);
    let correction = header
        .map(|(_, counted, real)| (counted, real))
        .filter(|(counted, real)| counted != real);
    (snippet, correction)
}

/// Returns what is hidden of a source, counted from where a line starts; what ends before the line is empty.
fn within(hidden: &[Span], source: SourceId, begin: usize) -> Vec<Range<usize>> {
    let here = hidden.iter().filter(|span| span.source == source);
    here.map(|span| span.start.saturating_sub(begin)..span.end.saturating_sub(begin))
        .collect()
}

/// What stands for a hidden part.
const HIDDEN: &str = "***";

/// A line as it is displayed, with the way from its bytes to the displayed ones.
struct Shown {
    text: String,
    /// (byte in the line, byte in the text) of every displayed character, and of the end.
    steps: Vec<(usize, usize)>,
}

impl Shown {
    /// So many characters are shown before and after the caret.
    const BEFORE: usize = 60;
    const AFTER: usize = 60;

    fn around(line: &str, caret: usize, hidden: &[Range<usize>]) -> Self {
        let caret = floor(line, caret.min(line.len()));
        let start = line[..caret]
            .char_indices()
            .rev()
            .nth(Self::BEFORE - 1)
            .map_or(0, |(at, _)| at);
        let rest = &line[caret..];
        let end = rest
            .char_indices()
            .nth(Self::AFTER)
            .map_or(line.len(), |(at, _)| caret + at);
        let mut text = String::from(if start > 0 { "..." } else { "" });
        let mut steps = Vec::new();
        for (at, character) in line[start..end].char_indices() {
            steps.push((start + at, text.len()));
            let is_hidden = |at| hidden.iter().any(|range| range.contains(&at));
            if !is_hidden(start + at) {
                push(&mut text, character);
            } else if !text.ends_with(HIDDEN) {
                // Not even its length is told.
                text.push_str(HIDDEN);
            }
        }
        steps.push((end, text.len()));
        if end < line.len() {
            text.push_str("...");
        }
        Self { text, steps }
    }

    /// Maps a range of the line to the displayed text; it marks one character at least.
    fn range(&self, bytes: Range<usize>) -> Range<usize> {
        let (start, end) = (self.step(bytes.start), self.step(bytes.end));
        let next = self
            .steps
            .get(start + 1)
            .map_or(self.steps[start].1 + 1, |step| step.1);
        self.steps[start].1..self.steps[end].1.max(next)
    }

    fn step(&self, byte: usize) -> usize {
        self.steps
            .partition_point(|(at, _)| *at < byte)
            .min(self.steps.len() - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn render(text: &str, make: impl FnOnce(SourceId) -> Diagnostic) -> String {
        let mut sources = SourceMap::new();
        let id = sources.add("rules/a.yaml", text);
        let mut all = Diagnostics::new();
        all.push(make(id));
        human(&all, &sources, false)
    }

    #[test]
    fn frames_the_fault_and_what_explains_it() {
        let shown = render("facts:\n  - fact: a.b\n    typ: text\n", |id| {
            Diagnostic::error("unknown-key", "unknown key `typ` in a fact")
                .at(Span::new(id, 25, 28), "not known here")
                .also(Span::new(id, 9, 20), "of this fact")
                .help("did you mean `type`?")
        });
        insta::assert_snapshot!(shown, @r"
        error[unknown-key]: unknown key `typ` in a fact
         --> rules/a.yaml:3:5
          |
        2 |   - fact: a.b
          |   ----------- of this fact
        3 |     typ: text
          |     ^^^ not known here
          |
          = help: did you mean `type`?
        ");
    }

    #[test]
    fn escapes_and_clips() {
        let long = format!("{}\x1b[2Jbad\u{202e}{}", "ä".repeat(90), "z".repeat(10_000_000));
        let shown = render(&long, |id| {
            Diagnostic::error("wrong", "wrong \x1b[0m").at(Span::new(id, 184, 187), "here\n")
        });
        insta::assert_snapshot!(shown, @r"
        error[wrong]: wrong \x1b[0m
         --> rules/a.yaml:1:95
          |
        1 | ...ääääääääääääääääääääääääääääääääääääääääääääääääääääääää\x1b[2Jbad\u{202e}zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz...
          |                                                                   ^^^ here\n
        ");
    }

    #[test]
    fn a_file_that_was_not_read_is_named() {
        let shown = render("", |id| {
            Diagnostic::error("too-large", "file too large").at(Span::whole(id), "x")
        });
        insta::assert_snapshot!(shown, @r"
        error[too-large]: file too large
        --> rules/a.yaml
        ");
    }

    proptest! {
        #[test]
        fn never_panics_and_hides_nothing(text in any::<String>(), a in 0..200usize, b in 0..200usize, colour: bool) {
            let mut sources = SourceMap::new();
            let id = sources.add("f\u{202e}", text);
            let mut all = Diagnostics::new();
            all.push(Diagnostic::error("x", "m\u{7}").at(Span::new(id, a, b), "l").also(Span::new(id, b, a), "k"));
            let shown = human(&all, &sources, colour);
            let unseen = ['\u{202e}', '\u{7}', '\u{200b}'];
            prop_assert!(!shown.contains(unseen));
        }
    }
}
