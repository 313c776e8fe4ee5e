//! The first lines: which pair, as of when, judged by what.

use jiff::Timestamp;

use crate::report::look::Style;
use crate::report::page::Page;
use crate::report::times::{ago, clock, day_and_time};
use crate::report::words::count;
use crate::report::{Origin, Report};

pub(in crate::report) fn put(page: &mut Page, report: &Report<'_>) {
    let (source, target) = (&report.pair.source, &report.pair.target);
    let line = page
        .line(0)
        .add(Style::Strong, &report.pair.name.value)
        .plain(format!("  {} ({}) ", source.name.value, source.address.value))
        .plain(page.look.arrow())
        .plain(format!(" {} ({})  ", target.name.value, target.address.value))
        .add(Style::Strong, origin(report));
    page.put(&line);
    let packs = report
        .catalogue
        .packs
        .iter()
        .map(|pack| format!("{} {}", pack.name, pack.version));
    let digest: String = report.catalogue.digest.chars().take(12).collect();
    let packs = packs.collect::<Vec<_>>().join(", ");
    let head = page.line(0);
    page.wrap(
        head,
        2,
        Style::Faint,
        format!("{}; judged by {packs} (catalogue {digest})", reading(report)),
    );
}

/// Where the facts come from and of when they are.
fn origin(report: &Report<'_>) -> String {
    match report.origin {
        Origin::Live => format!("live {}", day_and_time(report.snapshot.taken_at)),
        Origin::Recorded if report.now == report.snapshot.taken_at => {
            format!("{}, judged as of then", recorded(report))
        }
        Origin::Recorded => recorded(report),
    }
}

/// When it was recorded, and how long ago that is.
pub(in crate::report) fn recorded(report: &Report<'_>) -> String {
    let taken = report.snapshot.taken_at;
    if report.now == taken {
        format!("recorded {}", day_and_time(taken))
    } else {
        format!("recorded {} ({})", day_and_time(taken), ago(report.now, taken))
    }
}

/// How many facts were read, and in which span of time.
fn reading(report: &Report<'_>) -> String {
    let facts = count(report.snapshot.facts.len(), "fact", "facts");
    match report.snapshot.facts.span() {
        None => facts,
        Some((first, last)) if same_minute(first, last) => format!("{facts} read at {}", clock(last)),
        Some((first, last)) if same_day(first, last) => {
            format!("{facts} read from {} to {}", clock(first), clock(last))
        }
        Some((first, last)) => format!(
            "{facts} read from {} to {}",
            day_and_time(first),
            day_and_time(last)
        ),
    }
}

fn same_minute(one: Timestamp, other: Timestamp) -> bool {
    one.as_second().div_euclid(60) == other.as_second().div_euclid(60)
}

fn same_day(one: Timestamp, other: Timestamp) -> bool {
    one.as_second().div_euclid(86_400) == other.as_second().div_euclid(86_400)
}
