//! What packs say of fixes: what one must say to be done, who uses it and with what, and its neighbours.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::decode_fix::ty_of;
use super::{Access, Action, Arg, Catalogue, Fix, FixUse, Input, On, Rule, Safety, Spot, Undo};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::predicate::{KeyPart, Ty};

pub(super) fn check(catalogue: &Catalogue, wrong: &BTreeSet<&str>, sink: &mut Diagnostics) {
    for rule in &catalogue.rules {
        for used in &rule.fix {
            if !wrong.contains(used.fix.as_ref()) {
                used_rightly(catalogue, rule, used, sink);
            }
        }
    }
    let used = used(catalogue);
    for fix in &catalogue.supplied {
        is_whole(fix, sink);
    }
    for fix in catalogue.fixes.values() {
        if fix.supplied_by.is_none() {
            is_whole(fix, sink);
        }
        neighbours(catalogue, fix, wrong, sink);
        if !used.contains(&fix.id) {
            helps(fix, sink);
        }
    }
}

/// The fixes that rules offer.
fn used(catalogue: &Catalogue) -> BTreeSet<Arc<str>> {
    let uses = catalogue.rules.iter().flat_map(|rule| &rule.fix);
    uses.map(|used| used.fix.clone()).collect()
}

impl Catalogue {
    /// The fixes that no rule offers: they are done for a while, to meet what others need.
    pub fn helpers(&self) -> impl Iterator<Item = &Fix> {
        let used = used(self);
        self.fixes
            .values()
            .filter(move |fix| !used.contains(&fix.id) && !fix.actions.is_empty())
    }
}

/// A fix that does something says what that changes, how it is told, and how it is taken back.
fn is_whole(fix: &Fix, sink: &mut Diagnostics) {
    let id = &fix.id;
    let mut wrong = |code: &'static str, message: String, help: &str| {
        let told = Diagnostic::error(code, message).at(fix.span.start(), "");
        sink.push(told.help(help));
    };
    if fix.safety == Safety::Guided {
        is_guided(fix, &mut wrong);
        return;
    }
    if fix.because.is_some() {
        let message = format!("`because` of `{id}` is for fixes that a person does");
        wrong("vain-reason", message, "say `safety: guided`, or take it away");
    }
    if fix.actions.is_empty() {
        if fix.undo.is_some() || fix.would.is_some() || !fix.sets.is_empty() || !fix.read.is_empty() {
            let message = format!("`{id}` says what it changes, but not how");
            wrong("missing-key", message, "add `actions:`");
        }
        return;
    }
    is_agreed_to(fix, &mut wrong);
    let lacks = [
        (
            fix.would.is_none(),
            "what it would do",
            "add `would:`, as it goes on after \"would\"",
        ),
        (
            fix.sets.is_empty(),
            "what it changes, so nothing can be put in order around it",
            "add `sets:` with the facts that are otherwise afterwards",
        ),
        (
            fix.undo.is_none(),
            "how it is taken back",
            "add `undo:`, or `no_undo:` with the reason",
        ),
    ];
    for (_, what, help) in lacks.into_iter().filter(|(lacks, ..)| *lacks) {
        wrong("missing-key", format!("`{id}` does not say {what}"), help);
    }
}

