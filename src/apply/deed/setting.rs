//! A setting of the pair file.

use super::Deed;
use crate::facts::{Absence, Cause, FactValue, to_json};
use crate::pair::{EditError, PairFile, RewriteError};
use crate::transport::Unwritten;

/// Sets it, or takes it out where nothing was said of it before.
///
/// The file is replaced as a whole: what fails left it as it was.
pub(in crate::apply) fn run(deed: Deed<'_>, file: &PairFile) -> Result<(), Unwritten> {
    let place = deed.text(deed.verb())?;
    let name = place.strip_prefix("setting.").filter(|name| is_name(name));
    let name = name.ok_or_else(|| deed.refused(format!("`{place}` is no setting")))?;
    let value = match deed.value("to")? {
        FactValue::Nothing => None,
        value if is_writable(value) => Some(to_json(value)),
        value => {
            let kind = value.kind();
            return Err(deed.refused(format!("a value of the kind {kind} has no place in a pair file")));
        }
    };
    let written = file.set(name, value.as_ref());
    written.map_err(|error| Unwritten::refused(absence(place, &error)))
}

/// Whether it is a dotted name, and no place within a list.
fn is_name(name: &str) -> bool {
    let is_part = |part: &str| {
        let right = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        !part.is_empty() && part.chars().all(right)
    };
    name.split('.').all(is_part)
}

/// Whether the pair file gives the value back as it is.
fn is_writable(value: &FactValue) -> bool {
    match value {
        FactValue::Absent(_) | FactValue::Map(_) | FactValue::Bytes(_) => false,
        FactValue::List(items) | FactValue::Set(items) => items.iter().all(is_writable),
        FactValue::Record(record) => record.iter().all(|(_, value)| is_writable(value)),
        _ => true,
    }
}

fn absence(place: &str, error: &RewriteError) -> Absence {
    let (cause, why) = match error {
        RewriteError::Edit(EditError::Unreadable) => (Cause::Malformed, String::new()),
        RewriteError::Edit(_) => (Cause::Unsupported, "; change it by hand".to_owned()),
        RewriteError::Changed => (Cause::Ambiguous, "; plan again".to_owned()),
        RewriteError::Unreadable(source) => (Cause::NotFound, format!(": {source}")),
        RewriteError::Unwritable(source) => (Cause::Denied, format!(": {source}")),
    };
    Absence::new(cause, place, format!("{error}{why}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{At, Detail, Doing};

    fn outcome(place: &str, to: FactValue) -> Result<String, Unwritten> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pair.yaml");
        let text = "pair: x\nsettings: { a.b: false } # kept\n";
        std::fs::write(&path, text).unwrap();
        let doing = Doing {
            on: "this machine".to_owned(),
            at: At::Local,
            command: None,
            protocol: "setting",
            verb: "set",
            reads: "set in the pair file",
            details: vec![
                ("set".to_owned(), Detail::Value(place.into())),
                ("to".to_owned(), Detail::Value(to)),
            ],
        };
        run(Deed::new(&doing), &PairFile::new(&path, text))?;
        Ok(std::fs::read_to_string(&path).unwrap())
    }

    #[test]
    fn a_setting_is_set_or_taken_out() {
        for (place, to, settings) in [
            ("setting.a.b", FactValue::Bool(true), "{ a.b: true }"),
            ("setting.a.b", FactValue::Nothing, "{}"),
            (
                "setting.c",
                FactValue::list(["x".into()]),
                "{ a.b: false, c: [x] }",
            ),
        ] {
            let expected = format!("pair: x\nsettings: {settings} # kept\n");
            assert_eq!(outcome(place, to).unwrap(), expected);
        }
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let why = Absence::new(Cause::Denied, "x", "x");
        for (place, to, cause) in [
            ("param.a", FactValue::Bool(true), Cause::Malformed),
            ("setting.a[0]", FactValue::Bool(true), Cause::Malformed),
            ("setting.a.b", FactValue::absent(why), Cause::Denied),
            (
                "setting.a.b",
                FactValue::Bytes([1].as_slice().into()),
                Cause::Malformed,
            ),
        ] {
            let unwritten = outcome(place, to).unwrap_err();
            assert!(unwritten.refused);
            assert_eq!(unwritten.why.cause, cause, "{place}");
        }
    }
}
