//! From text to tree, through the event parser of serde-saphyr.
//!
//! Mistakes that leave the structure intact (tags, anchors, keys twice) are reported and reading goes on;
//! broken syntax and an exceeded budget end it.

use super::file::too_large;
use super::{Key, Kind, Node, Scalar, Style, frozen, locate};
use crate::diagnostic::{Diagnostic, Diagnostics, SourceId, SourceMap, Span, excerpt};
use serde_yaml::granit_parser as events;
use std::collections::BTreeMap;

/// What one file may cost.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    pub bytes: usize,
    pub depth: usize,
    pub nodes: usize,
}

impl Default for Limits {
    /// For files that people write.
    fn default() -> Self {
        Self {
            bytes: 4 << 20,
            depth: 64,
            nodes: 50_000,
        }
    }
}

impl Limits {
    /// For files that hold recorded facts.
    pub const RECORDED: Self = Self {
        bytes: 32 << 20,
        depth: 64,
        nodes: 250_000,
    };
}

/// Reads the one document of a source.
///
/// No tree means that a diagnostic was pushed; a tree may come with diagnostics too.
pub fn parse(source: SourceId, sources: &SourceMap, limits: &Limits, sink: &mut Diagnostics) -> Option<Node> {
    let text = sources.text(source);
    if text.len() > limits.bytes {
        sink.push(too_large(limits.bytes).at(Span::whole(source), ""));
        return None;
    }
    tree(source, text, limits, sink, Builder::run)
}

/// Reads the one document of a source, of which the parser's events were written down before; without them it is
/// parsed. The entries with the key `without` are passed over.
pub fn parse_frozen(
    source: SourceId,
    sources: &SourceMap,
    events: &[u8],
    without: Option<&str>,
    sink: &mut Diagnostics,
) -> Option<Node> {
    let limits = Limits::default();
    if events.is_empty() {
        return parse(source, sources, &limits, sink);
    }
    let run = |builder: &mut Builder<'_, '_>| builder.replay(events, without);
    tree(source, sources.text(source), &limits, sink, run)
}

fn tree<'t, 's>(
    source: SourceId,
    text: &'t str,
    limits: &'t Limits,
    sink: &'s mut Diagnostics,
    run: impl FnOnce(&mut Builder<'t, 's>) -> Step,
) -> Option<Node> {
    let mut builder = Builder {
        source,
        text,
        limits,
        sink,
        open: Vec::new(),
        nodes: 0,
        root: None,
    };
    match run(&mut builder) {
        Ok(()) => Some(builder.root.unwrap_or(Node {
            span: Span::whole(source),
            kind: Kind::Null,
        })),
        Err(error) => {
            builder.sink.push(*error);
            None
        }
    }
}

/// A collection that is being read.
enum Open {
    Seq {
        span: Span,
        items: Vec<Node>,
    },
    Map {
        span: Span,
        entries: Vec<(Key, Node)>,
        key: Pending,
    },
}

/// What a map waits for.
enum Pending {
    Key,
    Value(Key),
    /// The value of a key that was refused.
    Dropped,
}

struct Builder<'t, 's> {
    source: SourceId,
    text: &'t str,
    limits: &'t Limits,
    sink: &'s mut Diagnostics,
    open: Vec<Open>,
    nodes: usize,
    root: Option<Node>,
}

type Step = Result<(), Box<Diagnostic>>;

impl Builder<'_, '_> {
    fn replay(&mut self, events: &[u8], without: Option<&str>) -> Step {
        let mut events = frozen::events(events, self.text);
        while let Some(frozen::Event { what, start, end }) = events.next() {
            let span = Span::new(self.source, start, end);
            match what {
                frozen::What::Scalar(text, _) if Some(text) == without && self.wants_key() => {
                    frozen::skip_value(&mut events);
                }
                frozen::What::Scalar(text, style) => {
                    self.count(span)?;
                    let node = self.scalar(text.to_owned(), style, span);
                    self.close(node);
                }
                frozen::What::Seq => self.open_seq(span)?,
                frozen::What::Map => self.open_map(span)?,
                frozen::What::End => self.end(span),
            }
        }
        Ok(())
    }

    fn run(&mut self) -> Step {
        let options = events::options! {
            disallow_directives: true,
            emit_unresolved_aliases: true,
            emit_anchor_events: true,
            emit_comments: false,
            flow_nesting_limit: self.limits.depth,
            block_nesting_limit: self.limits.depth,
        };
        for event in events::Parser::new_from_str_with_options(self.text, options) {
            let (event, span) = event.map_err(|error| Box::new(self.syntax(&error)))?;
            self.event(event, &span)?;
        }
        Ok(())
    }

