//! What answers is closed, or nothing goes on; what is silent while somebody else answers is passed by; and what is not known
//! is no silence.

use super::{Case, SOURCE, Stage, WITNESS, doing, failover};

/// Nobody takes the call of `sc` at the source.
const NOBODY: &str = r"1722 \\10.2.8.41 query";

/// What the script ends with, how many databases of the source it closes, whether it took the source for silent, and a line
/// of its log.
type Meant = (i32, usize, bool, &'static str);

fn alive() -> Vec<(Case, Meant)> {
    let denied = failover(r"5 \\10.2.8.41 query", "");
    let cases = [
        (failover("", SOURCE), (2, 2, "2 done")),
        (denied, (2, 2, "2 done")),
        (failover("1 osql.exe", SOURCE), (4, 1, "2 alive")),
        // A program that crashes ends with less than 0.
        (failover("3221225477 osql.exe", SOURCE), (4, 1, "2 alive")),
    ];
    let meant = |(case, (code, closed, says))| (case, (code, closed, false, says));
    cases.map(meant).into()
}

fn silent() -> Vec<(Case, Meant)> {
    let alone = Case {
        script: "alone",
        ..failover(NOBODY, "")
    };
    let denied = failover("1722 \\\\10.2.8.41 query\n5 dc1.corp.litware.example query", "");
    let cases = [
        (
            failover(NOBODY, WITNESS),
            "2 because it answers nothing, and dc1.corp.litware.example does",
        ),
        (failover(NOBODY, WITNESS), "3 because it was silent just before"),
        // Who refuses to answer is there, too.
        (
            denied,
            "2 because it answers nothing, and dc1.corp.litware.example does",
        ),
        (
            alone,
            "2 because it answers nothing; the pair has nobody else who could be asked",
        ),
    ];
    cases.map(|(case, says)| (case, (2, 0, true, says))).into()
}

fn unknown() -> Vec<(Case, Meant)> {
    let unfound = failover("1722 \\\\10.2.8.41 query\n1 ping.exe -n 2 -w 2000 dc1", "");
    let cases = [
        (
            failover("1722 query", ""),
            "2 because it answers nothing, and neither does dc1.corp.litware.example",
        ),
        (
            failover("1723 query", WITNESS),
            "2 because sc.exe ended with 1723 for 10.2.8.41",
        ),
        (
            failover("3221225477 sc.exe", WITNESS),
            "2 because sc.exe ended with -1073741819 for 10.2.8.41",
        ),
        (
            failover("1 ping.exe", ""),
            "2 because ping.exe could not ask 10.2.8.41",
        ),
        (unfound, "2 unknown"),
    ];
    let passed = Case {
        arguments: "resume passed 2",
        ..failover("1722 query", "")
    };
    let refused = cases.map(|(case, says)| (case, (4, 0, false, says)));
    // Unless a person has seen to it, for every database of that server.
    refused
        .into_iter()
        .chain([(passed, (2, 0, false, "3 done"))])
        .collect()
}

pub(super) fn assert_told_apart(stage: &Stage) {
    let all = [alive(), silent(), unknown()].into_iter().flatten();
    let (cases, meant): (Vec<Case>, Vec<Meant>) = all.unzip();
    stage.prove(&cases, &meant, |place, ended| {
        let has = |what: &str| ended.log.iter().any(|line| line.contains(&format!(" {what}")));
        let (.., says) = meant[place];
        let said = if has(says) { says } else { "nothing of it" };
        (ended.code, doing(&ended.calls).len(), has("2 silent "), said)
    });
}
