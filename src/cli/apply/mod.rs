//! `standin apply`: does what a plan says.

mod consent;
mod hindered;
mod kept_plan;
mod site;
mod told;

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use serde_json::Value;

use super::exit::{ExitStatus, FailOn};
use super::packs::PackFolders;
use super::refusal::{Outcome, Refusal};
use super::values::duration;
use super::{Context, check, kept, plan};
use crate::apply::{End, Ended, tasks};
use crate::evaluate::Selection;
use crate::pipeline::{Looked, Opened, Planned};
use crate::report::{self, AppliedReport, Origin, PlanReport};
use crate::store::{Kind, Seq};

pub(super) use consent::Consent;
use kept_plan::KeptPlan;
pub(super) use site::{Job, Site};

/// Do what a plan says
///
/// Reads the servers again, makes every step anew from the packs, and refuses a plan that is not what comes of that: one
/// that somebody changed, or that rests on facts that are others now. Then it locks the pair and does step after step:
/// what was there is written to the journal before, what came of it afterwards, and every step is read back. When one
/// fails, what was done is taken back, the last first, where it is still as the step left it. At the end everything is
/// read and judged once more. Ctrl-C stops between steps; a run that was stopped, or broke off, is gone on with by
/// --resume, or taken back by `standin undo`.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES, after_long_help = long_help())]
pub(crate) struct ApplyArguments {
    /// The plan, as `standin plan --out` keeps it
    #[arg(value_name = "PLAN", required_unless_present = "resume")]
    plan: Option<PathBuf>,

    /// Go on with this run, which was stopped or broke off, instead of doing a plan [default: a plan is done]
    #[arg(long, value_name = "RUN", conflicts_with = "plan")]
    resume: Option<Seq>,

    /// The pair: a folder with a pair.yaml, or the file itself [default: the one that the plan, or the run, was made for]
    #[arg(long, value_name = "PAIR")]
    pair: Option<PathBuf>,

    #[command(flatten)]
    consent: Consent,

    #[command(flatten)]
    how: How,
}

/// How a run goes.
#[derive(Args, Clone, Debug, Default)]
pub(super) struct How {
    /// When a step fails, leave what was done as it is [default: it is taken back]
    #[arg(long)]
    pub(super) keep: bool,

    /// From which severity on findings that are bad afterwards give exit code 1
    #[arg(long, value_enum, value_name = "SEVERITY", default_value_t)]
    pub(super) fail_on: FailOn,

    /// How long reading facts may take each time: 500ms, 30s, 2m, 1h [default: `collect.timeout` of the pair file, else
    /// 2m]
    #[arg(long, value_name = "SPAN", value_parser = duration)]
    pub(super) timeout: Option<Duration>,

    /// Show everything, nothing folded [default: off]
    #[arg(short, long)]
    pub(super) verbose: bool,

    #[command(flatten)]
    pub(super) folders: PackFolders,
}

const EXAMPLES: &str = "\
Examples:
  standin plan mail-pair --out friday-plan.json
  standin apply friday-plan.json                       asks about what is to be confirmed
  standin apply friday-plan.json --confirm common/grant,common/stop-service
  standin apply --resume 17                            goes on with run 17, which was stopped or broke off
  standin undo 17                                      takes it back";

/// The exit codes of commands that change servers.
pub(super) const CODES: &str = "\
Exit codes:
  0    done, and nothing is bad at or above --fail-on (default: error), and nothing unknown
  1    done, but findings at or above it stay
  2    could not run, and nothing was changed: wrong usage, files or packs, another plan, a pair that is protected
  3    done, and nothing is bad at or above it, but something could not be told
  4    a step failed, and everything that was done is taken back
  5    a step failed, and a person has to look
  130  stopped between steps";

fn long_help() -> String {
    format!("{EXAMPLES}\n\n{CODES}")
}

