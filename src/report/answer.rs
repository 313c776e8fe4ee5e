//! The answer for programs, and its published schema.
//!
//! The layout of these values is a promise: names are never reused, and what is new is added.

use std::collections::BTreeMap;

use schemars::{JsonSchema, SchemaGenerator, generate::SchemaSettings};
use serde::Serialize;
use serde_json::Value;

use super::pretty::pretty;
use super::{Origin, Report, notes};
use crate::evaluate::{self, Fixable, Status};
use crate::facts::{self, FactValue, to_json};
use crate::pair::Server;

/// The name of this layout.
const LAYOUT: &str = "standin/report/1";

/// What a check of a pair found.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(title = "Answer of `standin check`", deny_unknown_fields)]
struct Answer<'a> {
    /// The layout of this document.
    #[schemars(extend("const" = LAYOUT))]
    schema: &'static str,
    /// The version of Standin that judged.
    standin: &'static str,
    /// The name of the pair.
    pair: &'a str,
    source: Host<'a>,
    target: Host<'a>,
    /// When the snapshot was recorded that stands in for the servers; null when they were asked.
    #[schemars(extend("format" = "date-time"))]
    recorded: Option<String>,
    /// When collecting ended.
    #[schemars(extend("format" = "date-time"))]
    taken_at: String,
    /// Whether collecting ran to its end.
    complete: bool,
    /// As of when it was judged: ages of facts and the ends of waivers count from here.
    #[schemars(extend("format" = "date-time"))]
    now: String,
    catalogue: Packs<'a>,
    summary: Counts,
    /// Every selected rule, once for each subject, in the order of the catalogue.
    findings: Vec<Finding<'a>>,
    /// Root causes for which something is unknown, and the places of those findings.
    unknowns: Vec<Unknown<'a>>,
    /// What is to be said about waivers and the snapshot.
    notes: Vec<String>,
}

/// One of the two servers.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Host<'a> {
    name: &'a str,
    address: String,
}

/// What judged.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Packs<'a> {
    /// SHA-256 over names and contents of all files of the packs.
    digest: &'a str,
    packs: Vec<PackName<'a>>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
struct PackName<'a> {
    name: &'a str,
    version: &'a str,
}

/// How many findings there are of each kind; roll-ups and what another finding silences do not count.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Counts {
    good: usize,
    /// Root causes, not findings.
    unknown: usize,
    error: usize,
    warning: usize,
    not_applicable: usize,
    waived: usize,
    /// Errors and warnings for which a fix is declared.
    fixable: usize,
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum StatusWord {
    Good,
    Unknown,
    Error,
    Warning,
    NotApplicable,
    Waived,
}

impl From<Status> for StatusWord {
    fn from(status: Status) -> Self {
        match status {
            Status::Good => Self::Good,
            Status::Unknown => Self::Unknown,
            Status::Error => Self::Error,
            Status::Warning => Self::Warning,
            Status::NotApplicable => Self::NotApplicable,
            Status::Waived => Self::Waived,
        }
    }
}

/// The result of one rule for one subject.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Finding<'a> {
    rule: &'a str,
    /// Rows of the guide that the rule serves.
    guide: Vec<&'a str>,
    section: &'a str,
    /// What it is about, as a waiver names it: `source/First Storage Group`.
    subject: String,
    /// The same in parts: `source`, `target` or `pair`, then the key of the record.
    subject_path: Vec<&'a str>,
    status: StatusWord,
    /// Of an error or warning, waived or not.
    severity: Option<&'static str>,
    message: &'a str,
    why: &'a str,
    remedy: &'a str,
    /// The facts that were really read.
    evidence: Vec<Evidence<'a>>,
    /// Whether a fix is declared for it.
    fixable: bool,
    fix: Option<Fix<'a>>,
    /// Why it is unknown.
    absence: Option<Absence<'a>>,
    /// The finding that silences this one.
    because: Option<Because<'a>>,
    waived: Option<Waived<'a>>,
    /// It sums up other rules and adds nothing to the counts.
    rollup: bool,
}

/// A fact, or a part of one, and its value.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Evidence<'a> {
    fact: String,
    /// The key of the record that was read in a collection.
    key: Option<Vec<&'a str>>,
    field: Option<&'a str>,
    /// As in a snapshot; null is proven nothing, `{"?": ...}` could not be read.
    value: Value,
    /// The host that gave it; null for what the pair file says.
    server: Option<&'a str>,
    #[schemars(extend("format" = "date-time"))]
    read_at: Option<String>,
}

/// What would mend it.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Fix<'a> {
    id: &'a str,
    /// `safe`, `confirm`, `destructive`, or `guided`: a person does it and is told how.
    safety: &'static str,
    inputs: BTreeMap<&'a str, Value>,
}

/// Why something is not known.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Absence<'a> {
    cause: &'static str,
    detail: &'a str,
    /// The endpoint that failed, or the fact that could not be read.
    root: &'a str,
    /// What a person does next about it.
    hint: &'static str,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Because<'a> {
    rule: &'a str,
    subject: String,
    status: StatusWord,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Waived<'a> {
    reason: &'a str,
    owner: &'a str,
    /// The last day, UTC.
    #[schemars(extend("format" = "date"))]
    until: String,
    /// What it would be without the waiver.
    from: StatusWord,
}

/// A root cause for which findings are unknown.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Unknown<'a> {
    /// What could not be read; null when another finding is the cause.
    absence: Option<Absence<'a>>,
    /// The finding that silences these: it is waived, or was not asked for.
    because: Option<Because<'a>>,
    /// Places in `findings`, from 0.
    findings: &'a [usize],
}