    fn event(&mut self, event: events::Event<'_>, at: &events::Span) -> Step {
        use events::Event;
        let span = self.span(at);
        match event {
            Event::DocumentStart(..) if self.root.is_some() => {
                return Err(Box::new(
                    Diagnostic::error("several-documents", "a file holds one document")
                        .at(span, "a second one starts here")
                        .help("put it into a file of its own"),
                ));
            }
            Event::Anchor(..) | Event::Alias(_) | Event::UnresolvedAlias(_) => {
                self.sink.push(anchor(span));
                if !matches!(event, Event::Anchor(..)) {
                    self.close(Node {
                        span,
                        kind: Kind::Null,
                    });
                }
            }
            Event::Scalar(raw, style, _, tag) => {
                self.count(span)?;
                self.refuse_tag(tag.is_some(), at);
                let node = self.scalar(raw.into_owned(), style_of(style), span);
                self.close(node);
            }
            Event::SequenceStart(_, _, tag) => {
                self.refuse_tag(tag.is_some(), at);
                self.open_seq(span)?;
            }
            Event::MappingStart(_, _, tag) => {
                self.refuse_tag(tag.is_some(), at);
                self.open_map(span)?;
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(span),
            _ => {}
        }
        Ok(())
    }

    fn wants_key(&self) -> bool {
        let innermost = self.open.last();
        matches!(
            innermost,
            Some(Open::Map {
                key: Pending::Key,
                ..
            })
        )
    }

    fn open_seq(&mut self, span: Span) -> Step {
        self.may_open(span)?;
        self.open.push(Open::Seq {
            span,
            items: Vec::new(),
        });
        Ok(())
    }

    fn open_map(&mut self, span: Span) -> Step {
        self.may_open(span)?;
        self.open.push(Open::Map {
            span,
            entries: Vec::new(),
            key: Pending::Key,
        });
        Ok(())
    }

    fn may_open(&mut self, span: Span) -> Step {
        self.count(span)?;
        if self.open.len() >= self.limits.depth {
            return Err(Box::new(self.too_deep(span)));
        }
        Ok(())
    }

    fn count(&mut self, span: Span) -> Step {
        self.nodes += 1;
        if self.nodes <= self.limits.nodes {
            return Ok(());
        }
        let message = format!("the file holds more than {} values", self.limits.nodes);
        Err(Box::new(
            Diagnostic::error("too-many-values", message)
                .at(span, "")
                .help("split it into several files"),
        ))
    }

    fn too_deep(&self, span: Span) -> Diagnostic {
        let message = format!("values are nested more than {} deep", self.limits.depth);
        Diagnostic::error("nested-too-deep", message).at(span, "")
    }

    fn refuse_tag(&mut self, tagged: bool, at: &events::Span) {
        if tagged {
            let span = at.tag_span().map_or_else(|| self.span(at), |tag| self.span(&tag));
            self.sink.push(tag(span));
        }
    }

    fn scalar(&self, raw: String, style: Style, span: Span) -> Node {
        if style == Style::Plain && matches!(raw.as_str(), "" | "~" | "null") {
            return Node {
                span,
                kind: Kind::Null,
            };
        }
        let lines = locate::lines(self.text, span.start, span.end, &raw, style);
        Node {
            span,
            kind: Kind::Scalar(Scalar { raw, style, lines }),
        }
    }

    /// Ends the innermost collection.
    fn end(&mut self, end: Span) {
        let node = match self.open.pop() {
            Some(Open::Seq { span, items }) => {
                let last = items.last().map_or(span, |item| item.span);
                Node {
                    span: whole(span, last, end),
                    kind: Kind::Seq(items),
                }
            }
            Some(Open::Map { span, entries, .. }) => {
                let last = entries.last().map_or(span, |(_, value)| value.span);
                let entries = self.without_twins(entries);
                Node {
                    span: whole(span, last, end),
                    kind: Kind::Map(entries),
                }
            }
            None => return,
        };
        self.close(node);
    }

    /// Hands a complete node to the collection that it stands in.
    fn close(&mut self, node: Node) {
        match self.open.last_mut() {
            None => self.root = Some(node),
            Some(Open::Seq { items, .. }) => items.push(node),
            Some(Open::Map { entries, key, .. }) => match std::mem::replace(key, Pending::Key) {
                Pending::Value(name) => entries.push((name, node)),
                Pending::Dropped => {}
                Pending::Key => {
                    *key = match key_of(node, self.text) {
                        Ok(name) => Pending::Value(name),
                        Err(error) => {
                            self.sink.push(*error);
                            Pending::Dropped
                        }
                    };
                }
            },
        }
    }

    /// Reports keys that are there twice and keeps the first of each.
    fn without_twins(&mut self, entries: Vec<(Key, Node)>) -> Vec<(Key, Node)> {
        let mut seen: BTreeMap<&str, Span> = BTreeMap::new();
        let mut twins = Vec::new();
        for (at, (key, _)) in entries.iter().enumerate() {
            if let Some(first) = seen.get(key.text.as_str()) {
                let error = Diagnostic::error(
                    "duplicate-key",
                    format!("the key `{}` is there twice", excerpt(&key.text)),
                );
                self.sink
                    .push(error.at(key.span, "again here").also(*first, "first here"));
                twins.push(at);
            } else {
                seen.insert(&key.text, key.span);
            }
        }
        let kept = entries
            .into_iter()
            .enumerate()
            .filter(|(at, _)| twins.binary_search(at).is_err());
        kept.map(|(_, entry)| entry).collect()
    }

    fn span(&self, at: &events::Span) -> Span {
        let range = at.byte_range().unwrap_or_default();
        // A block scalar takes the breaks behind it along.
        let end = range.start + self.text.get(range.clone()).unwrap_or_default().trim_end().len();
        Span::new(self.source, range.start, end.max(range.start))
    }

    /// Says what broken syntax most likely was meant to be.
    fn syntax(&self, error: &events::ScanError) -> Diagnostic {
        use events::ErrorKind;
        let start = error.marker().byte_offset().unwrap_or(self.text.len());
        let first = self.text.get(start..).and_then(|rest| rest.chars().next());
        let span = Span::new(self.source, start, start + first.map_or(0, char::len_utf8));
        match (error.kind(), first) {
            (ErrorKind::RecursionLimitExceeded, _) => return self.too_deep(span),
            (_, Some('!')) => return tag(span),
            (_, Some('&' | '*')) => return anchor(span),
            _ => {}
        }
        let wrong = Diagnostic::error("bad-yaml", error.info()).at(span, "");
        match (error.kind(), first) {
            (ErrorKind::InvalidTrailingDoubleQuotedScalar | ErrorKind::InvalidTrailingSingleQuotedScalar, _) => {
                wrong.help("a value that begins with a quote ends with it: put the whole value in quotes of the other kind")
            }
            (ErrorKind::MappingValueNotAllowed, _) => wrong.help("put a value that holds `: ` in quotes"),
            (ErrorKind::DirectiveDisallowed, _) | (_, Some('@' | '`' | '%')) => {
                wrong.help("put a value that begins with this character in quotes")
            }
            (ErrorKind::TabNotAllowed | ErrorKind::TabInBlockIndentation | ErrorKind::TabInIndentation, _) => {
                wrong.help("indent with spaces")
            }
            (ErrorKind::UnclosedFlowCollection { .. } | ErrorKind::ExpectedFlowSequenceSeparator, _) => {
                wrong.help("put a text that begins with a bracket in quotes")
            }
            _ => wrong,
        }
    }
}

const fn style_of(style: events::ScalarStyle) -> Style {
    match style {
        events::ScalarStyle::Plain => Style::Plain,
        events::ScalarStyle::Literal => Style::Literal,
        events::ScalarStyle::Folded => Style::Folded,
        _ => Style::Quoted,
    }
}

/// The span of a collection: to its bracket, or to the end of its last value.
fn whole(start: Span, last: Span, end: Span) -> Span {
    if end.end > end.start {
        start.to(end)
    } else {
        start.to(last)
    }
}

fn key_of(node: Node, text: &str) -> Result<Key, Box<Diagnostic>> {
    match node.kind {
        Kind::Scalar(scalar) => Ok(Key {
            text: scalar.raw,
            span: node.span,
        }),
        Kind::Null if node.span.start < node.span.end => Ok(Key {
            text: text[node.span.start..node.span.end].to_owned(),
            span: node.span,
        }),
        _ => {
            let wrong =
                Diagnostic::error("key-is-no-text", "a key is a text, and not empty").at(node.span, "");
            Err(Box::new(match node.kind {
                Kind::Map(_) => wrong.help("put a text that begins with `{{` in quotes"),
                _ => wrong,
            }))
        }
    }
}

fn tag(span: Span) -> Diagnostic {
    Diagnostic::error("tag", "tags are not allowed; write not(...)")
        .at(span, "YAML reads this as a tag")
        .help("`!` at the start of a value is lost silently: write not(...), or put the value in quotes")
}

fn anchor(span: Span) -> Diagnostic {
    Diagnostic::error("anchor", "anchors and aliases are not allowed")
        .at(span, "")
        .help("write the value out; put a text that begins with `&` or `*` in quotes")
}

#[cfg(test)]
#[path = "parse_tests.rs"]
mod tests;
