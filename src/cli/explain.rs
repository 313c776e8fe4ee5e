//! `standin explain`: one thing of the catalogue in full, and what a pair's last check found about it.

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::Args;
use serde_json::{Value, json};

use super::exit::ExitStatus;
use super::facts::find;
use super::packs::{Chosen, PackFolders};
use super::refusal::{Outcome, Refusal};
use super::terminal::Tone;
use super::{Context, check, kept};
use crate::catalogue::{Catalogue, Fix, Rule, Safety, Setting, Undo};
use crate::diagnostic::{suggest, visible};
use crate::evaluate::Selection;
use crate::facts::Snapshot;
use crate::pipeline;
use crate::report::{self, Origin, Report};

/// Explain a rule, a row of the guide, a fact, a setting or a fix
///
/// Tells what a rule looks at in its own words, why that matters, what to do, which fix there is and which facts it
/// reads. With a pair it also tells what was found there, from the recording that the pair file names or from the
/// last live check; no server is asked.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ExplainArguments {
    /// A rule's or fix's id, a row of the guide, the name of a fact or of a setting
    #[arg(value_name = "ID")]
    id: String,

    /// Also tell what was found for this pair: a folder with a pair.yaml, or the file [default: none]
    #[arg(value_name = "PAIR")]
    pair: Option<PathBuf>,

    /// The snapshot to judge [default: what the pair file says under `recorded`, else the last live check]
    #[arg(long, value_name = "FILE", requires = "pair")]
    snapshot: Option<PathBuf>,

    #[command(flatten)]
    folders: PackFolders,
}

const EXAMPLES: &str = "\
Examples:
  standin explain C-69                       every rule of a row of the guide
  standin explain common/dns-map-incomplete mail-pair
  standin explain dns.map                    a setting of the pair file";

pub(crate) fn run(arguments: &ExplainArguments, context: &mut Context) -> Outcome<ExitStatus> {
    let catalogue = Chosen::read(&[], &arguments.folders)?.load(context)?;
    let rules = rules_of(&catalogue, &arguments.id);
    if !rules.is_empty() {
        return explain_rules(&catalogue, &rules, arguments, context);
    }
    if let Some(fact) = find(&catalogue, &arguments.id) {
        let look = context.look(true);
        context.answer(
            || report::fact_text(&catalogue, fact, &context.sources, look),
            || report::fact_json(&catalogue, fact, &context.sources),
        );
        return Ok(ExitStatus::Good);
    }
    let bare = arguments.id.strip_prefix("setting.").unwrap_or(&arguments.id);
    let bare = bare.strip_prefix("param.").unwrap_or(bare);
    if let Some(setting) = catalogue
        .settings
        .get(bare)
        .or_else(|| catalogue.params.get(bare))
    {
        context.answer(|| setting_text(setting), || setting_json(setting));
        return Ok(ExitStatus::Good);
    }
    if let Some(fix) = catalogue.fixes.get(arguments.id.as_str()) {
        context.answer(|| fix_text(&catalogue, fix), || fix_json(&catalogue, fix));
        return Ok(ExitStatus::Good);
    }
    Err(unknown(&catalogue, &arguments.id))
}

/// The rule of this id, or the rules that serve this row of the guide.
fn rules_of<'c>(catalogue: &'c Catalogue, id: &str) -> Vec<&'c Rule> {
    let serves = |rule: &&Rule| rule.guide.every().iter().any(|row| row.eq_ignore_ascii_case(id));
    match catalogue.rule(id) {
        Some(rule) => vec![rule],
        None => catalogue.rules.iter().filter(serves).collect(),
    }
}

fn unknown(catalogue: &Catalogue, id: &str) -> Refusal {
    let words: Vec<String> = catalogue
        .rules
        .iter()
        .flat_map(|rule| rule.guide.every().into_iter().chain([rule.id.clone()]))
        .chain(catalogue.facts.keys().cloned())
        .chain(catalogue.settings.keys().cloned())
        .chain(catalogue.fixes.keys().cloned())
        .map(|word| word.to_string())
        .collect();
    let refusal = Refusal::new(format!("there is no rule, row, fact, setting or fix `{id}`"));
    let refusal = match suggest(id, words.iter().map(String::as_str)) {
        Some(near) => refusal.next(format!("did you mean `{near}`?")),
        None => refusal,
    };
    refusal.next("look it up: standin rules list, standin facts list, standin rules settings")
}

