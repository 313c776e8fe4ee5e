//! Runs the program and looks at what it used.
//!
//! Memory is the peak of the process. Time is processor time, which a busy machine hardly changes, and is compared
//! with that of a fixed piece of harmless work in the same build on the same machine: an unoptimised build and a
//! slow machine take longer for both.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

use wait4::Wait4 as _;

/// Address space of the program in KiB, so that a broken one does not take the machine with it.
const MOST: u64 = 2 * 1024 * 1024;
/// What hostile input may take on top of what harmless input takes.
const MORE_MEMORY: u64 = 64 << 20;
/// So many times the harmless work hostile input may take. That work is 50 ms where 0.5 s is promised for hostile
/// input, and the worst took 0.34 s there; it may take twice the promise here, for a machine that is not always as fast.
const TIMES: u32 = 20;
/// The rules of the harmless work.
const RULES: usize = 2_000;

/// What a run came to.
pub(crate) struct Run {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
    used: Used,
}

#[derive(Clone, Copy, Debug)]
struct Used {
    time: Duration,
    memory: u64,
}

/// Runs the program on hostile input: it must not panic, be killed, hang, take much, or talk much.
pub(crate) fn hostile(what: &str, arguments: &[&str]) -> Run {
    let run = run(arguments);
    assert!(
        !run.err.contains("panicked") && !run.err.contains("memory allocation"),
        "{what}: {}",
        run.err
    );
    assert!(
        run.code.is_some_and(|code| code < 100),
        "{what}: {:?}: {}",
        run.code,
        run.err
    );
    assert!(
        run.err.len() < 200_000,
        "{what}: the error itself is too long: {}",
        run.err.len()
    );
    let harmless = harmless();
    let most = harmless.time * TIMES;
    assert!(
        run.used.time <= most,
        "{what}: {:?}, harmless {harmless:?}",
        run.used
    );
    let most = harmless.memory + MORE_MEMORY;
    assert!(
        run.used.memory <= most,
        "{what}: {:?}, harmless {harmless:?}",
        run.used
    );
    run
}

fn run(arguments: &[&str]) -> Run {
    let script = format!("ulimit -v {MOST}; exec timeout 300 \"$0\" \"$@\"");
    let mut child = Command::new("bash")
        .args(["-c", &script, env!("CARGO_BIN_EXE_standin")])
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let err = child.stderr.take().unwrap();
    let err = std::thread::spawn(move || text(err));
    let out = text(child.stdout.take().unwrap());
    let ended = child.wait4().unwrap();
    Run {
        code: ended.status.code(),
        out,
        err: err.join().unwrap(),
        used: Used {
            time: ended.rusage.utime + ended.rusage.stime,
            memory: ended.rusage.maxrss,
        },
    }
}

fn text(mut pipe: impl std::io::Read) -> String {
    let mut bytes = Vec::new();
    pipe.read_to_end(&mut bytes).unwrap();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// What the harmless work takes: the time of loading many rules, the memory of loading few.
fn harmless() -> Used {
    static HARMLESS: OnceLock<Used> = OnceLock::new();
    *HARMLESS.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let load = |rules: usize| {
            let pack = folder.path().join(format!("plain{rules}"));
            plain(&pack, rules);
            let run = run(&["rules", "list", pack.to_str().unwrap(), "--only", "plain/none"]);
            // The word names no rule: what is loaded is not listed.
            assert_eq!(run.code, Some(2), "{}", run.err);
            assert!(run.err.contains("names no rule"), "{}", run.err);
            run.used
        };
        let few = load(1);
        // The peak of a child is at least what its parent had: this process must stay small.
        let own = own_memory();
        assert!(
            own < few.memory,
            "this test is too large to measure: {own}, {few:?}"
        );
        let many = (0..3).map(|_| load(RULES).time).max().unwrap();
        Used {
            time: many,
            memory: few.memory,
        }
    })
}

/// A pack that needs no other.
fn plain(folder: &Path, rules: usize) {
    let rule = |number: usize| {
        format!(
            "  - id: {{}}/rule-{number}\n    title: Rule {number}\n    section: Plain\n    severity: warning\n    \
             expect: target.name != source.name && {number} + 1 > {number}\n    \
             message: \"{{{{ target.name }}}} is {{{{ source.name }}}}\"\n    why: It is.\n    remedy: Rename it.\n"
        )
    };
    let name = folder.file_name().unwrap().to_str().unwrap();
    let rules: String = (0..rules)
        .map(|number| rule(number).replace("{}", name))
        .collect();
    pack_at(folder, &[("rules/r.yaml", &format!("rules:\n{rules}"))], "");
}

/// The most memory that this process had at a time; nothing where it cannot be asked.
fn own_memory() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = peak.and_then(|rest| rest.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok());
    kilobytes.unwrap_or_default() * 1024
}

/// Writes a pack with these files; its name is that of the folder.
pub(crate) fn pack_at(folder: &Path, files: &[(&str, &str)], requires: &str) {
    let name = folder.file_name().unwrap().to_str().unwrap();
    let manifest =
        format!("{{ name: {name}, version: '1', about: x, owns: [{name}], requires: [{requires}] }}\n");
    for (path, text) in files.iter().copied().chain([("pack.yaml", manifest.as_str())]) {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}