/// What may shut somebody out, or lose something, is not done unasked.
fn is_agreed_to(fix: &Fix, wrong: &mut dyn FnMut(&'static str, String, &str)) {
    let id = &fix.id;
    if fix.safety == Safety::Safe && fix.undoes_a_secret() {
        let message =
            format!("`{id}` writes over a secret, which nobody can bring back once the run has ended");
        wrong("unsafe-secret", message, "say `safety: confirm`");
    }
    if fix.safety == Safety::Safe
        && fix
            .actions
            .iter()
            .any(|action| action.verb.access == Access::Given)
    {
        let message = format!("`{id}` gives somebody rights, so somebody has to agree to it");
        wrong("unsafe-grant", message, "say `safety: confirm`");
    }
    if fix.safety != Safety::Destructive && fix.actions.iter().any(Action::locks_out) {
        let message = format!("`{id}` takes rights, members or objects away, or decides who gets in at all");
        wrong(
            "unsafe-taking",
            message,
            "say `safety: destructive`, so that it is agreed to by its name",
        );
    }
}

/// Attributes of a directory that decide who gets in and who may do what ([MS-ADA1] to [MS-ADA3]).
const WHO_GETS_IN: &[&str] = &[
    "accountexpires",
    "member",
    "msds-allowedtoactonbehalfofotheridentity",
    "msds-allowedtodelegateto",
    "ntsecuritydescriptor",
    "primarygroupid",
    "unicodepwd",
    "useraccountcontrol",
    "userpassword",
];

impl Action {
    /// Whether writing this attribute may leave somebody without a way in.
    pub(crate) fn decides_who_gets_in(&self, attribute: &str) -> bool {
        let attribute = attribute.to_ascii_lowercase();
        self.verb.access == Access::ByAttribute && WHO_GETS_IN.contains(&attribute.as_str())
    }

    /// Whether somebody may be without a way in once it is done. The names of attributes that are filled in are looked at
    /// when they are.
    fn locks_out(&self) -> bool {
        let written = self.args.iter().filter_map(|(_, arg)| match arg {
            Arg::Attributes(all) => Some(all),
            _ => None,
        });
        let mut names = written.flatten().filter_map(|one| one.name.constant.as_deref());
        self.verb.access == Access::Taken || names.any(|name| self.decides_who_gets_in(name))
    }
}

fn is_guided(fix: &Fix, wrong: &mut dyn FnMut(&'static str, String, &str)) {
    let id = &fix.id;
    if !fix.actions.is_empty() || fix.undo.is_some() {
        let message = format!("`{id}` is guided, so a person does it, and it has no actions");
        wrong(
            "vain-actions",
            message,
            "take the actions away, or say another `safety`",
        );
    }
    if fix.because.is_none() {
        let message = format!("`{id}` does not say why a person has to do it");
        wrong("missing-key", message, "add `because:`");
    }
}

fn neighbours(catalogue: &Catalogue, fix: &Fix, wrong: &BTreeSet<&str>, sink: &mut Diagnostics) {
    let all = fix.after.iter().chain(&fix.before);
    for neighbour in all.filter(|neighbour| !wrong.contains(neighbour.fix.as_ref())) {
        let Some(other) = catalogue.fixes.get(&neighbour.fix) else {
            sink.push(unknown_fix(catalogue, &neighbour.fix, neighbour.span));
            continue;
        };
        for name in &neighbour.same {
            let both = [fix, other];
            for lacks in both.into_iter().filter(|fix| !fix.inputs.contains_key(name)) {
                let message = format!("the fix `{}` has no input `{name}`", lacks.id);
                sink.push(Diagnostic::error("unknown-input", message).at(neighbour.span.start(), ""));
            }
        }
    }
}

/// A fix that no rule offers is done to meet what another one needs: what it is given must follow from that place.
fn helps(fix: &Fix, sink: &mut Diagnostics) {
    if fix.actions.is_empty() {
        let message = format!(
            "no rule offers `{}`, and it does nothing that another fix could need",
            fix.id
        );
        sink.push(Diagnostic::warning("unused-fix", message).at(fix.span.start(), ""));
        return;
    }
    let bound: BTreeSet<usize> = fix
        .sets
        .iter()
        .filter_map(|set| match &set.spot {
            Spot::Fact(place) => Some(place.key_parts()),
            Spot::Input(_) => None,
        })
        .flatten()
        .filter_map(|part| match part {
            KeyPart::Local(place) => Some(place),
            KeyPart::Other => None,
        })
        .collect();
    for (place, (name, _)) in fix.inputs.iter().enumerate() {
        if !bound.contains(&place) {
            let message = format!(
                "no rule offers `{}`, so its `{name}` has to follow from what another fix needs, but no place under `sets` has it as its key",
                fix.id
            );
            sink.push(Diagnostic::error("unbound-input", message).at(fix.span.start(), ""));
        }
    }
    if matches!(fix.undo, Some(Undo::No(_))) {
        let message = format!(
            "no rule offers `{}`: it is done for a while only, so it has to be taken back",
            fix.id
        );
        sink.push(Diagnostic::error("missing-key", message).at(fix.span.start(), "add `undo:`"));
    }
}

fn unknown_fix(catalogue: &Catalogue, id: &str, span: crate::diagnostic::Span) -> Diagnostic {
    let unknown = Diagnostic::error("unknown-fix", format!("there is no fix `{id}`")).at(span, "");
    unknown.did_you_mean(id, catalogue.fixes.keys().map(AsRef::as_ref))
}

fn used_rightly(catalogue: &Catalogue, rule: &Rule, used: &FixUse, sink: &mut Diagnostics) {
    let Some(fix) = catalogue.fixes.get(&used.fix) else {
        sink.push(unknown_fix(catalogue, &used.fix, used.span));
        return;
    };
    if matches!(fix.on, On::Here) && rule.sides.is_empty() {
        let message = format!(
            "the fix `{}` is done on the server in question, and `{}` is about no one server",
            fix.id, rule.id
        );
        let help = "give the rule `sides`, or let the fix say `on: target`";
        sink.push(
            Diagnostic::error("no-server", message)
                .at(used.span, "")
                .help(help),
        );
    }
    for (name, value) in &used.with {
        let Some(input) = fix.inputs.get(name) else {
            let message = format!("the fix `{}` takes no `{name}`", fix.id);
            let unknown = Diagnostic::error("unknown-input", message).at(used.span, "");
            sink.push(unknown.did_you_mean(name, fix.inputs.keys().map(AsRef::as_ref)));
            continue;
        };
        if *input == Input::Place && !value.may_be_read() {
            let message = format!("`{name}` of the fix `{}` is a place, this is worked out", fix.id);
            let wrong = Diagnostic::error("wrong-type", message).at(used.span, "");
            sink.push(wrong.help("name the fact, or the field of `item` or `twin`, that the fix changes"));
        }
        let wanted: Ty = ty_of(input);
        if *input != Input::Place && !wanted.meets(value.ty()) {
            let message = format!(
                "`{name}` of the fix `{}` is {wanted}, this is {}",
                fix.id,
                value.ty()
            );
            sink.push(Diagnostic::error("wrong-type", message).at(used.span, ""));
        }
    }
    for missing in fix
        .inputs
        .keys()
        .filter(|name| !used.with.iter().any(|(given, _)| given == *name))
    {
        let message = format!("the fix `{}` needs `{missing}`", fix.id);
        sink.push(Diagnostic::error("missing-input", message).at(used.span, "add it under `with:`"));
    }
}

#[cfg(test)]
mod tests;
