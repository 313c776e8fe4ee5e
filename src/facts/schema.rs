//! Which facts there are, and of what type.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{FactPath, FactType, Root, Side};

/// The declared names of every root; server facts are declared once for both sides.
#[derive(Clone, Debug)]
pub struct FactSchema {
    server: BTreeMap<Arc<str>, FactType>,
    pair: BTreeMap<Arc<str>, FactType>,
    setting: BTreeMap<Arc<str>, FactType>,
    param: BTreeMap<Arc<str>, FactType>,
}

impl Default for FactSchema {
    /// A schema with what every server has: `name`, `address`, `domain` (or nothing) and `side`.
    fn default() -> Self {
        let sides = FactType::OneOf(Side::BOTH.map(|side| Arc::from(side.word())).into());
        let server = [
            ("name".into(), FactType::Text),
            ("address".into(), FactType::Ip),
            ("domain".into(), FactType::Text),
            ("side".into(), sides),
        ]
        .into();
        Self {
            server,
            pair: BTreeMap::new(),
            setting: BTreeMap::new(),
            param: BTreeMap::new(),
        }
    }
}

impl FactSchema {
    fn root(&self, root: Root) -> &BTreeMap<Arc<str>, FactType> {
        match root {
            Root::Source | Root::Target => &self.server,
            Root::Pair => &self.pair,
            Root::Setting => &self.setting,
            Root::Param => &self.param,
        }
    }

    /// Declares a name; `Source` and `Target` both mean "of a server".
    pub fn declare(&mut self, root: Root, name: impl Into<Arc<str>>, ty: FactType) {
        let names = match root {
            Root::Source | Root::Target => &mut self.server,
            Root::Pair => &mut self.pair,
            Root::Setting => &mut self.setting,
            Root::Param => &mut self.param,
        };
        names.insert(name.into(), ty);
    }

    pub fn type_of(&self, root: Root, name: &str) -> Option<&FactType> {
        self.root(root).get(name)
    }

    /// The type of a full path.
    pub fn type_at(&self, path: &FactPath) -> Option<&FactType> {
        self.type_of(path.root, &path.name)
    }

    /// Whether some declared name starts with `prefix` and a dot.
    pub fn has_prefix(&self, root: Root, prefix: &str) -> bool {
        let from = format!("{prefix}.");
        self.root(root)
            .range(Arc::from(from.as_str())..)
            .next()
            .is_some_and(|(name, _)| name.starts_with(&from))
    }

    /// The declared names under a root, sorted.
    pub fn names(&self, root: Root) -> impl Iterator<Item = &Arc<str>> {
        self.root(root).keys()
    }
}
