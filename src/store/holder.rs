//! Who holds a lock.

use serde::{Deserialize, Serialize};

/// A process that holds a lock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Holder {
    /// For people: user and machine.
    pub who: String,
    pub process: u32,
    /// Where numbers of processes mean the same; empty where that is not known.
    seat: String,
    /// When the process was started, as its system counts.
    started: String,
}

impl Holder {
    /// This very process.
    pub fn this(who: &str) -> Self {
        let process = std::process::id();
        Self {
            who: who.to_owned(),
            process,
            seat: seat().unwrap_or_default(),
            started: started(process).unwrap_or_default(),
        }
    }

    /// Whether the process surely runs no more. One on another machine, or before this one was started anew, may run.
    pub fn is_gone(&self) -> bool {
        let here = seat().is_some_and(|seat| seat == self.seat);
        here && !self.started.is_empty() && started(self.process).as_ref() != Some(&self.started)
    }
}

/// This start of this machine, and the namespace in which its processes have their numbers.
#[cfg(target_os = "linux")]
fn seat() -> Option<String> {
    let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    let space = std::fs::read_link("/proc/self/ns/pid").ok()?;
    Some(format!("{} {}", boot.trim(), space.display()))
}

/// When a process was started; nothing when there is no such process, or it is dead and only not yet buried.
#[cfg(target_os = "linux")]
fn started(process: u32) -> Option<String> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // Its name is in parentheses and may hold anything; the state is the first word after it, the start the twentieth.
    let mut words = stat.rsplit_once(')')?.1.split_whitespace();
    let is_dead = matches!(words.next()?, "Z" | "X");
    words.nth(18).filter(|_| !is_dead).map(str::to_owned)
}

#[cfg(not(target_os = "linux"))]
fn seat() -> Option<String> {
    None
}

#[cfg(not(target_os = "linux"))]
fn started(_: u32) -> Option<String> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_os = "linux")]
    fn only_what_is_surely_gone_is_gone() {
        let mut child = std::process::Command::new("sleep").arg("60").spawn().unwrap();
        let holder = Holder {
            process: child.id(),
            started: started(child.id()).unwrap(),
            ..Holder::this("op@adm1")
        };
        assert!(!holder.is_gone());
        let elsewhere = Holder {
            seat: "another".to_owned(),
            ..holder.clone()
        };
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(holder.is_gone());
        assert!(!elsewhere.is_gone(), "nobody knows of another machine");
        let reused = Holder {
            started: "1".to_owned(),
            ..Holder::this("op@adm1")
        };
        assert!(reused.is_gone(), "its number is another process's now");
    }
}
