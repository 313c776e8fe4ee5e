//! Reads a file that people wrote, and never more of it than is allowed.

use crate::diagnostic::{Diagnostic, Diagnostics, SourceId, SourceMap, Span};
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

/// Reads a text file into the source map under the name that people know.
///
/// Nothing is returned only when a diagnostic says why.
pub fn read(
    path: &Path,
    name: &str,
    limit: usize,
    sources: &mut SourceMap,
    sink: &mut Diagnostics,
) -> Option<SourceId> {
    let failed =
        |sources: &mut SourceMap, error: Diagnostic| error.at(Span::whole(sources.add(name, "")), "");
    match contents(path, limit) {
        Ok(bytes) => match String::from_utf8(bytes) {
            Ok(text) => Some(sources.add(name, text)),
            Err(error) => {
                let at = error.utf8_error().valid_up_to();
                let id = sources.add(name, String::from_utf8_lossy(error.as_bytes()));
                let wrong = Diagnostic::error("not-utf-8", "this is not UTF-8 text");
                sink.push(
                    wrong
                        .at(Span::new(id, at, at + 1), "")
                        .help("save the file as UTF-8"),
                );
                None
            }
        },
        Err(error) => {
            let error = failed(sources, *error);
            sink.push(error);
            None
        }
    }
}

fn contents(path: &Path, limit: usize) -> Result<Vec<u8>, Box<Diagnostic>> {
    let unreadable = |error: std::io::Error| {
        Box::new(Diagnostic::error(
            "unreadable-file",
            format!("cannot read the file: {error}"),
        ))
    };
    // Asked before opening: opening a pipe would wait for its writer.
    let metadata = std::fs::metadata(path).map_err(unreadable)?;
    if !metadata.is_file() {
        return Err(Box::new(Diagnostic::error(
            "unreadable-file",
            "this is not a regular file",
        )));
    }
    let mut bytes = Vec::new();
    let most = u64::try_from(limit).unwrap_or(u64::MAX);
    File::open(path)
        .and_then(|file| file.take(most.saturating_add(1)).read_to_end(&mut bytes))
        .map_err(unreadable)?;
    if bytes.len() > limit {
        return Err(Box::new(too_large(limit)));
    }
    Ok(bytes)
}

/// The refusal of a text that is over the budget.
pub(super) fn too_large(limit: usize) -> Diagnostic {
    Diagnostic::error("file-too-large", format!("the file is larger than {limit} bytes"))
        .help("split it into several files")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(path: &Path) -> &'static str {
        let mut sink = Diagnostics::new();
        assert_eq!(read(path, "name", 100, &mut SourceMap::new(), &mut sink), None);
        sink.sorted()[0].code
    }

    #[test]
    fn refuses_what_is_no_text_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.yaml");
        assert_eq!(code(&file), "unreadable-file");
        assert_eq!(code(folder.path()), "unreadable-file");
        std::fs::write(&file, b"a: \xff").unwrap();
        assert_eq!(code(&file), "not-utf-8");
        std::fs::write(&file, vec![b'a'; 101]).unwrap();
        assert_eq!(code(&file), "file-too-large");
    }

    #[test]
    fn reads_a_text() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.yaml");
        std::fs::write(&file, "a: 1").unwrap();
        let mut sources = SourceMap::new();
        let id = read(&file, "name", 100, &mut sources, &mut Diagnostics::new()).unwrap();
        assert_eq!((sources.name(id), sources.text(id)), ("name", "a: 1"));
    }
}
