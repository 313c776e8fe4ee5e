//! What becomes of scripts that are there already: an edit is found by its digest, and never lost.

use std::collections::BTreeMap;

use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::Script;
use super::merge::merge;

/// The name of the layout of a manifest.
const LAYOUT: &str = "standin/scripts/1";

/// What was written, and from what.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    pub schema: String,
    pub standin: String,
    pub pair: String,
    /// SHA-256 over names and contents of all files of the packs.
    pub catalogue: String,
    /// SHA-256 over the templates.
    pub templates: String,
    /// Each file with the SHA-256 of what was written last, regions of people left out.
    pub files: BTreeMap<String, String>,
    /// Each file that was put beside an edited one, in the same way.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub beside: BTreeMap<String, String>,
}

impl Manifest {
    pub fn new(pair: &str, catalogue: &str, templates: &BTreeMap<String, String>) -> Self {
        let mut all = Sha256::new();
        for (name, text) in templates {
            all.update(format!("\0{}\0{name}\0{}\0{text}", name.len(), text.len()));
        }
        Self {
            schema: LAYOUT.to_owned(),
            standin: env!("CARGO_PKG_VERSION").to_owned(),
            pair: pair.to_owned(),
            catalogue: catalogue.to_owned(),
            templates: HEXLOWER.encode(&all.finalize()),
            files: BTreeMap::new(),
            beside: BTreeMap::new(),
        }
    }

    /// Reads one; a newer layout is refused.
    pub fn read(text: &str) -> Result<Self, String> {
        let read: Self = serde_json::from_str(text).map_err(|error| error.to_string())?;
        if read.schema == LAYOUT {
            Ok(read)
        } else {
            Err(format!("its layout is {}, not {LAYOUT}", read.schema))
        }
    }
}

/// What lies in the folder.
#[derive(Clone, Debug, Default)]
pub struct Existing {
    pub manifest: Option<Manifest>,
    pub files: BTreeMap<String, String>,
    /// Each script as it was written last, before anybody changed it.
    pub written: BTreeMap<String, String>,
}

/// What becomes of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is not there yet.
    New,
    /// It is as it would be written.
    Same,
    /// It is written anew; nobody changed it.
    Renewed,
    /// Somebody changed it, and there is nothing new.
    Kept,
    /// Somebody changed it; what is new lies beside it.
    Beside,
    /// Somebody changed it, and what is new was put into it.
    Merged,
    /// Somebody changed the same lines that are new; both lie beside it, marked.
    Conflict,
    /// Somebody changed it, and what lay beside it too.
    Blocked,
}

impl Fate {
    pub const fn word(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Same => "same",
            Self::Renewed => "renewed",
            Self::Kept => "edited, kept",
            Self::Beside => "edited, kept; the new text lies beside it",
            Self::Merged => "edited; what is new was put into it",
            Self::Blocked => {
                "edited, kept; what lies beside it was edited too: move that away for the new text"
            }
            Self::Conflict => "edited, kept; what is new contradicts it, and both lie beside it",
        }
    }

    /// Whether what is new is not in the script itself.
    pub const fn leaves_something(self) -> bool {
        matches!(self, Self::Beside | Self::Blocked | Self::Conflict)
    }

    /// Whether anything would be written.
    pub const fn changes(self) -> bool {
        !matches!(self, Self::Same | Self::Kept)
    }
}

/// One file, settled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settled {
    pub name: String,
    pub fate: Fate,
    /// Where something is written, and what.
    pub write: Option<(String, String)>,
    /// The lines of what is written that contradict each other, first and last.
    pub conflicts: Vec<(usize, usize)>,
}

/// Whether this script is the one that the manifest has as written.
pub fn is_written(script: &Script, manifest: &Manifest) -> bool {
    manifest.files.get(&script.name) == Some(&digest(&script.text))
}

