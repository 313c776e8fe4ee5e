//! A batch of statements on a database server.

use super::Deed;
use crate::facts::FactValue;
use crate::transport::Unwritten;
use crate::transport::host::Host;
use crate::transport::tds::{Batch, Tds};

/// Runs it, by way of a host where the pair file says so.
pub(in crate::apply) async fn run(
    deed: Deed<'_>,
    tds: &Tds,
    through: Option<&Host>,
) -> Result<(), Unwritten> {
    let batch = batch(deed)?;
    match through {
        None => tds.batch(&batch).await,
        Some(host) => tds.batch_through(host, &batch).await,
    }
}

pub(super) fn batch(deed: Deed<'_>) -> Result<Batch, Unwritten> {
    Ok(Batch {
        text: deed.text(deed.verb())?.to_owned(),
        params: params(deed)?,
        database: deed.optional_text("database")?.map(str::to_owned),
    })
}

/// They are numbered without a gap.
fn params(deed: Deed<'_>) -> Result<Vec<FactValue>, Unwritten> {
    let names = (1..).map(|number| format!("@P{number}"));
    names
        .take_while(|name| deed.detail(name).is_some())
        .map(|name| deed.value(&name).cloned())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::{Absence, Cause};
    use crate::plan::{At, Detail, Doing};

    fn doing(details: Vec<(&str, Detail)>) -> Doing {
        let details = details
            .into_iter()
            .map(|(slot, detail)| (slot.to_owned(), detail));
        Doing {
            on: "DB2".to_owned(),
            at: At::Local,
            command: None,
            protocol: "tds",
            verb: "batch",
            reads: "run",
            details: details.collect(),
        }
    }

    #[test]
    fn slots_become_a_batch() {
        let doing = doing(vec![
            ("batch", Detail::Text("EXEC sp_configure @P1, @P2;".to_owned())),
            ("database", Detail::Value("pay".into())),
            ("@P1", Detail::Value("name".into())),
            ("@P2", Detail::Value(FactValue::Nothing)),
        ]);
        let batch = batch(Deed::new(&doing)).unwrap();
        assert_eq!(batch.text, "EXEC sp_configure @P1, @P2;");
        assert_eq!(batch.params, ["name".into(), FactValue::Nothing]);
        assert_eq!(batch.database.as_deref(), Some("pay"));
    }

    #[test]
    fn what_is_not_known_is_refused() {
        let why = Absence::new(Cause::Denied, "source.tds", "no right");
        for (details, cause) in [
            (vec![], Cause::Malformed),
            (vec![("batch", Detail::Later("?".into()))], Cause::Malformed),
            (
                vec![
                    ("batch", Detail::Text(String::new())),
                    ("@P1", Detail::Value(FactValue::absent(why))),
                ],
                Cause::Denied,
            ),
            (
                vec![
                    ("batch", Detail::Text(String::new())),
                    ("database", Detail::Value(FactValue::Int(1))),
                ],
                Cause::Malformed,
            ),
        ] {
            let unwritten = batch(Deed::new(&doing(details))).unwrap_err();
            assert!(unwritten.refused);
            assert_eq!(unwritten.why.cause, cause);
        }
    }
}
