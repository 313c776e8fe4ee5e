//! The texts from which scripts are made: ours, or a site's own by the same names.

use std::collections::BTreeMap;

use crate::facts::FactValue;
use crate::template::{Context, RenderError, Template};

/// A language of scripts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    PowerShell,
    Cmd,
}

impl Language {
    pub const ALL: [Self; 2] = [Self::PowerShell, Self::Cmd];

    pub const fn ending(self) -> &'static str {
        match self {
            Self::PowerShell => "ps1",
            Self::Cmd => "cmd",
        }
    }

    pub const fn folder(self) -> &'static str {
        match self {
            Self::PowerShell => "powershell",
            Self::Cmd => "cmd",
        }
    }

    pub(super) const fn context(self) -> Context {
        match self {
            Self::PowerShell => Context::PowerShell,
            Self::Cmd => Context::Cmd,
        }
    }

    /// How a line begins that only says something.
    pub(super) const fn remark(self) -> &'static str {
        match self {
            Self::PowerShell => "#",
            Self::Cmd => "rem",
        }
    }
}

macro_rules! shipped {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../../scripts-templates/", $name)))),*]
    };
}

const SHIPPED: &[(&str, &str)] = shipped![
    "cmd/dns-add.cmd",
    "cmd/dns-remove.cmd",
    "cmd/fence.cmd",
    "cmd/frame.cmd",
    "cmd/ldap-modify.cmd",
    "cmd/outside.cmd",
    "cmd/part.cmd",
    "cmd/person.cmd",
    "cmd/service-set_start.cmd",
    "cmd/service-start.cmd",
    "cmd/service-stop.cmd",
    "cmd/shell-run.cmd",
    "cmd/step.cmd",
    "cmd/tds-batch.cmd",
    "powershell/dns-add.ps1",
    "powershell/dns-remove.ps1",
    "powershell/file-copy.ps1",
    "powershell/frame.ps1",
    "powershell/ldap-add.ps1",
    "powershell/ldap-delete.ps1",
    "powershell/ldap-modify.ps1",
    "powershell/outside.ps1",
    "powershell/person.ps1",
    "powershell/registry-delete.ps1",
    "powershell/registry-set.ps1",
    "powershell/service-set_start.ps1",
    "powershell/service-start.ps1",
    "powershell/service-stop.ps1",
    "powershell/shell-powershell.ps1",
    "powershell/shell-run.ps1",
    "powershell/step.ps1",
    "powershell/tds-batch.ps1",
];

/// The lines of a template that are filled by others, by the end of its name.
const MARKERS: &[(&str, &[&str])] = &[
    ("powershell/frame.ps1", &["# <steps>", "# <calls>"]),
    ("powershell/step.ps1", &["# <test>", "# <set>"]),
    ("cmd/frame.cmd", &["rem <steps>"]),
    ("cmd/step.cmd", &["rem <set>"]),
    ("cmd/part.cmd", &["rem <set>"]),
];

/// The names that each kind of template knows.
const OF_FRAME: &[&str] = &[
    "name",
    "pair",
    "log",
    "done",
    "state",
    "source",
    "source_addresses",
    "target",
    "target_addresses",
    "witnesses",
];
const OF_STEP: &[&str] = &[
    "number",
    "part",
    "id",
    "title",
    "mark",
    "server",
    "addresses",
    "fence",
    "who",
    "check",
    "expect",
    "reason",
];
const OF_ACTION: &[&str] = &[
    "number", "host", "unc", "server", "object", "to", "start", "value", "data", "kind", "zone", "node",
    "type", "from", "database", "params", "words", "input", "changes", "ldif", "file",
];

/// Every template by its folder and name.
#[derive(Clone, Debug)]
pub struct Templates {
    compiled: BTreeMap<String, Vec<Template>>,
    texts: BTreeMap<String, String>,
}

