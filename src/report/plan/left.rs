//! Why findings stay for people, in words.

use crate::facts::FactValue;
use crate::plan::{Held, LeftBecause, Unmet};

/// The kinds of reasons, in the order in which they are told.
pub(super) const KINDS: [(&str, &str); 5] = [
    ("held", "cannot be done now"),
    ("unknown", "not known what it would be given"),
    ("guided", "a person does it, guided"),
    ("declared", "not yet appliable"),
    ("by_hand", "by hand"),
];

/// The word of a reason.
pub(super) const fn kind(because: &LeftBecause) -> &'static str {
    match because {
        LeftBecause::ByHand => "by_hand",
        LeftBecause::Guided { .. } => "guided",
        LeftBecause::Declared { .. } => "declared",
        LeftBecause::InputUnknown { .. } => "unknown",
        LeftBecause::Held { .. } => "held",
    }
}

/// The fix that would be used.
pub(super) fn fix(because: &LeftBecause) -> Option<&str> {
    match because {
        LeftBecause::ByHand => None,
        LeftBecause::Guided { fix, .. }
        | LeftBecause::Declared { fix }
        | LeftBecause::InputUnknown { fix, .. }
        | LeftBecause::Held { fix, .. } => Some(fix),
    }
}

/// The reason in one line; nothing where its kind says it all.
pub(super) fn reason(because: &LeftBecause) -> Option<String> {
    match because {
        LeftBecause::ByHand | LeftBecause::Declared { .. } => None,
        LeftBecause::Guided { because, .. } => Some(because.to_string()),
        LeftBecause::InputUnknown { input, why, .. } => Some(format!("{input}: {why}")),
        LeftBecause::Held { held, .. } => Some(held_because(held)),
    }
}

fn held_because(held: &Held) -> String {
    match held {
        Held::Condition(text) => text.clone(),
        Held::Unknown(why) => why.to_string(),
        Held::NeedUnknown(place, why) => format!("it needs {place}, and {why}"),
        Held::NeedUnmet(unmet) => unmet_because(unmet),
        Held::Contradiction(place) => format!("its findings want {place} to be different things"),
        Held::Refused(why) => format!("it cannot be written safely: {why}"),
    }
}

fn unmet_because(unmet: &Unmet) -> String {
    let place = &unmet.place;
    let needed = match &unmet.value {
        Some(value) => format!("it needs that {place} is {value}, and it is {}", unmet.found),
        None => format!("it needs {place}, and that is not there"),
    };
    match unmet.offers.as_slice() {
        [] => needed,
        offers => format!(
            "{needed}; no step of this plan sees to it ({} would)",
            offers.join(", ")
        ),
    }
}

/// What a step makes of a place.
pub(super) fn becomes(old: Option<&FactValue>, new: Option<&FactValue>) -> (String, String) {
    let shown = |value: &FactValue| match value {
        FactValue::Digest(_) => "a secret".to_owned(),
        FactValue::Acl(_) => "an access list".to_owned(),
        other => other.to_string(),
    };
    match (old, new) {
        (None, None) => ("not known".to_owned(), "changed".to_owned()),
        (Some(FactValue::Nothing), None) => ("not there".to_owned(), "made".to_owned()),
        (Some(FactValue::Nothing), Some(new)) => ("not there".to_owned(), shown(new)),
        (Some(FactValue::Record(_) | FactValue::Map(_)), None) => ("there".to_owned(), "changed".to_owned()),
        (Some(FactValue::Record(_)), Some(FactValue::Nothing)) => {
            ("there".to_owned(), "taken away".to_owned())
        }
        (Some(old), Some(FactValue::Nothing)) => (shown(old), "taken away".to_owned()),
        (Some(old), None) => (shown(old), "changed".to_owned()),
        (None, Some(new)) => ("not known".to_owned(), shown(new)),
        (Some(old), Some(new)) => (shown(old), shown(new)),
    }
}