fn explain_rules(
    catalogue: &Catalogue,
    rules: &[&Rule],
    arguments: &ExplainArguments,
    context: &mut Context,
) -> Outcome<ExitStatus> {
    let found = match &arguments.pair {
        Some(pair) => Some(Found::of(pair, rules, arguments, context)?),
        None => None,
    };
    let look = context.look(true);
    let told = |rule: &Rule| {
        let mut text = report::rule_text(catalogue, rule, &context.sources, look);
        if let Some(found) = &found {
            text.push('\n');
            text.push_str(&report::rule_findings(&found.report(), &rule.id, look));
        }
        text
    };
    context.answer(
        || rules.iter().map(|rule| told(rule)).collect::<Vec<_>>().join("\n"),
        || {
            let rules: Vec<Value> = rules
                .iter()
                .map(|rule| parsed(&report::rule_json(catalogue, rule, &context.sources)))
                .collect();
            let findings = found
                .as_ref()
                .map(|found| parsed(&report::json(&found.report()))["findings"].take());
            report::pretty(&json!({ "rules": rules, "findings": findings }))
        },
    );
    Ok(ExitStatus::Good)
}

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).expect("the report writes JSON")
}

/// The last live check of all rules.
fn last(pair: &std::path::Path, opened: &pipeline::Opened, context: &Context) -> Outcome<Snapshot> {
    let Some(document) = kept::last(opened, &Selection::default(), context)? else {
        let refusal = Refusal::new(format!("no whole check of {} is remembered", pair.display()));
        return Err(refusal.next(format!("check it first: standin check {}", pair.display())));
    };
    context
        .terminal
        .note("replaying the last check, no server is asked");
    Ok(pipeline::replayed(
        "the last check",
        &document,
        &opened.catalogue,
    )?)
}

/// What was found for a pair, without asking a server.
struct Found {
    opened: pipeline::Opened,
    snapshot: Snapshot,
    answer: pipeline::Answer,
    origin: Origin,
    now: jiff::Timestamp,
}

impl Found {
    fn of(
        pair: &std::path::Path,
        rules: &[&Rule],
        arguments: &ExplainArguments,
        context: &mut Context,
    ) -> Outcome<Self> {
        let opened = check::open(pair, &arguments.folders, None, context)?;
        let named = arguments.snapshot.as_ref().or(opened.pair.recorded.as_ref());
        let snapshot = match named {
            Some(file) => check::recording(file, &opened, context)?,
            None => last(pair, &opened, context)?,
        };
        let selection = Selection {
            only: rules.iter().map(|rule| rule.id.to_string()).collect(),
            skip: Vec::new(),
        };
        let now = snapshot.taken_at;
        let answer = pipeline::judge(&opened, &snapshot, &selection, now)?;
        Ok(Self {
            opened,
            snapshot,
            answer,
            origin: Origin::Recorded,
            now,
        })
    }

    fn report(&self) -> Report<'_> {
        Report {
            pair: &self.opened.pair,
            catalogue: &self.opened.catalogue,
            snapshot: &self.snapshot,
            origin: self.origin,
            judged: &self.answer.judged,
            summary: &self.answer.summary,
            now: self.now,
        }
    }
}

fn setting_text(setting: &Setting) -> String {
    let default = match &setting.default {
        Some(value) => value.to_string(),
        None => "none: the pair file must say it".to_owned(),
    };
    format!(
        "{}  pack {}\n  type     {}\n  default  {}\n  {}\n",
        Tone::Strong.paint(&visible(&setting.name)),
        visible(&setting.pack),
        visible(&setting.ty.to_string()),
        visible(&default),
        visible(&setting.about),
    )
}

