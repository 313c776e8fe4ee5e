//! A redacted snapshot names nobody and is judged as the whole one is.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::path::Path;

use standin::diagnostic::SourceMap;
use standin::evaluate::Selection;
use standin::pipeline;

fn verdicts_are_kept(folder: &str) {
    let folder = Path::new("fixtures").join(folder);
    let mut sources = SourceMap::new();
    let opened = pipeline::open(
        &folder,
        &[],
        "2026-01-01T00:00:00Z".parse().unwrap(),
        &mut sources,
    )
    .unwrap();
    let whole = pipeline::recorded(&folder.join("snapshot.json"), &opened.catalogue).unwrap();
    let redacted = pipeline::redacted(&whole, &[]);
    let text = redacted.to_json().to_lowercase();
    for name in ["fabrikam", "mail1", "mail2", "seattle", "10.1.4."] {
        assert!(!text.contains(name), "{name} is still there");
    }
    let statuses = |snapshot| {
        let answer = pipeline::judge(&opened, snapshot, &Selection::default(), whole.taken_at).unwrap();
        let mut counts: Vec<String> = answer
            .judged
            .findings
            .iter()
            .map(|f| format!("{} {}", f.rule, f.status))
            .collect();
        counts.sort();
        counts
    };
    let own_settings = ["dns", "identity", "chosen", "smtp-address"];
    let compared = |list: Vec<String>| -> Vec<String> {
        list.into_iter()
            .filter(|line| !own_settings.iter().any(|word| line.contains(word)))
            .collect()
    };
    // What compares facts with names of the pair file needs a redacted pair file too.
    assert_eq!(compared(statuses(&redacted)), compared(statuses(&whole)));
    assert_eq!(pipeline::redacted(&whole, &[]).to_json(), redacted.to_json());
}

#[test]
fn the_healthy_pair() {
    verdicts_are_kept("exchange-healthy");
}

#[test]
fn the_broken_pair() {
    verdicts_are_kept("exchange-broken");
}
