//! Rules.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::context::{condition, expression, phrase};
use super::decode_fix::identity;
use super::types::{field_name, tag};
use super::{FixUse, Guide, Phrase, RequiredSide, Requirement, Rule, RuleLocals, Severity};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::facts::{FactSchema, FactType, Root, Side};
use crate::predicate::{Expression, Names, Place, Ty};
use crate::template::Context;
use crate::yaml::decode::{
    boolean, entries, items, list_of, map_of, nonempty, one_of, one_or_many, wrong_value,
};
use crate::yaml::{Fields, Node};

const SEVERITIES: &[(&str, Severity)] = &[("error", Severity::Error), ("warning", Severity::Warning)];
const SIDES: &[(&str, Side)] = &[("source", Side::Source), ("target", Side::Target)];
const REQUIRED: &[(&str, RequiredSide)] = &[
    ("same", RequiredSide::Same),
    ("source", RequiredSide::One(Side::Source)),
    ("target", RequiredSide::One(Side::Target)),
    ("both", RequiredSide::Both),
];

/// The most values that a rule names under `let`.
const MAX_LETS: usize = 64;

/// The nodes of a rule whose meaning needs the names in scope.
struct Judging<'n> {
    for_each: Option<&'n Node>,
    lets: Option<&'n Node>,
    when: Option<&'n Node>,
    expect: Option<&'n Node>,
    severity: Option<&'n Node>,
    message: Option<&'n Node>,
    why: Option<&'n Node>,
    remedy: Option<&'n Node>,
    fix: Option<&'n Node>,
}

impl<'n> Judging<'n> {
    /// Takes the nodes; what every rule says is told when it is missing.
    fn take(fields: &mut Fields<'n, '_>) -> Self {
        let sums_up = fields.has("rollup_of");
        for key in ["severity", "message", "why", "remedy"] {
            if !(fields.has(key) || key == "severity" && sums_up) {
                let missing = Diagnostic::error("missing-key", format!("a rule lacks `{key}`"));
                let missing = missing.at(fields.span().start(), format!("add `{key}:`"));
                fields.report(missing);
            }
        }
        Self {
            for_each: fields.node("for_each"),
            lets: fields.node("let"),
            when: fields.node("when"),
            expect: fields.node("expect"),
            severity: fields.node("severity"),
            message: fields.node("message"),
            why: fields.node("why"),
            remedy: fields.node("remedy"),
            fix: fields.node("fix"),
        }
    }
}

/// Reads a rule; its examples are kept as they are.
pub(super) fn rule(node: Node, pack: &Arc<str>, schema: &FactSchema, sink: &mut Diagnostics) -> Option<Rule> {
    let rule = without_examples(&node, pack, schema, sink)?;
    Some(Rule {
        examples: node.take_items("examples"),
        ..rule
    })
}

fn without_examples(
    node: &Node,
    pack: &Arc<str>,
    schema: &FactSchema,
    sink: &mut Diagnostics,
) -> Option<Rule> {
    let mut fields = Fields::of(node, sink, "a rule")?;
    let id = fields.required("id", |n, s| identity(n, pack, s));
    let title = fields.required("title", title);
    let guide = fields.or("guide", Guide::default(), guide);
    let section = fields.required("section", nonempty);
    let tags = fields.or("tags", Vec::new(), list_of(tag));
    let sides = fields.or("sides", Vec::new(), list_of(one_of(SIDES)));
    let requires = fields.or("requires", Vec::new(), list_of(requirement));
    let rollup_of = fields.or("rollup_of", Vec::new(), list_of(rule_id));
    let departs = fields.or("note", None, |n, s| nonempty(n, s).map(Some));
    let judges_absence = fields.or("judges_absence", false, boolean);
    fields.optional("examples", items);
    let judging = Judging::take(&mut fields);
    fields.finish();
    let (sides, judges_absence) = (sides?, judges_absence?);
    let judged = judged(&judging, &sides, judges_absence, schema, sink);
    let (id, rollup_of, judged) = (id?, rollup_of?, judged?);
    if judged.expect.is_empty() == rollup_of.is_empty() {
        let message = format!("`{id}` needs `expect`, or `rollup_of`, and not both");
        sink.push(Diagnostic::error("missing-key", message).at(node.span.start(), ""));
        return None;
    }
    Some(Rule {
        id,
        pack: pack.clone(),
        title: title?,
        guide: guide?,
        section: section?.into(),
        tags: tags?,
        sides,
        for_each: judged.for_each,
        locals: judged.locals,
        lets: judged.lets,
        when: judged.when,
        requires: requires?,
        expect: judged.expect,
        rollup_of,
        severity: judged.severity,
        message: judged.message,
        why: judged.why,
        remedy: judged.remedy,
        note: departs?,
        fix: judged.fix,
        judges_absence,
        examples: Vec::new(),
        span: node.span,
    })
}