pub(crate) fn run(arguments: &ApplyArguments, context: &mut Context) -> Outcome<ExitStatus> {
    match (arguments.resume, &arguments.plan) {
        (Some(run), _) => resume(run, arguments, context),
        (None, Some(plan)) => begin(plan, arguments, context),
        (None, None) => Err(Refusal::new("there is no plan to do")),
    }
}

fn begin(plan: &Path, arguments: &ApplyArguments, context: &mut Context) -> Outcome<ExitStatus> {
    let kept = KeptPlan::read(plan)?;
    let pair = arguments
        .pair
        .clone()
        .or_else(|| kept.pair_file())
        .ok_or_else(|| {
            Refusal::new(format!(
                "{} does not say for which pair file it was made",
                plan.display()
            ))
            .next("say it: --pair PAIR")
        })?;
    let opened = check::open(&pair, &arguments.how.folders, None, context)?;
    kept.is_for(&opened, plan)?;
    let selection = kept.selection();
    let context = &*context;
    let mut site = open(opened, selection, &pair, &arguments.how, context)?;
    none_unfinished(&site)?;
    let Some(looked) = site.look()? else {
        return Ok(ExitStatus::Interrupted);
    };
    let planned = looked
        .plan(&site.opened)
        .map_err(|refused| plan::refusal(&refused))?;
    let text = plan_text(&site, &looked, &planned);
    kept.is_still(&text, plan)?;
    carry_out(
        &mut site,
        &looked,
        &planned,
        &arguments.consent,
        &arguments.how,
        context,
    )
}

/// Opens a site for a run.
pub(super) fn open<'c>(
    opened: Opened,
    selection: Selection,
    pair: &Path,
    how: &How,
    context: &'c Context,
) -> Outcome<Site<'c>> {
    let file = crate::pipeline::pair_file(pair);
    let mut site = Site::open(opened, selection, &file, how.timeout, context)?;
    site.keep = how.keep;
    Ok(site)
}

/// Refuses to begin while a run of this pair is neither ended nor taken back.
pub(super) fn none_unfinished(site: &Site<'_>) -> Outcome<()> {
    let Some(run) = site.unfinished()? else {
        return Ok(());
    };
    let refusal = Refusal::new(format!("run {run} of this pair was stopped or broke off"));
    Err(refusal
        .next(format!("go on with it: standin apply --resume {run}"))
        .next(format!("or take it back: standin undo {run}")))
}

/// The plan as it would be kept.
pub(super) fn plan_text(site: &Site<'_>, looked: &Looked, planned: &Planned) -> String {
    report::plan_json(&plan_report(site, looked, planned))
}

pub(super) fn plan_report<'a>(
    site: &'a Site<'_>,
    looked: &'a Looked,
    planned: &'a Planned,
) -> PlanReport<'a> {
    PlanReport {
        report: site
            .opened
            .report(&looked.snapshot, &looked.answer, Origin::Live, looked.now),
        pair_file: None,
        selection: &site.selection,
        plan: &planned.plan,
        rests: &planned.rests,
    }
}

/// Does the steps of a plan, once everything is agreed to.
pub(super) fn carry_out(
    site: &mut Site<'_>,
    looked: &Looked,
    planned: &Planned,
    consent: &Consent,
    how: &How,
    context: &Context,
) -> Outcome<ExitStatus> {
    let tasks = tasks(&planned.plan, &looked.answer.judged.findings);
    if tasks.is_empty() {
        let ended = Ended {
            end: End::Done,
            steps: Vec::new(),
        };
        let told = AppliedReport {
            pair: &site.opened.pair.name.value,
            run: None,
            ended: &ended,
            before: None,
            after: None,
        };
        context.answer(
            || report::applied_text(&told, context.look(how.verbose)),
            || report::applied_json(&told),
        );
        return Ok(ExitStatus::of(&looked.answer.summary, how.fail_on));
    }
    hindered::refuse(&tasks, site, looked)?;
    if !consent.settle(&tasks, site)? {
        context.terminal.note("nothing was changed");
        return Ok(ExitStatus::Interrupted);
    }
    let began = site.began(&plan_text(site, looked, planned), &planned.rests.digest);
    let (run, ended) = site.carry_out(Job::Begin(tasks, began), looked, None)?;
    tell(site, run, &ended, Some(looked), how, context)
}

