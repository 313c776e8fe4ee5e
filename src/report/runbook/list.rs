//! Which runbooks there are.

use serde_json::json;

use crate::catalogue::Catalogue;
use crate::report::look::{Look, Style};
use crate::report::page::Page;
use crate::report::pretty::pretty;

/// Every runbook with what it is for.
pub fn runbooks_table(catalogue: &Catalogue, look: Look) -> String {
    let mut page = Page::new(look);
    for runbook in catalogue.runbooks.values() {
        page.gap();
        let line = page
            .line(0)
            .add(Style::Strong, &runbook.name)
            .plain(format!("  {} (pack {})", runbook.title, runbook.pack));
        page.put(&line);
        let head = page.line(2);
        page.wrap(head, 2, Style::Plain, &runbook.about);
        if let Some(script) = &runbook.script {
            let also: Vec<&str> = script.also.iter().map(AsRef::as_ref).collect();
            let also = if also.is_empty() {
                String::new()
            } else {
                format!(" (also {})", also.join(", "))
            };
            let line = page
                .line(2)
                .faint(format!("script {}{also}, runs on the {}", script.name, script.on));
            page.put(&line);
        }
    }
    page.finish()
}

/// The same for programs.
pub fn runbooks_json(catalogue: &Catalogue) -> String {
    let runbooks = catalogue.runbooks.values().map(|runbook| {
        let steps: Vec<_> = catalogue
            .steps_of(&runbook.name)
            .map(|step| json!({ "step": &**step.id(), "pack": &*step.doing.pack, "about": step.doing.about }))
            .collect();
        json!({
            "runbook": &*runbook.name,
            "pack": &*runbook.pack,
            "title": runbook.title,
            "about": runbook.about,
            "script": runbook.script.as_ref().map(|script| json!({
                "name": &*script.name,
                "also": script.also.iter().map(|name| &**name).collect::<Vec<_>>(),
                "on": script.on.word(),
            })),
            "steps": steps,
        })
    });
    pretty(&json!({ "runbooks": runbooks.collect::<Vec<_>>() }))
}
