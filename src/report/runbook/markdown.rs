//! A runbook for paper: check boxes, who, what is to be seen, the way back.

use std::fmt::Write as _;

use super::human::way_back;
use super::{RunbookReport, by, sentence, why_apart};
use crate::diagnostic::visible;
use crate::plan::PairStep;
use crate::report::Origin;
use crate::report::times::day_and_time;

/// Renders a runbook as Markdown.
pub fn runbook_markdown(told: &RunbookReport<'_>) -> String {
    let (report, runbook) = (&told.report, told.runbook.runbook);
    let (source, target) = (&report.pair.source, &report.pair.target);
    let mut text = format!("# {}\n\n", plain(&runbook.title));
    let _ = writeln!(
        text,
        "Pair **{}**: source **{}** ({}), target **{}** ({}).  ",
        plain(&report.pair.name.value),
        plain(&source.name.value),
        source.address.value,
        plain(&target.name.value),
        target.address.value
    );
    let origin = match report.origin {
        Origin::Live => "As of",
        Origin::Recorded => "From a recording of",
    };
    let digest: String = report.catalogue.digest.chars().take(12).collect();
    let _ = writeln!(
        text,
        "{origin} {}, catalogue {digest}. On paper it ages: print it anew when the pair changes.\n",
        day_and_time(report.snapshot.taken_at)
    );
    let _ = writeln!(text, "{}\n", plain(&runbook.about));
    text.push_str("Begun by ______________________ on ______________ at ________\n\n");
    for (place, step) in told.runbook.steps.iter().enumerate() {
        put_step(&mut text, place, step);
    }
    put_apart(&mut text, told);
    text.push_str("Ended by ______________________ on ______________ at ________\n");
    text
}

fn put_step(text: &mut String, place: usize, step: &PairStep<'_>) {
    if let Some(reason) = &step.no_return {
        let _ = writeln!(
            text,
            "---\n\n**No way back behind step {}:** {}\n",
            place + 1,
            plain(reason)
        );
    }
    let _ = writeln!(text, "## {}. {}\n", place + 1, plain(&sentence(&step.step.would)));
    let on = if step.of.is_by_hand() {
        String::new()
    } else {
        format!(", on {}", plain(&step.step.on))
    };
    let _ = writeln!(text, "- Who: {}{on}", plain(by(step)));
    if let Some(reason) = &step.of.outside {
        let _ = writeln!(text, "- By no script: {}", plain(reason));
    }
    for check in &step.check {
        let _ = writeln!(text, "- [ ] {}", plain(check));
    }
    let _ = writeln!(text, "- [ ] Expected: {}", plain(&step.expect));
    if step.of.fence {
        text.push_str("- If it does not work and the server still answers: stop here.\n");
    }
    if !step.of.is_by_hand() {
        let _ = writeln!(text, "- Way back: {}", plain(&way_back(&step.step.back)));
    }
    text.push_str("- At ________ by ______________________\n\n");
}

fn put_apart(text: &mut String, told: &RunbookReport<'_>) {
    for (is_known, title) in [
        (false, "Not known, so that something is missing above"),
        (true, "Does not apply"),
    ] {
        let apart = told
            .runbook
            .apart
            .iter()
            .filter(|apart| apart.is_known() == is_known);
        let mut lines: Vec<String> = apart
            .map(|apart| {
                format!(
                    "- {}: {}",
                    plain(apart.of.id()),
                    plain(&why_apart(&apart.because))
                )
            })
            .collect();
        lines.dedup();
        if !lines.is_empty() {
            let _ = writeln!(text, "## {title}\n\n{}\n", lines.join("\n"));
        }
    }
}

/// A text in which nothing means anything to Markdown.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for letter in visible(&text.split_whitespace().collect::<Vec<_>>().join(" ")).chars() {
        if "\\`*_[]<>#|~&!".contains(letter) {
            plain.push('\\');
        }
        plain.push(letter);
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn a_name_stays_a_name_on_paper() {
        assert_eq!(plain("a*b_c`d\n# e<i>"), "a\\*b\\_c\\`d \\# e\\<i\\>");
    }
}
