//! A place in the facts, as a mutation names it: `source.exchange.stores[Group/Store].edb`.

use std::sync::Arc;

use serde_json::Value;
use standin::facts::{FactPath, FactSchema, FactType, Fields, Key, Root};

/// A fact, a record in it, a field of that.
#[derive(Clone, Debug)]
pub(crate) struct Spot {
    pub(crate) fact: FactPath,
    pub(crate) key: Option<Key>,
    pub(crate) field: Option<Arc<str>>,
}

impl Spot {
    pub(crate) fn of(fact: FactPath) -> Self {
        Self {
            fact,
            key: None,
            field: None,
        }
    }

    /// Reads a place; its fact and field have to be declared.
    pub(crate) fn parse(text: &str, schema: &FactSchema) -> Result<Self, String> {
        if let Some((fact, rest)) = text.split_once('[') {
            let fact: FactPath = fact
                .parse()
                .map_err(|()| format!("`{fact}` is no name of a fact"))?;
            let (key, field) = rest
                .rsplit_once(']')
                .ok_or("the key does not end: `]` is missing")?;
            let spot = Self {
                fact,
                key: Some(key_of(key)),
                field: field.strip_prefix('.').map(Arc::from),
            };
            return spot.checked(schema);
        }
        let fact: FactPath = text
            .parse()
            .map_err(|()| format!("`{text}` is no name of a fact"))?;
        if schema.type_at(&fact).is_some() {
            return Ok(Self::of(fact));
        }
        let (name, field) = fact.name.rsplit_once('.').unwrap_or_default();
        let spot = Self {
            field: Some(field.into()),
            ..Self::of(FactPath::new(fact.root, name))
        };
        spot.checked(schema)
    }

    fn checked(self, schema: &FactSchema) -> Result<Self, String> {
        self.type_in(schema)?;
        Ok(self)
    }

    /// The type of what stands here.
    pub(crate) fn type_in(&self, schema: &FactSchema) -> Result<FactType, String> {
        let ty = schema.type_at(&self.fact);
        let ty = ty.ok_or_else(|| format!("there is no fact `{}`", self.fact))?;
        let fields: &Arc<Fields> = match (ty, &self.key, &self.field) {
            (ty, None, None) => return Ok(ty.clone()),
            (FactType::Map(fields), Some(_), None) => return Ok(FactType::Record(fields.clone())),
            (FactType::Map(fields), Some(_), Some(_)) | (FactType::Record(fields), None, Some(_)) => fields,
            (ty, ..) => return Err(format!("`{}` is a {ty}, which has no such part", self.fact)),
        };
        let name = self.field.as_deref().unwrap_or_default();
        let known = || fields.keys().map(AsRef::as_ref).collect::<Vec<_>>().join(", ");
        let ty = fields.get(name);
        ty.cloned()
            .ok_or_else(|| format!("`{}` has no field `{name}`; it has {}", self.fact, known()))
    }

    /// Whether this and the evidence of a finding speak of the same, or one is a part of the other.
    pub(crate) fn meets(&self, evidence: &Value) -> bool {
        let key = evidence["key"].as_array().map(|parts| {
            let parts = parts.iter().map(|part| part.as_str().unwrap());
            Key::new(parts).folded()
        });
        let field = evidence["field"].as_str();
        let same_key = match (&self.key, &key) {
            (Some(own), Some(other)) => own.folded() == *other,
            _ => true,
        };
        let same_field = match (&self.field, field) {
            (Some(own), Some(other)) => own.as_ref() == other,
            _ => true,
        };
        evidence["fact"] == self.fact.to_string() && same_key && same_field
    }

    /// Whether this is something that the pair file says.
    pub(crate) fn is_said(&self) -> bool {
        matches!(self.fact.root, Root::Setting | Root::Param)
    }
}

/// The parts of a key, between slashes; `\/` is a slash in a part.
fn key_of(text: &str) -> Key {
    let mut parts = vec![String::new()];
    let mut characters = text.chars();
    while let Some(c) = characters.next() {
        match c {
            '\\' if characters.clone().next() == Some('/') => {
                parts.last_mut().unwrap().extend(characters.next());
            }
            '/' => parts.push(String::new()),
            c => parts.last_mut().unwrap().push(c),
        }
    }
    Key::new(parts)
}

#[test]
fn keys_have_parts() {
    let parts = |text: &str| key_of(text).parts().join("|");
    assert_eq!(parts("Group/Store ($)"), "Group|Store ($)");
    assert_eq!(parts(r"a\/b/c\d"), r"a/b|c\d");
}
