use super::*;
use crate::diagnostic::{SourceMap, human};

#[test]
fn the_shipped_packs_load() {
    let mut sources = SourceMap::new();
    let loaded = load(&embedded_packs(), &mut sources);
    assert!(
        loaded.catalogue.is_some(),
        "{}",
        human(&loaded.diagnostics, &sources, false)
    );
}
