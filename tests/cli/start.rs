//! How a new pair begins: a draft of its file, and a doctor who looks at it.

use crate::run::standin;

#[test]
fn a_draft_is_written_once_and_can_be_opened() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("new");
    let out = out.to_str().unwrap();
    let first = standin([
        "init",
        "--out",
        out,
        "--packs",
        "exchange",
        "--source",
        "a1",
        "--target",
        "b1.corp.example",
    ]);
    insta::assert_snapshot!("init", first.told(folder.path()));
    let file = std::fs::read_to_string(format!("{out}/pair.yaml")).unwrap();
    insta::assert_snapshot!("init-head", file.split("settings:").next().unwrap());
    let again = standin(["init", "--out", out]);
    assert_eq!(again.code, Some(2));
    assert_eq!(std::fs::read_to_string(format!("{out}/pair.yaml")).unwrap(), file);
    let explained = standin(["explain", "C-69", out]);
    assert!(explained.err.contains("no whole check of"), "{}", explained.err);
}

#[test]
fn the_doctor_finds_what_stands_in_the_way() {
    let folder = tempfile::tempdir().unwrap();
    let pair = "pair: a-b\npacks: [common]\nsource: { name: a.invalid, address: 192.0.2.1 }\n"
        .replace("a.invalid", "A")
        + "target: { name: B, address: 192.0.2.2 }\nendpoints:\n  directory:\n    \
           ldap: { server: 127.0.0.1, port: 1, security: plain }\n    \
           credential: { user: u, password: { env: STANDIN_NO_SUCH } }\n";
    std::fs::write(folder.path().join("pair.yaml"), pair).unwrap();
    let path = folder.path().to_str().unwrap();
    let run = standin(["doctor", path, "--format", "json"]);
    assert_eq!(run.code, Some(1), "{}{}", run.out, run.err);
    let told = run.json();
    let looks = told["looks"].as_array().unwrap();
    let of = |about: &str| {
        looks
            .iter()
            .filter(|look| look["about"] == about)
            .collect::<Vec<_>>()
    };
    let directory = of("directory");
    assert_eq!((directory.len(), &directory[0]["what"]), (1, &"port".into()));
    assert_eq!(directory[0]["status"], "error");
    assert!(directory[0]["next_step"].is_string());
    assert!(!of("this machine").is_empty());
    let human = standin(["doctor", path]);
    assert!(
        human.out.contains("A check cannot read everything yet"),
        "{}",
        human.out
    );
}
