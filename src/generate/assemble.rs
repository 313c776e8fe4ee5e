//! Steps into the frame of a script.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::IpAddr;

use data_encoding::HEXLOWER;
use sha2::{Digest as _, Sha256};

use super::sites::{Site, Sites};
use super::templates::{Language, Templates};
use super::values::{Values, number_value, values};
use crate::catalogue::{Command, Script};
use crate::facts::{FactValue, Side};
use crate::plan::{At, PairRunbook, PairStep};

/// The text of a script, or every step that cannot be written, and why.
pub(super) type Made = Result<String, Vec<(String, String)>>;

/// The text of the script of a runbook.
pub(super) fn script(
    runbook: &PairRunbook<'_>,
    script: &Script,
    language: Language,
    sites: &Sites,
    templates: &Templates,
) -> Made {
    let scribe = Scribe {
        language,
        sites,
        templates,
        on: script.on,
    };
    let (mut steps, mut calls, mut wrong) = (String::new(), String::new(), Vec::new());
    for (place, step) in runbook.steps.iter().enumerate() {
        match scribe.step(place + 1, step) {
            Ok(text) => steps += &text,
            Err(why) => wrong.push((format!("{} ({})", step.of.id(), step.step.would), why)),
        }
        let _ = writeln!(calls, "Step-{}", place + 1);
    }
    let frame = scribe.one("frame", &scribe.of_frame(script));
    let frame = frame.map_err(|why| wrong.push(("the frame".to_owned(), why)));
    let (Ok(frame), true) = (frame, wrong.is_empty()) else {
        return Err(wrong);
    };
    let remark = language.remark();
    let fillers =
        [("steps", steps), ("calls", calls)].map(|(name, body)| (format!("{remark} <{name}>"), body));
    let mark = match language {
        // Without it version 5.1 takes the text for one of the old code page.
        Language::PowerShell => "\u{feff}",
        Language::Cmd => "",
    };
    Ok(framed(mark, &frame, &fillers))
}

/// Puts each text in the place of every line of the frame that is its marker, as far in as the marker, and ends lines as
/// Windows does.
fn framed(mark: &str, frame: &str, fillers: &[(String, String)]) -> String {
    let bodies: usize = fillers.iter().map(|(_, body)| body.len()).sum();
    // Most lines are not long, and each gets one more letter.
    let mut text = String::with_capacity((frame.len() + bodies) / 8 * 9);
    text += mark;
    let mut line_of = |indent: &str, line: &str| {
        if !line.is_empty() {
            text += indent;
            text += line;
        }
        text += "\r\n";
    };
    for line in frame.lines() {
        match fillers.iter().find(|(marker, _)| line.trim() == marker) {
            Some((_, body)) => {
                let indent = &line[..line.len() - line.trim_start().len()];
                body.trim_end().lines().for_each(|line| line_of(indent, line));
            }
            None => line_of("", line),
        }
    }
    text
}

/// What cmd reads of one line, in letters.
const CMD_LINE: usize = 8191;

/// What a script that is resumed knows a step by. The same number may be another step once the script is written anew.
fn mark(number: &str, step: &PairStep<'_>) -> String {
    let digest = HEXLOWER.encode(&Sha256::digest(&step.step.would));
    format!("[{number} {} {}]", step.of.id(), &digest[..8])
}

struct Scribe<'s> {
    language: Language,
    sites: &'s Sites,
    templates: &'s Templates,
    on: Side,
}