/// Settles what is written; the manifest takes up what was. With `merges` what is new is put into what somebody changed.
pub fn settle(
    scripts: &[Script],
    existing: &Existing,
    manifest: &mut Manifest,
    merges: bool,
) -> Vec<Settled> {
    let empty = Manifest::default();
    let before = existing.manifest.as_ref().unwrap_or(&empty);
    let settled = scripts
        .iter()
        .map(|script| one(script, existing, before, manifest, merges));
    settled.collect()
}

fn one(
    script: &Script,
    existing: &Existing,
    before: &Manifest,
    manifest: &mut Manifest,
    merges: bool,
) -> Settled {
    let name = &script.name;
    let fresh = digest(&script.text);
    let settled = |fate, write| Settled {
        name: name.clone(),
        fate,
        write,
        conflicts: Vec::new(),
    };
    let Some(there) = existing.files.get(name) else {
        manifest.files.insert(name.clone(), fresh);
        return settled(Fate::New, Some((name.clone(), script.text.clone())));
    };
    let (found, last) = (digest(there), before.files.get(name));
    let own = regions(there);
    let fits = own
        .keys()
        .all(|region| regions(&script.text).contains_key(region));
    if fits && (found == fresh || Some(&found) == last) {
        let text = with_regions(&script.text, &own);
        manifest.files.insert(name.clone(), fresh);
        return if text == *there {
            settled(Fate::Same, None)
        } else {
            settled(Fate::Renewed, Some((name.clone(), text)))
        };
    }
    if merges
        && fits
        && Some(&fresh) != last
        && let Some(mut together) = together(script, existing, last)
    {
        let is_merged = together.fate == Fate::Merged;
        let known = if is_merged { Some(&fresh) } else { last };
        manifest
            .files
            .extend(known.map(|digest| (name.clone(), digest.clone())));
        if !is_merged {
            put_beside(&mut together, existing, before, manifest);
        }
        return together;
    }
    if let Some(last) = last {
        manifest.files.insert(name.clone(), last.clone());
    }
    if Some(&fresh) == last {
        return settled(Fate::Kept, None);
    }
    let beside = (format!("{name}.new"), with_regions(&script.text, &own));
    let mut settled = settled(Fate::Beside, Some(beside));
    put_beside(&mut settled, existing, before, manifest);
    if settled.fate == Fate::Beside && settled.write.is_none() {
        settled.fate = Fate::Kept;
    }
    settled
}

/// Notes what is to lie beside a script. What lies there already is not written again, and what somebody made of it not
/// written over.
fn put_beside(settled: &mut Settled, existing: &Existing, before: &Manifest, manifest: &mut Manifest) {
    let Some((name, text)) = &settled.write else {
        return;
    };
    let (name, fresh) = (name.clone(), digest(text));
    let there = existing.files.get(&name).map(|there| digest(there));
    if there.as_ref() == Some(&fresh) {
        settled.write = None;
    } else if there.is_some() && there.as_ref() != before.beside.get(&name) {
        settled.fate = Fate::Blocked;
        settled.write = None;
        manifest
            .beside
            .extend(before.beside.get(&name).map(|digest| (name, digest.clone())));
        return;
    }
    manifest.beside.insert(name, fresh);
}

fn lines(text: &str) -> Vec<&str> {
    text.lines().collect()
}

