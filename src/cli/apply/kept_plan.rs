//! A plan that was kept in a file, and whether it still holds.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::selection_of;
use crate::cli::refusal::{Outcome, Refusal};
use crate::evaluate::Selection;
use crate::pipeline::Opened;

/// A plan that was kept in a file.
pub(super) struct KeptPlan(Value);

/// No plan is larger.
const LARGEST: u64 = 512 * 1024 * 1024;

impl KeptPlan {
    pub(super) fn read(file: &Path) -> Outcome<Self> {
        let wrong = |why: String| {
            Refusal::new(format!("{}: {why}", file.display()))
                .next("make it anew: standin plan PAIR --out FILE")
        };
        let size = std::fs::metadata(file)
            .map_err(|error| wrong(error.to_string()))?
            .len();
        if size > LARGEST {
            return Err(wrong("it is too large for a plan".to_owned()));
        }
        let text = std::fs::read_to_string(file).map_err(|error| wrong(error.to_string()))?;
        let value: Value =
            serde_json::from_str(&text).map_err(|error| wrong(format!("it is no JSON: {error}")))?;
        match value["schema"].as_str() {
            Some("standin/plan/1") => Ok(Self(value)),
            Some(other) => Err(wrong(format!(
                "its layout is {other}, which is none of a plan that this program knows"
            ))),
            None => Err(wrong("it is no plan".to_owned())),
        }
    }

    pub(super) fn pair_file(&self) -> Option<PathBuf> {
        self.0["pair_file"].as_str().map(PathBuf::from)
    }

    pub(super) fn selection(&self) -> Selection {
        selection_of(&self.0)
    }

    /// Refuses a plan of another pair, or of other packs.
    pub(super) fn is_for(&self, opened: &Opened, file: &Path) -> Outcome<()> {
        let pair = opened.pair.name.value.as_str();
        if self.0["pair"].as_str() != Some(pair) {
            let theirs = self.0["pair"].as_str().unwrap_or("another one");
            let why = format!(
                "{} is a plan for the pair {theirs}, this is {pair}",
                file.display()
            );
            return Err(Refusal::new(why).next("give the pair that it was made for: --pair PAIR"));
        }
        if self.0["catalogue"].as_str() != Some(&opened.catalogue.digest) {
            let why = format!("{} was made with other packs than these", file.display());
            return Err(
                Refusal::new(why).next("plan anew, and look at the plan: standin plan PAIR --out FILE")
            );
        }
        Ok(())
    }

    /// Refuses a plan that is not what comes of the facts as they are now.
    pub(super) fn is_still(&self, now: &str, file: &Path) -> Outcome<()> {
        let now: Value = serde_json::from_str(now).unwrap_or_default();
        let anew = "plan anew, and look at the plan: standin plan PAIR --out FILE";
        let places = |value: &Value| value["facts"]["places"].as_object().cloned().unwrap_or_default();
        let (old, new) = (places(&self.0), places(&now));
        let mut changed: Vec<&String> = old
            .keys()
            .filter(|name| new.get(*name) != old.get(*name))
            .collect();
        changed.extend(new.keys().filter(|name| !old.contains_key(*name)));
        if let Some((first, rest)) = changed.split_first() {
            let more = if rest.is_empty() {
                String::new()
            } else {
                format!(" and {} more", rest.len())
            };
            let why = format!(
                "{} does not hold any more: {first}{more} is not as it was",
                file.display()
            );
            return Err(Refusal::new(why).next(anew));
        }
        if self.0["steps"] != now["steps"] {
            let why = format!(
                "the steps in {} are not those that the packs make of these facts",
                file.display()
            );
            return Err(Refusal::new(why)
                .next("a plan is not to be edited: leave rules out with --skip")
                .next(anew));
        }
        Ok(())
    }
}