impl Scribe<'_> {
    fn of_frame(&self, script: &Script) -> Values {
        let text = |text: &str| FactValue::text(text);
        BTreeMap::from([
            ("name", text(&script.name)),
            ("pair", text(&self.sites.pair)),
            ("log", text(&format!("{}.log", script.name))),
            ("done", text(&format!("{}.done", script.name))),
            ("state", text(&format!("{}.state", script.name))),
            ("source", text(&self.sites.source.name)),
            ("source_addresses", addresses(&self.sites.source)),
            ("target", text(&self.sites.target.name)),
            ("target_addresses", addresses(&self.sites.target)),
            (
                "witnesses",
                FactValue::list(self.sites.witnesses.iter().map(|host| text(host))),
            ),
        ])
    }

    /// The only part of a template.
    fn one(&self, name: &str, values: &Values) -> Result<String, String> {
        let parts = self.templates.fill(self.language, name, values)?;
        Ok(parts.concat())
    }

    fn step(&self, number: usize, step: &PairStep<'_>) -> Result<String, String> {
        let mut of_step = self.of_step(number, step);
        if step.of.outside.is_some() {
            return self.one("outside", &of_step).map(|text| text + "\n");
        }
        if step.of.gate.is_some() && step.of.is_by_hand() {
            return self.one("person", &of_step).map(|text| text + "\n");
        }
        if let Some(what) = self.unable(step) {
            let reason = format!(
                "{} cannot {what} here, so a person sees to it",
                self.language.folder()
            );
            of_step.insert("who", FactValue::text("a person"));
            of_step.insert("check", FactValue::list([FactValue::text(reason)]));
            return self.one("person", &of_step).map(|text| text + "\n");
        }
        match self.language {
            Language::PowerShell => self.powershell(number, step, &of_step),
            Language::Cmd => self.cmd(number, step, &of_step),
        }
        .map(|text| text + "\n")
    }

    /// What the language has no means for.
    fn unable(&self, step: &PairStep<'_>) -> Option<String> {
        let mut actions = step.step.actions.iter();
        let unwritten = actions.find(|doing| {
            let name = format!("{}-{}", doing.protocol, doing.verb);
            !self.templates.has(self.language, &name)
        });
        if let Some(doing) = unwritten {
            return Some(doing.reads.to_owned());
        }
        // The programs that cmd has tell nothing of other addresses.
        let site = self.server(step);
        let asked = site.map_or(&[][..], |site| &site.addresses);
        let can_ask = !asked.is_empty() && asked.iter().all(IpAddr::is_ipv4);
        let blind = step.of.fence && self.language == Language::Cmd && !can_ask;
        let server = site.map_or(&step.step.on, |site| &site.name);
        blind.then(|| format!("see whether {server} is silent"))
    }

    /// The server that something is done on.
    fn server(&self, step: &PairStep<'_>) -> Option<&Site> {
        step.step.actions.iter().find_map(|doing| match doing.at {
            At::Server(side) => Some(self.sites.of(side)),
            At::Local | At::Endpoint(_) | At::Host(..) => None,
        })
    }

    fn of_step(&self, number: usize, step: &PairStep<'_>) -> Values {
        let text = |text: &str| FactValue::text(text);
        let site = self.server(step);
        let checks = step.check.iter().map(|check| text(check));
        BTreeMap::from([
            ("number", number_value(number)),
            ("id", text(step.of.id())),
            ("title", text(&step.step.would)),
            ("part", FactValue::Nothing),
            ("mark", text(&mark(&number.to_string(), step))),
            ("server", text(site.map_or(&step.step.on, |site| &site.name))),
            ("addresses", site.map_or(FactValue::Nothing, addresses)),
            ("fence", FactValue::Bool(step.of.fence)),
            ("who", text(step.who.as_deref().unwrap_or_default())),
            ("check", FactValue::list(checks)),
            ("expect", text(&step.expect)),
            ("reason", text(step.of.outside.as_deref().unwrap_or_default())),
        ])
    }

    fn powershell(&self, number: usize, step: &PairStep<'_>, of_step: &Values) -> Result<String, String> {
        const UNSEEN: &str = "$null";
        let (mut tests, mut set, mut scripts) = (Vec::new(), String::new(), Vec::new());
        for (part, doing) in step.step.actions.iter().enumerate() {
            let values = values(doing, (number, part + 1), self.sites, self.on)?;
            let name = format!("{}-{}", doing.protocol, doing.verb);
            let parts = self.templates.fill(self.language, &name, &values)?;
            let [test, does] = parts.as_slice() else {
                return Err(format!("the template {name} has no two parts"));
            };
            if test == UNSEEN {
                let _ = writeln!(set, "{}", does.trim_end());
            } else {
                let inner = indented(does.trim_end(), "    ");
                let _ = writeln!(set, "if (-not ({test})) {{\n{inner}}}");
            }
            tests.push(test.clone());
            if let Some(Command::PowerShell(text)) = &doing.command {
                scripts.push(text.clone());
            }
        }
        let is_so = if tests.iter().any(|test| test == UNSEEN) {
            UNSEEN.to_owned()
        } else {
            let tests: Vec<String> = tests.iter().map(|test| format!("({test})")).collect();
            tests.join(" -and ")
        };
        let text = self.one("step", of_step)?;
        let text = put(&text, "# <test>", &is_so);
        let mut text = put(&text, "# <set>", &set);
        // The text of a pack stays as it is, line for line.
        for script in scripts {
            text = put_once(&text, "# <script>", script.trim_end());
        }
        Ok(text)
    }

    fn cmd(&self, number: usize, step: &PairStep<'_>, of_step: &Values) -> Result<String, String> {
        let mut set = String::new();
        let failed = if step.of.fence { "alive" } else { "failed" };
        if step.of.fence {
            let _ = writeln!(set, "{}", self.one("fence", of_step)?);
        }
        for (part, doing) in step.step.actions.iter().enumerate() {
            let values = values(doing, (number, part + 1), self.sites, self.on)?;
            let name = format!("{}-{}", doing.protocol, doing.verb);
            let does = self.one(&name, &values)?;
            let does = format!("{}\nif not %errorlevel%==0 goto :{failed}\n", does.trim_end());
            if step.step.actions.len() == 1 {
                set += &does;
                continue;
            }
            // What is done already and cannot be done twice is not done again when the script is resumed.
            let of_part = Values::from([
                ("part", number_value(part + 1)),
                (
                    "mark",
                    FactValue::text(mark(&format!("{number}.{}", part + 1), step)),
                ),
            ]);
            let of_part: Values = of_step.clone().into_iter().chain(of_part).collect();
            set += &put(&self.one("part", &of_part)?, "rem <set>", &does);
        }
        if step.of.fence {
            let _ = writeln!(set, ":out_{number}");
        }
        let text = put(&self.one("step", of_step)?, "rem <set>", &set);
        match text.lines().map(str::len).max() {
            Some(long) if long > CMD_LINE => Err(format!(
                "a line of {long} letters; cmd reads no more than {CMD_LINE}"
            )),
            _ => Ok(text),
        }
    }
}

fn addresses(site: &Site) -> FactValue {
    FactValue::list(
        site.addresses
            .iter()
            .map(|address| FactValue::text(address.to_string())),
    )
}

/// Puts a text in the place of every line that is this marker, as far in as the marker.
fn put(text: &str, marker: &str, body: &str) -> String {
    let mut all = String::with_capacity(text.len() + body.len());
    for line in text.lines() {
        if line.trim() == marker {
            let indent = &line[..line.len() - line.trim_start().len()];
            all += &indented(body.trim_end(), indent);
        } else {
            all += line;
            all.push('\n');
        }
    }
    all
}

/// Puts a text as it is in the place of the first line that is this marker.
fn put_once(text: &str, marker: &str, body: &str) -> String {
    let place = text.lines().position(|line| line.trim() == marker);
    let lines = text.lines().enumerate();
    let lines: Vec<&str> = lines
        .map(|(at, line)| if Some(at) == place { body } else { line })
        .collect();
    lines.join("\n")
}

fn indented(text: &str, indent: &str) -> String {
    let mut all = String::new();
    for line in text.lines() {
        if !line.is_empty() {
            all += indent;
            all += line;
        }
        all.push('\n');
    }
    all
}
