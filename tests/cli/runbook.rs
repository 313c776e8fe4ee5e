//! `standin runbook`: lists, shows, draws, and says what it does not know.

use std::fs;

use crate::run::standin;

#[test]
fn the_runbook_for_programs_keeps_its_schema() {
    let schema = standin::report::runbook_schema();
    let file = "src/report/runbook.schema.json";
    if std::env::var_os("STANDIN_UPDATE").is_some_and(|value| value == "1") {
        fs::write(file, format!("{schema}\n")).unwrap();
    }
    assert_eq!(fs::read_to_string(file).unwrap().trim_end(), schema.trim_end());
    let validator = jsonschema::draft202012::new(&serde_json::from_str(&schema).unwrap()).unwrap();
    for pair in ["exchange-healthy", "exchange-half-dead", "sql-database-mode"] {
        let pair = format!("fixtures/{pair}");
        let shown = standin(["runbook", "show", "failover", &pair, "--format", "json"]);
        let answer: serde_json::Value = serde_json::from_str(&shown.out).unwrap();
        assert!(
            validator.is_valid(&answer),
            "{pair}: {:?}",
            validator.iter_errors(&answer).next()
        );
    }
}

#[test]
fn a_runbook_is_drawn_and_written_for_paper() {
    let show = |format: &str| {
        standin([
            "runbook",
            "show",
            "failover",
            "fixtures/sql-healthy",
            "--format",
            format,
        ])
    };
    assert!(show("dot").out.starts_with("digraph runbook {\n"));
    assert!(show("mermaid").out.starts_with("flowchart LR\n"));
    let paper = show("markdown").out;
    assert!(paper.starts_with("# The target takes over\n"), "{paper}");
    assert!(
        paper.contains("- [ ] ") && paper.contains("**No way back behind step"),
        "{paper}"
    );
    let plan = standin(["plan", "fixtures/sql-healthy", "--format", "markdown"]);
    assert_eq!(plan.code, Some(2), "{}", plan.err);
}

#[test]
fn what_is_not_known_is_told_and_a_wrong_name_is_refused() {
    let half = standin(["runbook", "show", "failover", "fixtures/exchange-half-dead"]);
    assert_eq!(half.code, Some(3), "{}", half.err);
    assert!(
        half.out.contains("Not known, so that something is missing above"),
        "{}",
        half.out
    );
    let wrong = standin(["runbook", "show", "failovre", "fixtures/sql-healthy"]);
    assert_eq!(wrong.code, Some(2));
    assert!(wrong.err.contains("did you mean `failover`?"), "{}", wrong.err);
    let list = standin(["runbook", "list"]);
    assert!(
        list.out.contains("failover") && list.out.contains("verify-target"),
        "{}",
        list.out
    );
}
