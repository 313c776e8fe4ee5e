//! Runs the program in an environment that says nothing.

use std::ffi::OsStr;
use std::path::Path;
use std::process::Command;

/// What a run came to.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// The program, with none of the variables that change what it says.
pub(crate) fn program(state: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_standin"));
    command.env_clear();
    for kept in ["PATH", "SystemRoot", "LLVM_PROFILE_FILE"] {
        if let Some(value) = std::env::var_os(kept) {
            command.env(kept, value);
        }
    }
    command
        .env("COLUMNS", "100")
        .env("STANDIN_STATE", state)
        .current_dir(env!("CARGO_MANIFEST_DIR"));
    command
}

/// Runs the program with these arguments and a state folder of its own.
pub(crate) fn standin<S: AsRef<OsStr>>(arguments: impl IntoIterator<Item = S>) -> Run {
    let state = tempfile::tempdir().unwrap();
    ended(program(state.path()).args(arguments))
}

/// Runs a command to its end.
pub(crate) fn ended(command: &mut Command) -> Run {
    let output = command.output().unwrap();
    Run {
        code: output.status.code(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

impl Run {
    /// Code, answer and talk in one text, with the names of temporary folders taken out.
    pub(crate) fn told(&self, folder: &Path) -> String {
        let code = self.code.map_or("none".to_owned(), |code| code.to_string());
        let text = format!("code: {code}\n--- stdout\n{}--- stderr\n{}", self.out, self.err);
        text.replace(&folder.display().to_string(), "[DIR]")
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.out).unwrap()
    }
}

/// Writes files below a folder.
pub(crate) fn put(folder: &Path, files: &[(&str, &str)]) {
    for (name, text) in files {
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
}
