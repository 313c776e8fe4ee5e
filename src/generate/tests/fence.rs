//! What scripts take for silence, and for success.

use super::*;

/// The texts between the brackets of a list of the frame of PowerShell.
fn list(script: &str, name: &str) -> Vec<String> {
    let (_, list) = script.split_once(&format!("\n{name} = @(")).unwrap();
    let (list, _) = list.split_once(')').unwrap();
    list.split(", ")
        .map(|text| text.trim_matches('\'').to_owned())
        .collect()
}

/// Only these answers tell anything of the other side; every other one is not known.
#[test]
fn powershell_takes_no_error_for_silence() {
    with(&["Job A"], |_, written, _| {
        let script = text(written, Language::PowerShell);
        for (name, meant) in [
            ("$PingAlive", &["Success"][..]),
            ("$PingSilent", &["TimedOut", "DestinationHostUnreachable"]),
            ("$PortAlive", &["ConnectionRefused", "ConnectionReset"]),
            ("$PortSilent", &["TimedOut", "HostUnreachable", "HostDown"]),
        ] {
            assert_eq!(list(script, name), meant, "{name}");
            // Each list is asked once, and whatever is in none falls through to what is not known.
            let asked = format!("if ({name} -contains ");
            assert_eq!(script.matches(&asked).count(), 1, "{name}");
        }
        assert_eq!(list(script, "$Witnesses"), ["dc1.example"]);
        assert_eq!(script.matches("Write-Line 'silent'").count(), 1);
        let silent = script.lines().find(|line| line.contains("Write-Line 'silent'"));
        let silent = silent.unwrap().trim();
        // Nothing else makes one, and it is not kept as done.
        assert!(
            silent.starts_with("if ($silence) {") && silent.ends_with("; return }"),
            "{silent}"
        );
    });
}

/// What the programs of cmd cannot see is seen by a person; PowerShell sees it.
#[test]
fn cmd_judges_no_silence_at_an_address_of_version_6() {
    let mut sites = sites();
    sites.source.addresses.push("2001:db8::1".parse().unwrap());
    sites.witnesses.clear();
    with_sites(&catalogue(), &sites, &["Job A"], |_, written, _| {
        let script = text(written, Language::Cmd);
        let step = &script[script.find(":step_1\r").unwrap()..script.find(":step_2\r").unwrap()];
        assert!(
            step.contains("cmd cannot see whether ONE is silent here"),
            "{step}"
        );
        assert!(!step.contains(":is_silent"), "{step}");
        assert!(script.contains("\r\nset WITNESSES=\r\n"));
        let script = text(written, Language::PowerShell);
        assert!(
            script.contains("'ONE' = @('192.0.2.1', '2001:db8::1')"),
            "{script}"
        );
        assert!(script.contains("\r\n$Witnesses = @()\r\n"));
    });
}

/// A program that crashes ends with less than 0, which `if errorlevel 1` passes by.
#[test]
fn what_programs_end_with_is_compared_with_0() {
    with(&["Job A"], |_, written, _| {
        let script = text(written, Language::Cmd);
        let mut before = "";
        for line in script.lines() {
            let own = before.starts_with("call :") || before.starts_with("if errorlevel 2 ");
            assert!(!line.contains("errorlevel 1") || own, "{before}\n{line}");
            before = line;
        }
    });
}

/// A name that is expanded once more on either side of a pipe would be another one.
#[test]
fn cmd_pipes_nothing() {
    with(&["Job A"], |_, written, _| {
        let script = text(written, Language::Cmd);
        assert!(!script.lines().any(|line| line.contains('|')), "{script}");
    });
}
