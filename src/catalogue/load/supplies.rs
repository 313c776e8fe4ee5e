//! Fixes that packs declare, and what other packs say of how they are done.

use std::collections::BTreeSet;

use super::Parsed;
use crate::catalogue::{Catalogue, Pack, supply};
use crate::diagnostic::Diagnostics;
use crate::yaml::Node;

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
        let supplies = parsed.fixes.iter().filter(|node| supply::is_supply(node));
        said.extend(supplies.map(|node| (pack, node)));
    }
    said.retain(|(_, node)| {
        let id = node.get("fix").and_then(Node::text);
        id.is_none_or(|id| !wrong.contains(id))
    });
    supply::join(catalogue, &said, sink);
}

/// The fixes that packs declare and that are wrong themselves.
pub(super) fn wrong_fixes<'n>(catalogue: &Catalogue, parsed: &'n [Parsed]) -> BTreeSet<&'n str> {
    let fixes = parsed.iter().flat_map(|parsed| &parsed.fixes);
    let declared = fixes.filter(|node| !supply::is_supply(node));
    let ids = declared.filter_map(|node| node.get("fix")?.text());
    ids.filter(|id| !catalogue.fixes.contains_key(*id)).collect()
}
