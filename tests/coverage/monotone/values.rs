//! Any values of a type, out of few, so that two of them often meet.

use std::sync::Arc;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use standin::facts::{Absence, Cause, FactMap, FactType, FactValue, Fields, Key};

/// Written as people write them; each is read by the type.
fn written(ty: &FactType) -> &'static [&'static str] {
    match ty {
        FactType::Bool => &["true", "false"],
        FactType::Int => &["0", "1", "2", "1433", "-1"],
        FactType::Version => &["1.0", "5.2", "6.5.7638.2", "10.0.20348", "16.0.4000.1"],
        FactType::Ip => &["10.1.4.21", "10.1.4.22", "10.9.4.1", "fd00::1"],
        FactType::Subnet => &["10.1.4.0/24", "10.1.0.0/16", "10.9.4.0/24"],
        FactType::Path => &[
            r"E:\Data",
            r"e:\data\a.mdf",
            r"C:\Program Files\X",
            r"\\server\share\x",
        ],
        FactType::Dn => &["CN=A,DC=x", "CN=B,CN=A,DC=x", "DC=x"],
        FactType::Sid => &["S-1-5-18", "S-1-1-0", "S-1-5-21-1-2-3-1122"],
        FactType::Acl => &[
            "D:",
            "D:(A;;GA;;;WD)",
            "D:(OD;;WP;;;WD)(A;;RPWP;;;S-1-5-21-1-2-3-1122)",
        ],
        FactType::Bytes => &["0x", "0xA1", "0xB2C3"],
        FactType::Digest => &["k1:aa", "k1:bb", "k2:aa"],
        FactType::Time => &["2026-11-20T22:14:05Z", "2020-01-01T00:00:00Z"],
        FactType::Host => &["a.example", "b.example"],
        _ => &[
            "A",
            "a",
            "B",
            "source",
            "target",
            "LocalSystem",
            r".\svc",
            r"CORP\svc",
            "running",
            "automatic",
            "manual",
            "online",
            "1",
            "",
        ],
    }
}

/// A value of this type, `()` or, inside of others, nothing that is known.
pub(crate) fn any(ty: &FactType) -> BoxedStrategy<FactValue> {
    let some = some(ty);
    prop_oneof![12 => some, 1 => Just(FactValue::Nothing)].boxed()
}

fn some(ty: &FactType) -> BoxedStrategy<FactValue> {
    match ty {
        FactType::OneOf(words) => select(words.to_vec()).prop_map(FactValue::Text).boxed(),
        FactType::List(item) => vec(part(item), 0..3).prop_map(FactValue::list).boxed(),
        FactType::Set(item) => vec(part(item), 0..3).prop_map(FactValue::set).boxed(),
        FactType::Record(fields) => record(fields),
        FactType::Map(fields) => map(fields),
        scalar => {
            let ty = scalar.clone();
            select(written(scalar))
                .prop_map(move |text| ty.parse(text).unwrap_or(FactValue::Nothing))
                .boxed()
        }
    }
}

fn part(ty: &FactType) -> BoxedStrategy<FactValue> {
    let hole = || FactValue::absent(Absence::new(Cause::Timeout, "part", "made so by the test"));
    prop_oneof![8 => any(ty), 1 => Just(()).prop_map(move |()| hole())].boxed()
}

fn record(fields: &Arc<Fields>) -> BoxedStrategy<FactValue> {
    let names: Vec<Arc<str>> = fields.keys().cloned().collect();
    let values: Vec<_> = fields.values().map(part).collect();
    values
        .prop_map(move |values| {
            let fields = names.iter().cloned().zip(values);
            FactValue::Record(Arc::new(fields.collect()))
        })
        .boxed()
}

fn map(fields: &Arc<Fields>) -> BoxedStrategy<FactValue> {
    let key = vec(select(vec!["A", "a", "B", "C"]), 1..3).prop_map(Key::new);
    vec((key, record(fields)), 0..4)
        .prop_map(|entries| {
            let mut map = FactMap::new(false);
            for (key, record) in entries {
                map.insert(key, record);
            }
            map.sort();
            FactValue::Map(Arc::new(map))
        })
        .boxed()
}
