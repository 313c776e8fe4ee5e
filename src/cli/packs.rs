//! The packs that a command works on: those of the binary, and those of folders.

use std::collections::BTreeSet;
use std::path::PathBuf;

use clap::Args;

use super::Context;
use super::refusal::{Outcome, Refusal};
use crate::catalogue::{self, Catalogue, PackFiles, PackSource};
use crate::diagnostic::{Diagnostics, suggest};
use crate::evaluate::Selection;
use crate::pipeline;

/// Folders of packs beside those of the binary.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct PackFolders {
    /// Use the packs in this folder too: one pack, or a folder of packs. A pack takes the place of the shipped one
    /// with its name. May be given several times [default: the shipped packs alone]
    #[arg(long = "rules", value_name = "DIR")]
    pub(crate) folders: Vec<PathBuf>,
}

/// Which rules a command is about.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct RuleWords {
    /// Only these rules: by id, pack, section, tag or row of the guide; several with commas [default: all]
    #[arg(long, value_name = "WORD", value_delimiter = ',')]
    pub(crate) only: Vec<String>,

    /// Not these rules: by the same words [default: none]
    #[arg(long, value_name = "WORD", value_delimiter = ',')]
    pub(crate) skip: Vec<String>,
}

impl RuleWords {
    /// The selection, when every word names some rule.
    pub(crate) fn selection(&self, catalogue: &Catalogue) -> Outcome<Selection> {
        let selection = Selection {
            only: self.only.clone(),
            skip: self.skip.clone(),
        };
        let unmatched: Vec<&str> = selection.unmatched(&catalogue.rules).collect();
        let Some(first) = unmatched.first() else {
            return Ok(selection);
        };
        let told: Vec<String> = unmatched.iter().map(|word| format!("`{word}`")).collect();
        let mut refusal = Refusal::new(format!("{} names no rule of these packs", told.join(", ")));
        let known = words(catalogue);
        if let Some(near) = suggest(first, known.iter().map(String::as_str)) {
            refusal = refusal.next(format!("did you mean `{near}`?"));
        }
        Err(refusal.next("rules are named by id, pack, section, tag or row of the guide: standin rules list"))
    }
}

/// Every word that names a rule.
fn words(catalogue: &Catalogue) -> BTreeSet<String> {
    let of_rule = |rule: &catalogue::Rule| {
        let mut words = vec![
            rule.id.to_string(),
            rule.pack.to_string(),
            rule.section.to_string(),
        ];
        words.extend(
            rule.tags
                .iter()
                .chain(&rule.guide.every())
                .map(ToString::to_string),
        );
        words
    };
    catalogue.rules.iter().flat_map(of_rule).collect()
}

/// Packs that were read, and those that the command is about.
#[derive(Debug)]
pub(crate) struct Chosen {
    pub(crate) packs: Vec<PackFiles>,
    /// The names of the packs that are looked at; the others are only there because they are needed.
    pub(crate) focus: BTreeSet<String>,
}

impl Chosen {
    /// The packs of these paths with what they require, or all packs when no path is given.
    pub(crate) fn read(paths: &[PathBuf], folders: &PackFolders) -> Outcome<Self> {
        let mut sink = Diagnostics::new();
        let all = paths.iter().chain(&folders.folders).cloned().collect::<Vec<_>>();
        let all = pipeline::all_packs(&all, &mut sink);
        if sink.has_errors() {
            return Err(Refusal::files(sink));
        }
        if paths.is_empty() {
            let focus = all.iter().map(|pack| pack.folder.clone()).collect();
            return Ok(Self { packs: all, focus });
        }
        let focus: BTreeSet<String> = paths
            .iter()
            .filter_map(|path| PackSource::Folder(path.clone()).read().ok())
            .flatten()
            .map(|pack| pack.folder)
            .collect();
        Ok(Self {
            packs: pipeline::with_required(all, focus.clone()),
            focus,
        })
    }

    /// Of these packs the named ones, and those that they require.
    pub(crate) fn with_required(self, named: Vec<String>) -> Self {
        Self {
            packs: pipeline::with_required(self.packs, named.into_iter().collect()),
            focus: self.focus,
        }
    }

    /// The selection without the rules of packs that are only there because they are needed.
    pub(crate) fn within(&self, catalogue: &Catalogue, mut selection: Selection) -> Selection {
        let others = catalogue
            .rules
            .iter()
            .filter(|rule| !self.focus.contains(rule.pack.as_ref()));
        selection.skip.extend(others.map(|rule| rule.id.to_string()));
        selection
    }

    /// The checked catalogue of these packs.
    pub(crate) fn load(&self, context: &mut Context) -> Outcome<Catalogue> {
        let loaded = catalogue::load(&self.packs, &mut context.sources);
        match loaded.catalogue {
            Some(catalogue) => Ok(catalogue),
            None => Err(Refusal::files(loaded.diagnostics)),
        }
    }
}