/// An edited script and a new one as one; nothing where it is not known what was written, or where a region of the edited
/// one would have no place.
fn together(script: &Script, existing: &Existing, last: Option<&String>) -> Option<Settled> {
    let name = script.name.clone();
    let (was, there) = (existing.written.get(&name)?, existing.files.get(&name)?);
    if Some(&digest(was)) != last {
        return None;
    }
    let own = regions(there);
    let plain = |text: &str| with_regions(text, &BTreeMap::new());
    let (was, mine, new) = (plain(was), plain(there), plain(&script.text));
    let merged = merge(&lines(&was), &lines(&mine), &lines(&new));
    let end = if new.contains("\r\n") { "\r\n" } else { "\n" };
    let text = merged.lines.join(end) + end;
    let conflicts: Vec<_> = merged.conflicts.iter().map(|at| (at.start, at.end - 1)).collect();
    let (fate, write) = if conflicts.is_empty() {
        let has_all = own.keys().all(|region| regions(&text).contains_key(region));
        let text = has_all.then(|| with_regions(&text, &own))?;
        (Fate::Merged, Some((name.clone(), text)))
    } else {
        (Fate::Conflict, Some((format!("{name}.new"), text)))
    };
    Some(Settled {
        name,
        fate,
        write,
        conflicts,
    })
}

/// SHA-256 of a script without what people wrote between the lines of their regions, and whatever ends its lines.
fn digest(text: &str) -> String {
    let plain = with_regions(text, &BTreeMap::new());
    HEXLOWER.encode(&Sha256::digest(plain.replace("\r\n", "\n")))
}

/// The region that a line opens or closes.
fn edge<'t>(line: &'t str, sign: &str) -> Option<&'t str> {
    let line = line.trim();
    let line = line.strip_prefix("# ").or_else(|| line.strip_prefix("rem "))?;
    line.strip_prefix(sign)?.strip_prefix(" yours: ")
}

/// What people wrote into their regions; an empty one is there, too.
fn regions(text: &str) -> BTreeMap<&str, Vec<&str>> {
    let mut regions: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let mut open = None;
    for line in text.lines() {
        if edge(line, "<<<").is_some() {
            open = None;
        } else if let Some(region) = edge(line, ">>>") {
            open = Some(region);
            regions.entry(region).or_default();
        } else if let Some(region) = open {
            regions.entry(region).or_default().push(line);
        }
    }
    regions
}

