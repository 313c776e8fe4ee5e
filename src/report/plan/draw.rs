//! A plan as a drawing: steps as boxes, arrows from what comes before to what comes after.

use std::fmt::Write as _;

use super::PlanReport;
use crate::diagnostic::visible;
use crate::plan::{Joint, Plan, Step};

/// Draws the plan in the language of Graphviz.
pub fn plan_dot(told: &PlanReport<'_>) -> String {
    dot("plan", &labels(told.plan), &told.plan.joints)
}

/// Draws the plan in the language of Mermaid.
pub fn plan_mermaid(told: &PlanReport<'_>) -> String {
    mermaid(&labels(told.plan), &told.plan.joints)
}

/// Steps with these labels, and what their order follows from, for Graphviz.
pub(in crate::report) fn dot(name: &str, labels: &[String], joints: &[Joint]) -> String {
    let mut text =
        format!("digraph {name} {{\n  rankdir=LR;\n  node [shape=box, fontname=\"sans-serif\"];\n");
    for (place, label) in labels.iter().enumerate() {
        let _ = writeln!(text, "  s{} [label={}];", place + 1, quoted(label));
    }
    for (place, joint) in joints.iter().enumerate() {
        let reason = quoted(&joint.reason.to_string());
        if is_knot(joint) {
            let _ = writeln!(text, "  j{place} [shape=point, tooltip={reason}];");
        }
        for (from, to) in arrows(place, joint) {
            let _ = writeln!(text, "  {from} -> {to} [tooltip={reason}];");
        }
    }
    text.push_str("}\n");
    text
}

/// The same for Mermaid.
pub(in crate::report) fn mermaid(labels: &[String], joints: &[Joint]) -> String {
    let mut text = String::from("flowchart LR\n");
    for (place, label) in labels.iter().enumerate() {
        let _ = writeln!(text, "  s{}[\"{}\"]", place + 1, coded(label));
    }
    for (place, joint) in joints.iter().enumerate() {
        if is_knot(joint) {
            let _ = writeln!(text, "  j{place}((\"{}\"))", coded(&joint.reason.to_string()));
        }
        for (from, to) in arrows(place, joint) {
            let _ = writeln!(text, "  {from} --> {to}");
        }
    }
    text
}

fn labels(plan: &Plan) -> Vec<String> {
    let steps = plan.steps.iter().enumerate();
    steps.map(|(place, step)| label(place, step)).collect()
}

fn label(place: usize, step: &Step) -> String {
    let does = if step.takes_back() { "take back: " } else { "" };
    format!("{}. {does}{} ({})", place + 1, step.would, step.on)
}

/// Whether a reason has several steps on both sides, so that it is drawn as a point of its own.
fn is_knot(joint: &Joint) -> bool {
    joint.before.len() > 1 && joint.after.len() > 1
}

fn arrows(place: usize, joint: &Joint) -> Vec<(String, String)> {
    let step = |step: &usize| format!("s{}", step + 1);
    if is_knot(joint) {
        let into = joint
            .before
            .iter()
            .map(|before| (step(before), format!("j{place}")));
        let out = joint.after.iter().map(|after| (format!("j{place}"), step(after)));
        return into.chain(out).collect();
    }
    let pairs = joint
        .before
        .iter()
        .flat_map(|before| joint.after.iter().map(move |after| (before, after)));
    pairs.map(|(before, after)| (step(before), step(after))).collect()
}

/// A string of Graphviz: what would end it, or mean something in it, is escaped.
fn quoted(text: &str) -> String {
    let shown = visible(text).replace('\\', "\\\\").replace('"', "\\\"");
    format!("\"{shown}\"")
}

/// A text of Mermaid, in which everything but plain letters, digits and a few signs is a number.
fn coded(text: &str) -> String {
    let mut coded = String::with_capacity(text.len());
    for character in visible(text).chars() {
        if character.is_alphanumeric() || " .,:/_-".contains(character) {
            coded.push(character);
        } else {
            let _ = write!(coded, "#{};", u32::from(character));
        }
    }
    coded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stays_a_name() {
        let evil = "a\"]; x -> y\\\n--> b<i>#quot;";
        let drawn = quoted(evil);
        assert!(drawn.len() > 2 && drawn.starts_with('"') && drawn.ends_with('"'));
        let inside = drawn[1..drawn.len() - 1].replace("\\\\", "").replace("\\\"", "");
        assert!(!inside.contains(['"', '\\', '\n']), "{drawn}");
        let coded = coded(evil);
        assert!(
            !coded.contains(['"', '[', ']', '<', '>', '\n', '(', '|']),
            "{coded}"
        );
        assert!(coded.contains("#35;quot#59;"), "{coded}");
    }
}