/// The longest title, in characters: it stands in one line of every finding.
const MAX_TITLE: usize = 200;
/// No rule serves more rows of the guide.
const MAX_ROWS: usize = 100;

fn title(node: &Node, sink: &mut Diagnostics) -> Option<String> {
    let title = nonempty(node, sink)?;
    if title.chars().count() > MAX_TITLE {
        let message = format!("a title has at most {MAX_TITLE} characters");
        sink.push(Diagnostic::error("too-long", message).at(node.span.start(), ""));
        return None;
    }
    Some(title)
}

fn rule_id(node: &Node, sink: &mut Diagnostics) -> Option<Arc<str>> {
    nonempty(node, sink).map(Arc::from)
}

fn guide(node: &Node, sink: &mut Diagnostics) -> Option<Guide> {
    let rows = |node: &Node, sink: &mut Diagnostics| {
        if node.items().is_some_and(|rows| rows.len() > MAX_ROWS) {
            let message = format!("a rule serves at most {MAX_ROWS} rows");
            sink.push(Diagnostic::error("too-long", message).at(node.span.start(), ""));
            return None;
        }
        one_or_many(|n, s| nonempty(n, s).map(Arc::from))(node, sink)
    };
    if node.entries().is_none() {
        return Some(Guide {
            all: rows(node, sink)?,
            by_side: BTreeMap::new(),
        });
    }
    let mut fields = Fields::of(node, sink, "rows by side")?;
    let (source, target) = (
        fields.or("source", Vec::new(), rows),
        fields.or("target", Vec::new(), rows),
    );
    fields.finish();
    Some(Guide {
        all: Vec::new(),
        by_side: [(Side::Source, source?), (Side::Target, target?)].into(),
    })
}

fn requirement(node: &Node, sink: &mut Diagnostics) -> Option<Requirement> {
    if node.entries().is_none() {
        let rule = nonempty(node, sink)?.into();
        return Some(Requirement {
            rule,
            side: RequiredSide::Same,
            span: node.span,
        });
    }
    let mut fields = Fields::of(node, sink, "a requirement")?;
    let rule = fields.required("rule", nonempty);
    let side = fields.or("side", RequiredSide::Same, one_of(REQUIRED));
    fields.finish();
    Some(Requirement {
        rule: rule?.into(),
        side: side?,
        span: node.span,
    })
}

struct Judged {
    for_each: Option<Expression>,
    locals: RuleLocals,
    lets: Vec<(Arc<str>, Expression)>,
    when: Vec<Expression>,
    expect: Vec<Expression>,
    severity: Vec<(Option<Expression>, Severity)>,
    message: Phrase,
    why: Phrase,
    remedy: Phrase,
    fix: Vec<FixUse>,
}

fn judged(
    nodes: &Judging<'_>,
    sides: &[Side],
    judges_absence: bool,
    schema: &FactSchema,
    sink: &mut Diagnostics,
) -> Option<Judged> {
    let base = Names::new(schema)
        .with_here(!sides.is_empty())
        .judging_absence(judges_absence);
    let for_each = match nodes.for_each {
        Some(node) => Some(expression(node, &base, sink)?),
        None => None,
    };
    let (mut names, locals) = item_names(base, for_each.as_ref(), nodes.for_each, sink)?;
    let lets = lets(nodes.lets, &mut names, sink);
    let conditions = |node: Option<&Node>, sink: &mut Diagnostics| match node {
        Some(node) => one_or_many(|n, s| condition(n, &names, s))(node, sink),
        None => Some(Vec::new()),
    };
    let when = conditions(nodes.when, sink);
    let expect = conditions(nodes.expect, sink);
    let severity = match nodes.severity {
        Some(node) => severities(node, &names, sink),
        None => Some(vec![(None, Severity::Warning)]),
    };
    let text = |node: Option<&Node>, sink: &mut Diagnostics| phrase(node?, Context::Text, &names, sink);
    let (message, why, remedy) = (
        text(nodes.message, sink),
        text(nodes.why, sink),
        text(nodes.remedy, sink),
    );
    let fix = match nodes.fix {
        Some(node) => one_or_many(|n, s| fix_use(n, &names, s))(node, sink),
        None => Some(Vec::new()),
    };
    Some(Judged {
        for_each,
        locals,
        lets: lets?,
        when: when?,
        expect: expect?,
        severity: severity?,
        message: message?,
        why: why?,
        remedy: remedy?,
        fix: fix?,
    })
}