/// The text with these regions in the place of its own.
fn with_regions(text: &str, own: &BTreeMap<&str, Vec<&str>>) -> String {
    let end = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let mut lines: Vec<&str> = Vec::new();
    let mut is_open = false;
    for line in text.lines() {
        if edge(line, "<<<").is_some() {
            is_open = false;
        }
        if is_open {
            continue;
        }
        lines.push(line);
        if let Some(region) = edge(line, ">>>") {
            is_open = true;
            lines.extend(own.get(region).into_iter().flatten());
        }
    }
    lines.join(end) + end
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: &str = "a\r\n# >>> yours: before\r\n# <<< yours: before\r\nb\r\n";
    const SECOND: &str = "a\r\n# >>> yours: before\r\n# <<< yours: before\r\nc\r\n";

    /// Writes the text into the folder as it is, and tells what became of it.
    fn write(existing: &mut Existing, text: &str) -> Fate {
        write_with(existing, text, false)
    }

    fn write_with(existing: &mut Existing, text: &str, merges: bool) -> Fate {
        let script = Script {
            name: "a.ps1".to_owned(),
            text: text.to_owned(),
        };
        let mut manifest = Manifest::new("pair", "", &BTreeMap::new());
        let settled = settle(std::slice::from_ref(&script), existing, &mut manifest, merges).remove(0);
        existing.files.extend(settled.write);
        if is_written(&script, &manifest) {
            existing.written.insert(script.name, script.text);
        }
        existing.manifest = Some(manifest);
        settled.fate
    }

    #[test]
    fn what_nobody_changed_is_renewed_and_regions_stay() {
        let mut folder = Existing::default();
        assert_eq!(write(&mut folder, FIRST), Fate::New);
        assert_eq!(write(&mut folder, FIRST), Fate::Same);
        let own = FIRST.replace("before\r\n# <<<", "before\r\nmine\r\n# <<<");
        folder.files.insert("a.ps1".to_owned(), own);
        assert_eq!(write(&mut folder, FIRST), Fate::Same);
        assert_eq!(write(&mut folder, SECOND), Fate::Renewed);
        assert_eq!(
            folder.files["a.ps1"],
            SECOND.replace("before\r\n# <<<", "before\r\nmine\r\n# <<<")
        );
    }

    #[test]
    fn an_edit_is_kept_and_the_new_text_lies_beside_it() {
        let mut folder = Existing::default();
        write(&mut folder, FIRST);
        let edited = FIRST.replace("b\r\n", "b edited\r\n");
        folder.files.insert("a.ps1".to_owned(), edited.clone());
        assert_eq!(write(&mut folder, FIRST), Fate::Kept);
        assert_eq!(write(&mut folder, SECOND), Fate::Beside);
        assert_eq!(write(&mut folder, SECOND), Fate::Kept);
        assert_eq!(folder.files["a.ps1"], edited);
        assert_eq!(folder.files["a.ps1.new"], SECOND);
        // Once somebody has taken over the new text, nothing is edited any more.
        folder.files.insert("a.ps1".to_owned(), SECOND.to_owned());
        assert_eq!(write(&mut folder, SECOND), Fate::Same);
    }

    #[test]
    fn an_edit_and_a_new_text_come_together_or_lie_beside_it_marked() {
        let mut folder = Existing::default();
        write(&mut folder, FIRST);
        let edited = FIRST
            .replace("a\r\n", "a edited\r\n")
            .replace("before\r\n# <<<", "before\r\nmine\r\n# <<<");
        folder.files.insert("a.ps1".to_owned(), edited);
        assert_eq!(write_with(&mut folder, SECOND, true), Fate::Merged);
        let both = "a edited\r\n# >>> yours: before\r\nmine\r\n# <<< yours: before\r\nc\r\n";
        assert_eq!(folder.files["a.ps1"], both);
        assert_eq!(write_with(&mut folder, SECOND, true), Fate::Kept);
        let third = SECOND.replace("a\r\n", "a new\r\n");
        assert_eq!(write_with(&mut folder, &third, true), Fate::Conflict);
        assert_eq!(folder.files["a.ps1"], both);
        let beside = &folder.files["a.ps1.new"];
        assert!(
            beside.contains("a edited\r\n|||||||") && beside.contains("a new\r\n>>>>>>>"),
            "{beside}"
        );
        // Once somebody has put it right, it is an edit of what is new.
        let right = both.replace("a edited", "a new, edited");
        folder.files.insert("a.ps1".to_owned(), right.clone());
        assert_eq!(write_with(&mut folder, &third, true), Fate::Conflict);
        // What nobody kept a text of cannot be put together.
        folder.written.clear();
        assert_eq!(write_with(&mut folder, &third, true), Fate::Beside);
        assert_eq!(folder.files["a.ps1"], right);
    }

    #[test]
    fn what_somebody_made_of_the_file_beside_is_not_written_over() {
        for merges in [false, true] {
            let mut folder = Existing::default();
            write(&mut folder, FIRST);
            folder
                .files
                .insert("a.ps1".to_owned(), FIRST.replace("b\r\n", "b edited\r\n"));
            write_with(&mut folder, SECOND, merges);
            let theirs = folder.files["a.ps1.new"].clone() + "theirs\r\n";
            folder.files.insert("a.ps1.new".to_owned(), theirs.clone());
            let third = SECOND.replace("c\r\n", "d\r\n");
            for text in [SECOND, &third] {
                assert_eq!(write_with(&mut folder, text, merges), Fate::Blocked);
                assert_eq!(folder.files["a.ps1.new"], theirs);
            }
        }
    }

    #[test]
    fn a_file_that_nobody_wrote_down_is_somebodys() {
        let mut folder = Existing::default();
        folder.files.insert("a.ps1".to_owned(), "theirs\n".to_owned());
        assert_eq!(write(&mut folder, FIRST), Fate::Beside);
        assert_eq!(folder.files["a.ps1"], "theirs\n");
    }
}
