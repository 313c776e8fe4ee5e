//! Fixes that packs declare, and what other packs say of how they are done.

use std::collections::BTreeSet;

use super::Parsed;
use crate::catalogue::{Catalogue, Pack, supply};
use crate::diagnostic::Diagnostics;
use crate::yaml::Node;

impl Parsed {
    /// The fixes that the pack declares.
    pub(super) fn declared_fixes(&self) -> impl Iterator<Item = &Node> {
        self.fixes.iter().filter(|node| !self.is_supply(node))
    }

    /// What it says of fixes that others declare.
    fn supplies(&self) -> impl Iterator<Item = &Node> {
        self.fixes.iter().filter(|node| self.is_supply(node))
    }

    fn is_supply(&self, node: &Node) -> bool {
        supply::is_supply(node, &self.folder)
    }
}

/// How fixes are done that packs leave to others; of one that is wrong itself nothing more is told.
pub(super) fn join(
    catalogue: &mut Catalogue,
    parsed: &[Parsed],
    packs: &[Option<Pack>],
    sink: &mut Diagnostics,
) {
    let wrong = wrong_fixes(catalogue, parsed);
    let mut said: Vec<(&Pack, &Node)> = Vec::new();
    for (parsed, pack) in parsed.iter().zip(packs) {
        let Some(pack) = pack else { continue };
        said.extend(parsed.supplies().map(|node| (pack, node)));
    }
    said.retain(|(_, node)| {
        let id = node.get("fix").and_then(Node::text);
        id.is_none_or(|id| !wrong.contains(id))
    });
    supply::join(catalogue, &said, sink);
}

/// The fixes that packs declare and that are wrong themselves.
pub(super) fn wrong_fixes<'n>(catalogue: &Catalogue, parsed: &'n [Parsed]) -> BTreeSet<&'n str> {
    let declared = parsed.iter().flat_map(Parsed::declared_fixes);
    let ids = declared.filter_map(|node| node.get("fix")?.text());
    ids.filter(|id| !catalogue.fixes.contains_key(*id)).collect()
}