/// Adds `item`, and `twin` where the collection is a fact of one of the servers.
fn item_names<'a>(
    base: Names<'a>,
    for_each: Option<&Expression>,
    node: Option<&Node>,
    sink: &mut Diagnostics,
) -> Option<(Names<'a>, RuleLocals)> {
    let (Some(each), Some(node)) = (for_each, node) else {
        return Some((
            base,
            RuleLocals {
                item: false,
                twin: false,
            },
        ));
    };
    let Some(item) = each.ty().item() else {
        sink.push(wrong_value(
            node,
            &format!("`for_each` wants a list or collection, this is {}", each.ty()),
        ));
        return None;
    };
    let names = base.with("item", item.clone());
    let of_server = each.as_fact().is_some_and(|fact| {
        matches!(
            fact.place,
            Place::At(Root::Source | Root::Target) | Place::Here | Place::Peer
        )
    });
    let twin = of_server && matches!(each.ty(), Ty::Is(FactType::Map(_)));
    let names = if twin { names.with("twin", item) } else { names };
    Some((names, RuleLocals { item: true, twin }))
}

fn lets(
    node: Option<&Node>,
    names: &mut Names<'_>,
    sink: &mut Diagnostics,
) -> Option<Vec<(Arc<str>, Expression)>> {
    let Some(node) = node else {
        return Some(Vec::new());
    };
    let mut lets = Some(Vec::new());
    let entries = entries(node, sink)?;
    if entries.len() > MAX_LETS {
        sink.push(wrong_value(
            node,
            &format!("a rule names at most {MAX_LETS} values"),
        ));
        return None;
    }
    for (key, node) in entries {
        let name = field_name(key, sink);
        let value = expression(node, names, sink);
        names.push(
            key.text.as_str(),
            value.as_ref().map_or(Ty::Any, |e| e.ty().clone()),
        );
        match (name, value, &mut lets) {
            (Some(name), Some(value), Some(lets)) => lets.push((name, value)),
            _ => lets = None,
        }
    }
    lets
}

fn severities(
    node: &Node,
    names: &Names<'_>,
    sink: &mut Diagnostics,
) -> Option<Vec<(Option<Expression>, Severity)>> {
    if node.items().is_none() {
        return Some(vec![(None, one_of(SEVERITIES)(node, sink)?)]);
    }
    list_of(|n, s| {
        let mut fields = Fields::of(n, s, "a severity")?;
        let had_when = fields.has("when");
        let when = fields.optional("when", |n, s| condition(n, names, s));
        let severity = fields.required("is", one_of(SEVERITIES));
        fields.finish();
        if had_when && when.is_none() {
            None
        } else {
            Some((when, severity?))
        }
    })(node, sink)
}

fn fix_use(node: &Node, names: &Names<'_>, sink: &mut Diagnostics) -> Option<FixUse> {
    let mut fields = Fields::of(node, sink, "the use of a fix")?;
    let had_when = fields.has("when");
    let when = fields.optional("when", |n, s| condition(n, names, s));
    let fix = fields.required("use", nonempty);
    let with = fields.or("with", Vec::new(), |n, s| {
        let entries = map_of(|n, s| expression(n, names, s))(n, s)?;
        entries
            .into_iter()
            .map(|(key, e)| Some((field_name(&key, s)?, e)))
            .collect()
    });
    fields.finish();
    if had_when && when.is_none() {
        return None;
    }
    Some(FixUse {
        when,
        fix: fix?.into(),
        with: with?,
        span: node.span,
    })
}
