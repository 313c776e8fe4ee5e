//! Diagnostics for programs.

use super::{Diagnostic, Severity, SourceMap};
use serde_json::{Value, json};

/// Renders a diagnostic as an object; texts are as they are, since JSON escapes them itself.
pub fn json(diagnostic: &Diagnostic, sources: &SourceMap) -> Value {
    let place = diagnostic
        .primary
        .as_ref()
        .map(|label| (label.span.source, sources.place(label.span)));
    let severity = match diagnostic.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    json!({
        "code": diagnostic.code,
        "severity": severity,
        "message": diagnostic.message,
        "file": place.map(|(source, _)| sources.name(source)),
        "line": place.map(|(_, place)| place.line),
        "column": place.map(|(_, place)| place.column),
        "end_line": place.map(|(_, place)| place.end_line),
        "end_column": place.map(|(_, place)| place.end_column),
        "help": diagnostic.help,
    })
}

#[cfg(test)]
mod tests {
    use super::super::Span;
    use super::*;

    #[test]
    fn names_the_place() {
        let mut sources = SourceMap::new();
        let id = sources.add("pair.yaml", "a: 1\nb: 2\n");
        let wrong = Diagnostic::error("unknown-key", "unknown key `b`")
            .at(Span::new(id, 5, 6), "")
            .help("remove it");
        let expected = json!({
            "code": "unknown-key", "severity": "error", "message": "unknown key `b`", "file": "pair.yaml",
            "line": 2, "column": 1, "end_line": 2, "end_column": 2, "help": ["remove it"],
        });
        assert_eq!(json(&wrong, &sources), expected);
    }

    #[test]
    fn a_place_may_be_missing() {
        let wrong = json(&Diagnostic::warning("old", "old"), &SourceMap::new());
        assert_eq!((&wrong["file"], &wrong["line"]), (&Value::Null, &Value::Null));
    }
}