fn setting_json(setting: &Setting) -> String {
    let told = json!({
        "setting": &*setting.name,
        "pack": &*setting.pack,
        "type": setting.ty.to_string(),
        "default": setting.default.as_ref().map(crate::facts::to_json),
        "about": setting.about,
    });
    report::pretty(&told)
}

/// How careful one must be with a fix, in words.
const fn care(safety: Safety) -> &'static str {
    match safety {
        Safety::Safe => "safe",
        Safety::Confirm => "wants a confirmation",
        Safety::Destructive => "destructive: wants a confirmation by name",
        Safety::Guided => "guided: tells what a person does",
    }
}

/// The rules that offer a fix.
fn offering<'c>(catalogue: &'c Catalogue, fix: &Fix) -> Vec<&'c str> {
    let offers = |rule: &&Rule| rule.fix.iter().any(|used| used.fix == fix.id);
    catalogue
        .rules
        .iter()
        .filter(offers)
        .map(|rule| rule.id.as_ref())
        .collect()
}

/// What it would do, as its pack says it.
fn does(fix: &Fix) -> String {
    match (&fix.would, &fix.because) {
        (Some(would), _) => format!("would {}", would.template.text()),
        (None, Some(because)) => format!("nothing by itself: {because}"),
        (None, None) => "nothing yet: it is declared only".to_owned(),
    }
}

/// Everything that decides where a fix stands among others, and how it is taken back; a label for each line.
fn conditions(fix: &Fix) -> Vec<(&'static str, String)> {
    let mut lines = Vec::new();
    lines.extend(fix.needs.iter().map(|need| ("needs", need.text.clone())));
    lines.extend(fix.sets.iter().map(|set| ("sets", set.text.clone())));
    for (label, neighbours) in [("after", &fix.after), ("before", &fix.before)] {
        let told = neighbours
            .iter()
            .map(|other| format!("{}: {}", other.fix, other.because));
        lines.extend(told.map(|text| (label, text)));
    }
    lines.extend(match &fix.undo {
        Some(Undo::Actions(_)) if fix.undoes_a_secret() => Some((
            "undo",
            "only while it runs: what it writes over is a secret".to_owned(),
        )),
        Some(Undo::Actions(_)) => Some(("undo", "yes".to_owned())),
        Some(Undo::No(reason)) => Some(("undo", format!("no: {reason}"))),
        None => None,
    });
    lines
}

fn fix_text(catalogue: &Catalogue, fix: &Fix) -> String {
    let inputs: Vec<String> = fix
        .inputs
        .iter()
        .map(|(name, ty)| format!("{name}: {ty}"))
        .collect();
    let mut lines = vec![
        ("on", fix.on.to_string()),
        ("care", care(fix.safety).to_owned()),
        ("does", does(fix)),
        ("takes", inputs.join(", ")),
    ];
    lines.extend(conditions(fix));
    lines.push(("mends", offering(catalogue, fix).join(", ")));
    let mut text = format!(
        "{}  pack {}\n  {}\n",
        Tone::Strong.paint(&visible(&fix.id)),
        visible(&fix.pack),
        visible(&fix.about),
    );
    for (label, told) in lines.iter().filter(|(_, told)| !told.is_empty()) {
        let _ = writeln!(text, "  {label:<8} {}", visible(told));
    }
    text
}

fn fix_json(catalogue: &Catalogue, fix: &Fix) -> String {
    let inputs = fix
        .inputs
        .iter()
        .map(|(name, ty)| (name.to_string(), Value::from(ty.to_string())));
    let told = json!({
        "fix": &*fix.id,
        "pack": &*fix.pack,
        "about": fix.about,
        "on": fix.on.to_string(),
        "safety": fix.safety.word(),
        "reach": fix.reach().word(),
        "would": fix.would.as_ref().map(|would| would.template.text()),
        "needs": fix.needs.iter().map(|need| need.text.as_str()).collect::<Vec<_>>(),
        "sets": fix.sets.iter().map(|set| set.text.as_str()).collect::<Vec<_>>(),
        "inputs": inputs.collect::<Value>(),
        "rules": offering(catalogue, fix),
    });
    report::pretty(&told)
}
