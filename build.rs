//! Lists the packs under `rules/` for the binary, so that one file runs anywhere, with what the YAML parser says of
//! each file, so that a start need not parse them.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

use granit_parser::{Event, Parser, ScalarStyle, options};

fn main() {
    let top = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo says where the package is"));
    let rules = top.join("rules");
    println!("cargo::rerun-if-changed={}", rules.display());
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo says where output goes"));
    let mut list = String::from("static EMBEDDED: &[(&str, &[Embedded])] = &[\n");
    for pack in sorted(&rules)
        .into_iter()
        .filter(|p| p.join("pack.yaml").is_file())
    {
        let name = pack
            .file_name()
            .expect("an entry has a name")
            .to_string_lossy()
            .into_owned();
        let _ = writeln!(list, "    ({name:?}, &[");
        let mut files = Vec::new();
        gather(&pack, &mut files);
        for file in files {
            let inner = file
                .strip_prefix(&pack)
                .expect("it lies below")
                .to_string_lossy()
                .replace('\\', "/");
            let text = fs::read_to_string(&file).expect("a file of a pack is text");
            let events = out.join(format!("{name}_{}.events", inner.replace('/', "_")));
            fs::write(&events, frozen(&text).unwrap_or_default()).expect("the output folder can be written");
            let _ = writeln!(
                list,
                "        ({inner:?}, include_str!({:?}), include_bytes!({:?})),",
                file.display().to_string(),
                events.display().to_string()
            );
        }
        list.push_str("    ]),\n");
    }
    list.push_str("];\n");
    fs::write(out.join("embedded_packs.rs"), list).expect("the output folder can be written");
}

fn gather(folder: &Path, files: &mut Vec<PathBuf>) {
    for path in sorted(folder) {
        if path.is_dir() {
            gather(&path, files);
        } else if path.extension().is_some_and(|e| e == "yaml") {
            println!("cargo::rerun-if-changed={}", path.display());
            files.push(path);
        }
    }
}

fn sorted(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut paths: Vec<PathBuf> = entries.filter_map(|e| e.ok().map(|e| e.path())).collect();
    paths.sort();
    paths
}

/// The events of a file in the form that `src/yaml/frozen.rs` reads; nothing where there is more than plain values in
/// it: then the program parses it and says what is wrong.
fn frozen(text: &str) -> Option<Vec<u8>> {
    let options = options! {
        disallow_directives: true,
        emit_unresolved_aliases: true,
        emit_anchor_events: true,
        emit_comments: false,
    };
    let (mut bytes, mut documents) = (Vec::new(), 0);
    for event in Parser::new_from_str_with_options(text, options) {
        let (event, span) = event.ok()?;
        let range = span.byte_range()?;
        // A block scalar takes the breaks behind it along.
        let end = range.start + text[range.clone()].trim_end().len();
        let (kind, written) = match &event {
            Event::SequenceStart(_, _, None) => (b'[', None),
            Event::MappingStart(_, _, None) => (b'{', None),
            Event::SequenceEnd | Event::MappingEnd => (b']', None),
            Event::Scalar(raw, style, _, None) => scalar(raw, *style, &text[range.start..end]),
            Event::DocumentStart(..) if documents == 0 => {
                documents += 1;
                continue;
            }
            Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => continue,
            _ => return None,
        };
        bytes.push(kind);
        bytes.extend(number(range.start)?);
        bytes.extend(number(end)?);
        if let Some(written) = written {
            bytes.extend(number(written.len())?);
            bytes.extend(written.as_bytes());
        }
    }
    Some(bytes)
}

/// How a scalar is marked, and its text where the file writes it in another way.
fn scalar<'r>(raw: &'r str, style: ScalarStyle, source: &str) -> (u8, Option<&'r str>) {
    let quoted = source.get(1..source.len().saturating_sub(1));
    match style {
        ScalarStyle::Plain if raw == source => (b'p', None),
        ScalarStyle::Plain => (b'P', Some(raw)),
        ScalarStyle::Literal => (b'L', Some(raw)),
        ScalarStyle::Folded => (b'F', Some(raw)),
        _ if quoted == Some(raw) => (b'q', None),
        _ => (b'Q', Some(raw)),
    }
}

fn number(number: usize) -> Option<[u8; 4]> {
    u32::try_from(number).ok().map(u32::to_le_bytes)
}
