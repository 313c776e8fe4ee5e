//! Fields of records that packs gather.

use crate::facts::FactValue;

pub(super) fn field<'v>(value: &'v FactValue, name: &str) -> Option<&'v FactValue> {
    match value {
        FactValue::Record(record) => record.get(name),
        _ => None,
    }
}

pub(super) fn text(value: &FactValue, name: &str) -> Option<String> {
    field(value, name).map(ToString::to_string)
}

pub(super) fn items<'v>(value: &'v FactValue, name: &str) -> &'v [FactValue] {
    field(value, name).and_then(FactValue::items).unwrap_or_default()
}

pub(super) fn flag(value: &FactValue, name: &str) -> bool {
    matches!(field(value, name), Some(FactValue::Bool(true)))
}