/// Renders the answer as JSON; equal answers are equal byte for byte.
pub fn json(report: &Report<'_>) -> String {
    pretty(&answer(report))
}

/// The JSON schema of what [`json`] writes.
pub fn schema() -> String {
    let generator = SchemaGenerator::new(SchemaSettings::draft2020_12());
    let mut schema = generator.into_root_schema_for::<Answer<'_>>();
    schema.insert("$id".to_owned(), "report.schema.json".into());
    pretty(&schema)
}

fn answer<'a>(report: &Report<'a>) -> Answer<'a> {
    let taken_at = report.snapshot.taken_at.to_string();
    Answer {
        schema: LAYOUT,
        standin: env!("CARGO_PKG_VERSION"),
        pair: &report.pair.name.value,
        source: host(&report.pair.source),
        target: host(&report.pair.target),
        recorded: (report.origin == Origin::Recorded).then(|| taken_at.clone()),
        taken_at,
        complete: report.snapshot.complete,
        now: report.now.to_string(),
        catalogue: Packs {
            digest: &report.catalogue.digest,
            packs: report
                .catalogue
                .packs
                .iter()
                .map(|pack| PackName {
                    name: &pack.name,
                    version: &pack.version,
                })
                .collect(),
        },
        summary: counts(report.summary),
        findings: report
            .judged
            .findings
            .iter()
            .map(|found| finding(report, found))
            .collect(),
        unknowns: unknowns(report),
        notes: notes::all(report),
    }
}

fn host(server: &Server) -> Host<'_> {
    Host {
        name: &server.name.value,
        address: server.address.value.to_string(),
    }
}

const fn counts(summary: &evaluate::Summary) -> Counts {
    Counts {
        good: summary.good,
        unknown: summary.unknown,
        error: summary.errors,
        warning: summary.warnings,
        not_applicable: summary.not_applicable,
        waived: summary.waived,
        fixable: summary.fixable + summary.guided,
    }
}

fn finding<'a>(report: &Report<'a>, finding: &'a evaluate::Finding) -> Finding<'a> {
    let from = finding
        .waived
        .as_ref()
        .map_or(finding.status, |waived| waived.from);
    Finding {
        rule: &finding.rule,
        guide: finding.guide.iter().map(AsRef::as_ref).collect(),
        section: &finding.section,
        subject: finding.subject.to_string(),
        subject_path: std::iter::once(finding.subject.root.word())
            .chain(finding.subject.key.parts().iter().map(AsRef::as_ref))
            .collect(),
        status: finding.status.into(),
        severity: from.is_bad().then(|| from.word()),
        message: &finding.message,
        why: &finding.why,
        remedy: &finding.remedy,
        evidence: finding
            .evidence
            .iter()
            .map(|seen| evidence(report, seen))
            .collect(),
        fixable: finding.fixable() != Fixable::No,
        fix: finding.fix.as_ref().map(fix),
        absence: finding.absence.as_ref().map(absence),
        because: finding.because.as_ref().map(because),
        waived: finding.waived.as_ref().map(|waived| Waived {
            reason: &waived.reason,
            owner: &waived.owner,
            until: waived.until.to_string(),
            from: waived.from.into(),
        }),
        rollup: finding.is_rollup,
    }
}

fn unknowns<'a>(report: &Report<'a>) -> Vec<Unknown<'a>> {
    let summary = report.summary;
    let groups = summary.groups.iter().map(|group| Unknown {
        absence: Some(absence(&group.absence)),
        because: None,
        findings: &group.members,
    });
    let silent = summary.silent.iter().filter_map(|root| summary.blocked.get(root));
    let silent = silent.map(|findings| Unknown {
        absence: None,
        because: findings
            .first()
            .and_then(|at| report.judged.findings[*at].because.as_ref())
            .map(because),
        findings,
    });
    groups.chain(silent).collect()
}

fn because(because: &evaluate::Because) -> Because<'_> {
    Because {
        rule: &because.rule,
        subject: because.subject.to_string(),
        status: because.status.into(),
    }
}

fn evidence<'a>(report: &Report<'a>, seen: &'a evaluate::Evidence) -> Evidence<'a> {
    let from = report.snapshot.facts.observation(&seen.place.fact);
    Evidence {
        fact: seen.place.fact.to_string(),
        key: seen
            .place
            .key
            .as_ref()
            .map(|key| key.parts().iter().map(AsRef::as_ref).collect()),
        field: seen.place.field.as_deref(),
        value: to_json(&seen.value),
        server: from.map(|o| o.provenance.server.as_str()),
        read_at: from.map(|o| o.provenance.at.to_string()),
    }
}

fn fix(fix: &evaluate::OfferedFix) -> Fix<'_> {
    let value = |given: &Result<evaluate::Given, facts::Absence>| match given {
        Ok(given) => to_json(&given.value()),
        Err(why) => to_json(&FactValue::absent(why.clone())),
    };
    Fix {
        id: &fix.fix,
        safety: fix.safety.word(),
        inputs: fix
            .inputs
            .iter()
            .map(|(name, given)| (name.as_ref(), value(given)))
            .collect(),
    }
}

fn absence(why: &facts::Absence) -> Absence<'_> {
    Absence {
        cause: why.cause.word(),
        detail: &why.detail,
        root: &why.root,
        hint: why.cause.hint(),
    }
}
