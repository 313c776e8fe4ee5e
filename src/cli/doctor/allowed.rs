//! Whether the account of an endpoint may read what the rules of the pair need.

use crate::cli::refusal::Outcome;
use crate::cli::{Context, rights};
use crate::collect::{Health, Look};
use crate::evaluate::{RightRow, Selection, Standing};
use crate::facts::Cause;
use crate::pair::Secrets;
use crate::pipeline::{self, Opened};

/// Adds to the looks at each endpoint that lets us in whether its account may read what the rules need; false when it was
/// interrupted.
pub(super) fn look(
    opened: &Opened,
    looks: &mut Vec<Look>,
    secrets: &mut Secrets,
    context: &Context,
) -> Outcome<bool> {
    let in_order = |name: &str| {
        let own = looks.iter().filter(|look| look.about == name);
        own.clone().count() > 0 && own.clone().all(|look| look.health != Health::Error)
    };
    let mut rows = pipeline::rights(opened, &Selection::default());
    rows.retain(|row| row.endpoint.is_some_and(|endpoint| in_order(&endpoint.name)));
    if rows.is_empty() {
        return Ok(true);
    }
    let complete = rights::stand(opened, &mut rows, opened.pair.collect.timeout, secrets, context)?;
    let mut names: Vec<&str> = rows
        .iter()
        .filter_map(|row| Some(row.endpoint?.name.as_str()))
        .collect();
    names.dedup();
    for name in names {
        let own = rows
            .iter()
            .filter(|row| row.endpoint.is_some_and(|endpoint| endpoint.name == name));
        let found = granted(name, own);
        let last = looks.iter().rposition(|look| look.about == name);
        let place = last.map_or(looks.len(), |last| last + 1);
        looks.splice(place..place, found);
    }
    Ok(complete)
}

/// What of the rights at an endpoint is there, and what to grant; what the pair file keeps from being asked is left out.
fn granted<'r>(name: &str, rows: impl Iterator<Item = &'r RightRow<'r>>) -> Vec<Look> {
    let look = |health, detail: String, next: Option<String>| Look {
        about: name.to_owned(),
        what: "allowed",
        health,
        detail,
        next,
    };
    let mut there = 0;
    let mut looks = Vec::new();
    for row in rows {
        let about = &row.right.about;
        match &row.standing {
            Some(Standing::Has) => there += 1,
            Some(_) if row.right.optional => {}
            Some(Standing::Lacks(_)) => {
                let detail = format!("not: {about}");
                looks.push(look(Health::Warning, detail, Some(row.right.grant.clone())));
            }
            // What keeps it from being asked was told already, or is the pair file's own doing.
            Some(Standing::CannotTell(why))
                if matches!(
                    why.cause,
                    Cause::NotConfigured | Cause::Unsupported | Cause::Denied | Cause::NotCollected
                ) => {}
            Some(Standing::CannotTell(why)) => {
                let detail = format!("{about}: {}", why.detail);
                looks.push(look(Health::Unknown, detail, Some(why.cause.hint().to_owned())));
            }
            None => {}
        }
    }
    if there > 0 {
        let detail = match there {
            1 => "one right that the rules need".to_owned(),
            n => format!("{n} rights that the rules need"),
        };
        looks.insert(0, look(Health::Good, detail, None));
    }
    looks
}
