//! The rows of the guide's catalogue of messages, as figures.

/// One row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    /// `C-01`.
    pub(crate) name: &'static str,
    pub(crate) application: &'static str,
    pub(crate) severity: &'static str,
    /// Whether the guide's tool could mend it: `yes`, `no` or `varies`.
    pub(crate) fix: &'static str,
}

/// All rows, in their order.
pub(crate) fn rows() -> Vec<Row> {
    let mut lines = include_str!("guide.csv").lines();
    assert_eq!(lines.next(), Some("row,application,severity,fix"));
    lines
        .map(|line| {
            let cells: Vec<&'static str> = line.split(',').collect();
            let [name, application, severity, fix] = cells.try_into().unwrap();
            Row {
                name,
                application,
                severity,
                fix,
            }
        })
        .collect()
}

/// The rows that a cell such as `C-01..C-03, D-04` names.
fn named(cell: &str) -> Vec<String> {
    let mut all = Vec::new();
    for part in cell.split(',').map(str::trim) {
        let (first, last) = part.split_once("..").unwrap_or((part, part));
        let number = |row: &str| row[2..].parse::<usize>().unwrap();
        assert_eq!(first[..2], last[..2], "{cell}");
        all.extend((number(first)..=number(last)).map(|number| format!("{}{number:02}", &first[..2])));
    }
    all
}

#[test]
fn what_the_rows_mean_today_is_told_of_each_once() {
    let page = std::fs::read_to_string("rules/THEN-AND-NOW.md").unwrap();
    let lines = page
        .lines()
        .filter(|line| line.starts_with("| C-") || line.starts_with("| D-"));
    let mut told: Vec<String> = Vec::new();
    for line in lines {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [rows, then, now, word] = cells.try_into().expect("four cells");
        assert!(!then.is_empty() && !now.is_empty(), "{line}");
        assert!(
            ["same", "wider", "other means", "old only"].contains(&word),
            "{line}"
        );
        told.extend(named(rows));
    }
    told.sort();
    assert!(told.iter().eq(rows().iter().map(|row| row.name)), "{told:?}");
}

#[test]
fn the_rows_are_all_there() {
    let rows = rows();
    let c = (1..=83).map(|n| format!("C-{n:02}"));
    let d = (1..=89).map(|n| format!("D-{n:02}"));
    assert!(rows.iter().map(|row| row.name).eq(c.chain(d)));
    let count = |application: &str, severity: &str, fix: &str| {
        let cell = (application, severity, fix);
        let mut rows = rows.iter();
        rows.by_ref()
            .filter(|row| (row.application, row.severity, row.fix) == cell)
            .count()
    };
    let exchange = [
        ("error", "yes", 32),
        ("error", "no", 24),
        ("warning", "no", 19),
        ("warning", "yes", 8),
    ];
    let sql = [
        ("error", "yes", 21),
        ("error", "no", 20),
        ("error", "varies", 1),
        ("warning", "no", 27),
        ("warning", "yes", 20),
    ];
    for (severity, fix, wanted) in exchange {
        assert_eq!(
            count("exchange", severity, fix),
            wanted,
            "exchange {severity} {fix}"
        );
    }
    for (severity, fix, wanted) in sql {
        assert_eq!(count("sql", severity, fix), wanted, "sql {severity} {fix}");
    }
}
