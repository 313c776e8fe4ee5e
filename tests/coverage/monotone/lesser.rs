//! Everything that can be missing of a value, one thing at a time.

use std::sync::Arc;

use standin::facts::{Absence, Cause, FactMap, FactValue, Key, Record};

/// One thing that is not known of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Loss {
    Whole,
    /// A field of the record.
    Field(Arc<str>),
    /// What lies inside a field.
    Inside(Arc<str>, Box<Self>),
    /// An item of the list.
    Item(usize),
    /// A record of the collection; its key is still there.
    Record(Key),
    /// What lies inside a record.
    Within(Key, Box<Self>),
    /// A record, and whether there is one.
    Entry(Key),
    /// Whether there are more records.
    Rest,
}

fn gone() -> Absence {
    Absence::new(Cause::Denied, "loss", "taken away by the test")
}

/// All that can be missing.
pub(crate) fn losses(value: &FactValue) -> Vec<Loss> {
    let mut losses = vec![Loss::Whole];
    match value {
        FactValue::Record(record) => {
            for (name, value) in record
                .iter()
                .filter(|(_, value)| !matches!(value, FactValue::Absent(_)))
            {
                losses.push(Loss::Field(name.clone()));
                let inner = self::losses(value).into_iter().skip(1);
                losses.extend(inner.map(|loss| Loss::Inside(name.clone(), Box::new(loss))));
            }
        }
        FactValue::List(items) | FactValue::Set(items) => losses.extend((0..items.len()).map(Loss::Item)),
        FactValue::Map(map) => {
            for entry in map.iter() {
                losses.push(Loss::Record(entry.key.clone()));
                losses.push(Loss::Entry(entry.key.clone()));
                let inner = self::losses(&entry.value).into_iter().skip(1);
                losses.extend(inner.map(|loss| Loss::Within(entry.key.clone(), Box::new(loss))));
            }
            losses.push(Loss::Rest);
        }
        _ => {}
    }
    losses
}

/// The value without that.
pub(crate) fn without(value: &FactValue, loss: &Loss) -> FactValue {
    match (value, loss) {
        (FactValue::Record(record), Loss::Field(name)) => with_field(record, name, FactValue::absent(gone())),
        (FactValue::Record(record), Loss::Inside(name, inner)) => {
            let lesser = record.get(name).map(|value| without(value, inner));
            with_field(record, name, lesser.unwrap())
        }
        (FactValue::List(items), Loss::Item(place)) => FactValue::list(items_without(items, *place)),
        (FactValue::Set(items), Loss::Item(place)) => FactValue::set(items_without(items, *place)),
        (FactValue::Map(map), loss) if *loss != Loss::Whole => in_map(map, loss),
        _ => FactValue::absent(gone()),
    }
}

fn with_field(record: &Record, name: &str, value: FactValue) -> FactValue {
    let mut record = record.clone();
    record.set(name, value);
    FactValue::Record(Arc::new(record))
}

fn items_without(items: &[FactValue], place: usize) -> Vec<FactValue> {
    let mut items = items.to_vec();
    items[place] = FactValue::absent(gone());
    items
}

fn in_map(map: &FactMap, loss: &Loss) -> FactValue {
    let mut lesser = FactMap::new(map.is_exact());
    for entry in map.iter() {
        let value = match loss {
            Loss::Record(key) if *key == entry.key => FactValue::absent(gone()),
            Loss::Within(key, inner) if *key == entry.key => without(&entry.value, inner),
            Loss::Entry(key) if *key == entry.key => continue,
            _ => entry.value.clone(),
        };
        lesser.insert(entry.key.clone(), value);
    }
    for (prefix, why) in map.holes() {
        lesser.add_hole(prefix, why.clone());
    }
    match loss {
        Loss::Entry(key) => lesser.add_hole(key, gone()),
        Loss::Rest => lesser.add_hole(&Key::new::<Arc<str>>([]), gone()),
        _ => {}
    }
    lesser.sort();
    FactValue::Map(Arc::new(lesser))
}