impl Templates {
    /// Ours, with those of a site in their place; `Err` tells everything that is wrong with these.
    pub fn with(own: &BTreeMap<String, String>) -> Result<Self, Vec<String>> {
        let mut texts: BTreeMap<String, String> = SHIPPED
            .iter()
            .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()))
            .collect();
        let mut wrong = Vec::new();
        for (name, text) in own {
            if texts.contains_key(name) {
                texts.insert(name.clone(), text.clone());
            } else {
                wrong.push(format!("{name}: there is no such template"));
            }
        }
        for (name, text) in &texts {
            wrong.extend(lint(name, text).into_iter().map(|what| format!("{name}: {what}")));
        }
        if !wrong.is_empty() {
            return Err(wrong);
        }
        let compiled = texts.iter().map(|(name, text)| {
            // What does not compile was told above.
            let parts = parts(text).filter_map(|part| Template::compile(part, context(name)).ok());
            (name.clone(), parts.collect())
        });
        Ok(Self {
            compiled: compiled.collect(),
            texts,
        })
    }

    /// The texts as they stand, for whoever wants to know whether they changed.
    pub fn texts(&self) -> &BTreeMap<String, String> {
        &self.texts
    }

    pub(super) fn has(&self, language: Language, name: &str) -> bool {
        self.compiled.contains_key(&path(language, name))
    }

    /// Fills every part of a template.
    pub(super) fn fill(
        &self,
        language: Language,
        name: &str,
        values: &BTreeMap<&str, FactValue>,
    ) -> Result<Vec<String>, String> {
        let template = self.compiled.get(&path(language, name));
        let template = template.ok_or_else(|| format!("no template says how {name} is written"))?;
        let find = |path: &str| values.get(path).map(|value| Ok(value.clone()));
        let filled = template.iter().map(|part| {
            part.render(&find).map_err(|error| match error {
                RenderError::Absent(why) => why.to_string(),
                RenderError::Refused(error) => error.message,
            })
        });
        filled.collect()
    }
}

fn path(language: Language, name: &str) -> String {
    format!("{}/{name}.{}", language.folder(), language.ending())
}

fn context(name: &str) -> Context {
    let language = Language::ALL
        .into_iter()
        .find(|language| name.ends_with(language.ending()));
    language.unwrap_or(Language::Cmd).context()
}

/// A template of an action of PowerShell has two parts: how one sees that it is so, and how it is done.
fn parts(text: &str) -> impl Iterator<Item = &str> {
    text.split("\n# ---\n")
        .map(|part| part.strip_suffix('\n').unwrap_or(part))
}

/// What is wrong with a template.
fn lint(name: &str, text: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    let stem = name
        .rsplit('/')
        .next()
        .unwrap_or(name)
        .split('.')
        .next()
        .unwrap_or(name);
    let known = match stem {
        "frame" => OF_FRAME,
        "step" | "part" | "person" | "outside" | "fence" => OF_STEP,
        _ => OF_ACTION,
    };
    for part in parts(text) {
        match Template::compile(part, context(name)) {
            Err(error) => wrong.push(format!("line {}: {error}", error.line)),
            Ok(template) => {
                let unknown = template
                    .mentions()
                    .iter()
                    .filter(|mention| !known.contains(&mention.path.as_str()));
                wrong.extend(unknown.map(|mention| {
                    format!(
                        "line {}: there is no `{}`; it may have {}",
                        mention.line,
                        mention.path,
                        known.join(", ")
                    )
                }));
            }
        }
    }
    let of_name = MARKERS.iter().filter(|(of, _)| *of == name);
    for marker in of_name.flat_map(|(_, markers)| *markers) {
        if !text.lines().any(|line| line.trim() == *marker) {
            wrong.push(format!(
                "it lacks the line `{marker}`, so that steps would be missing"
            ));
        }
    }
    let two = context(name) == Context::PowerShell && known == OF_ACTION;
    if two && parts(text).count() != 2 {
        wrong.push("it has two parts with a line `# ---` between them: how one sees that it is so, and how it is done".to_owned());
    }
    wrong
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ours_are_sound_and_a_sites_own_are_looked_at() {
        assert_eq!(Templates::with(&BTreeMap::new()).err(), None);
        let own = |name: &str, text: &str| {
            let own = BTreeMap::from([(name.to_owned(), text.to_owned())]);
            Templates::with(&own).err().unwrap_or_default()
        };
        assert_eq!(own("cmd/nothing.cmd", "a").len(), 1);
        assert!(own("cmd/tds-batch.cmd", "run {{ objekt }}")[0].contains("there is no `objekt`"));
        assert!(own("cmd/step.cmd", "{{ number }}")[0].contains("steps would be missing"));
        assert!(own("powershell/dns-add.ps1", "{{ object }}")[0].contains("two parts"));
        assert_eq!(
            own("cmd/tds-batch.cmd", "sqlcmd.exe -Q {{ object }}\n"),
            Vec::<String>::new()
        );
    }
}
