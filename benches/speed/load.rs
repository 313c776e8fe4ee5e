//! From the text of packs to a checked catalogue, as a whole and in its parts.

use criterion::{Criterion, Throughput};
use standin::catalogue::{Catalogue, PackFiles, embedded_packs, load};
use standin::diagnostic::{Diagnostics, SourceMap};
use standin::predicate::{Expression, Names, Ty};
use standin::template::{Context, Template};
use standin::yaml::{Kind, Limits, Node, parse};

use crate::workload::{Joins, catalogue, pack};

pub(crate) fn benches(criterion: &mut Criterion) {
    shipped(criterion);
    let mut group = criterion.benchmark_group("load generated");
    group.sample_size(10);
    for rules in [50_usize, 1_000, 10_000] {
        let packs = [pack(rules, Joins::Whole)];
        group.throughput(Throughput::Elements(rules as u64));
        group.bench_function(format!("{rules} rules"), |b| {
            b.iter(|| load(&packs, &mut SourceMap::new()).catalogue.is_some());
        });
    }
    group.finish();
}

fn shipped(criterion: &mut Criterion) {
    let packs = embedded_packs();
    let trees = trees(&packs);
    let whole = catalogue(&packs);
    let (mut expressions, mut templates) = (Vec::new(), Vec::new());
    for tree in &trees {
        gather(tree, &mut expressions, &mut templates);
    }
    let names = names(&whole);
    expressions.retain(|text| Expression::parse(text, &names).is_ok());
    templates.retain(|text| Template::compile(text, Context::Text).is_ok());
    let mut group = criterion.benchmark_group("load shipped");
    group.sample_size(20);
    group.bench_function(format!("whole, {} rules", whole.rules.len()), |b| {
        b.iter(|| load(&packs, &mut SourceMap::new()).catalogue.is_some());
    });
    let bytes: usize = packs.iter().flat_map(|p| &p.files).map(|f| f.text.len()).sum();
    group.bench_function(format!("yaml, {} KB", bytes / 1_000), |b| {
        b.iter(|| self::trees(&packs));
    });
    group.bench_function(format!("expressions, {}", expressions.len()), |b| {
        b.iter(|| {
            expressions
                .iter()
                .filter(|text| Expression::parse(text, &names).is_ok())
                .count()
        });
    });
    group.bench_function(format!("templates, {}", templates.len()), |b| {
        b.iter(|| {
            templates
                .iter()
                .filter(|text| Template::compile(text, Context::Text).is_ok())
                .count()
        });
    });
    group.finish();
}

fn trees(packs: &[PackFiles]) -> Vec<Node> {
    let mut sources = SourceMap::new();
    let files = packs.iter().flat_map(|pack| &pack.files);
    files
        .filter_map(|file| {
            let id = sources.add(file.shown.as_str(), file.text.clone());
            parse(id, &sources, &Limits::default(), &mut Diagnostics::new())
        })
        .collect()
}

/// Finds the texts of expressions and templates by the keys that they stand under.
fn gather<'n>(node: &'n Node, expressions: &mut Vec<&'n str>, templates: &mut Vec<&'n str>) {
    const EXPRESSIONS: [&str; 8] = [
        "expect", "when", "for_each", "let", "with", "key", "fields", "value",
    ];
    const TEMPLATES: [&str; 5] = ["message", "why", "remedy", "base", "filter"];
    for (key, value) in node.entries().unwrap_or_default() {
        match key.text.as_str() {
            "examples" => {}
            word if EXPRESSIONS.contains(&word) => texts(value, expressions),
            word if TEMPLATES.contains(&word) => texts(value, templates),
            _ => gather(value, expressions, templates),
        }
    }
    for item in node.items().unwrap_or_default() {
        gather(item, expressions, templates);
    }
}

fn texts<'n>(node: &'n Node, found: &mut Vec<&'n str>) {
    match &node.kind {
        Kind::Scalar(scalar) => found.push(&scalar.raw),
        Kind::Seq(items) => items.iter().for_each(|item| texts(item, found)),
        Kind::Map(entries) => entries.iter().for_each(|(_, value)| texts(value, found)),
        Kind::Null => {}
    }
}

/// All names that expressions of rules and probes have, whatever their type.
fn names(catalogue: &Catalogue) -> Names<'_> {
    let mut names = Names::new(&catalogue.schema)
        .with_here(true)
        .judging_absence(true);
    for name in ["row", "value", "outer", "item", "twin"] {
        names.push(name, Ty::Any);
    }
    for rule in &catalogue.rules {
        for (name, _) in &rule.lets {
            names.push(name.as_ref(), Ty::Any);
        }
    }
    names
}