/// Looks once more, and tells what a run came to.
pub(super) fn tell(
    site: &mut Site<'_>,
    run: Seq,
    ended: &Ended,
    before: Option<&Looked>,
    how: &How,
    context: &Context,
) -> Outcome<ExitStatus> {
    site.reread();
    let after = if ended.end == End::Stopped {
        None
    } else {
        site.look()?
    };
    let after = after.as_ref();
    let report = after.map(|after| {
        site.opened
            .report(&after.snapshot, &after.answer, Origin::Live, after.now)
    });
    let told = AppliedReport {
        pair: &site.opened.pair.name.value,
        run: Some(run),
        ended,
        before: before.map(|before| &before.answer.judged),
        after: report,
    };
    context.answer(
        || report::applied_text(&told, context.look(how.verbose)),
        || report::applied_json(&told),
    );
    Ok(match (ended.end, after) {
        (End::Done, Some(after)) => ExitStatus::of(&after.answer.summary, how.fail_on),
        (End::Done, None) | (End::Stopped, _) => ExitStatus::Interrupted,
        (End::TakenBack, _) => ExitStatus::TakenBack,
        (End::NeedsPerson, _) => ExitStatus::NeedsPerson,
    })
}

fn resume(run: Seq, arguments: &ApplyArguments, context: &mut Context) -> Outcome<ExitStatus> {
    let reopened = reopen(run, arguments.pair.as_deref(), &arguments.how, context)?;
    let Some((mut site, looked, book)) = reopened else {
        return Ok(ExitStatus::Interrupted);
    };
    let context = site.context();
    if !book.is_unfinished() {
        let refusal = Refusal::new(format!("run {run} came to its end"));
        return Err(refusal.next(format!("take it back: standin undo {run}")));
    }
    site.keep = book.keeps();
    hindered::refuse(book.tasks(), &site, &looked)?;
    let (run, ended) = site.carry_out(Job::GoOn(book), &looked, Some(run))?;
    tell(&mut site, run, &ended, Some(&looked), &arguments.how, context)
}

/// Opens the pair of an earlier run again, and looks at it; nothing when it was interrupted.
pub(super) fn reopen<'c>(
    run: Seq,
    pair: Option<&Path>,
    how: &How,
    context: &'c mut Context,
) -> Outcome<Option<(Site<'c>, Looked, crate::apply::Book)>> {
    let began = began(run, context)?;
    let kept = began["pair_file"].as_str().map(PathBuf::from);
    let pair = pair.map(Path::to_path_buf).or(kept).ok_or_else(|| {
        let refusal = Refusal::new(format!("run {run} changed no server"));
        refusal.next("standin history list shows the runs")
    })?;
    let opened = check::open(&pair, &how.folders, None, context)?;
    let selection = selection_of(&began);
    let site = open(opened, selection, &pair, how, &*context)?;
    let book = site.book(run)?;
    let looked = site.look()?;
    Ok(looked.map(|looked| (site, looked, book)))
}

/// What a run began with.
fn began(run: Seq, context: &Context) -> Outcome<Value> {
    let place = kept::place(context)?;
    // It stands behind the lock, before everything else.
    let entries = kept::with_existing(&place, async |store| store.entries_after(run, 0, 2).await)?;
    let mut entries = entries.unwrap_or_default().into_iter();
    let found = entries.find(|entry| entry.kind == Kind::Began);
    found.map(|entry| entry.body).ok_or_else(|| {
        let refusal = Refusal::new(format!("there is no run {run} that changed servers"));
        refusal.next("standin history list shows the runs")
    })
}

fn selection_of(body: &Value) -> Selection {
    let words = |name: &str| -> Vec<String> {
        let words = body[name].as_array().map(Vec::as_slice).unwrap_or_default();
        words
            .iter()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect()
    };
    Selection {
        only: words("only"),
        skip: words("skip"),
    }
}
