//! Exit codes, the same for every command.

use std::process::ExitCode;

use crate::evaluate::Summary;

/// What a run came to, as scripts see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum ExitStatus {
    /// Nothing at or above `--fail-on`, and nothing unknown.
    Good = 0,
    /// Findings at or above `--fail-on`; `rules`, `history verify` or `doctor` found something.
    Findings = 1,
    /// Could not run: usage, files, packs.
    CouldNotRun = 2,
    /// Nothing at or above `--fail-on`, but something could not be told.
    Unknown = 3,
    /// A run that changes servers failed, and what it had done is taken back.
    TakenBack = 4,
    /// A run that changes servers failed, and a person has to look.
    NeedsPerson = 5,
    /// Stopped by Ctrl-C.
    Interrupted = 130,
}

impl ExitStatus {
    /// The table that `--help` and the manual page show.
    pub(crate) const TABLE: &'static str = "\
Exit codes:
  0    nothing at or above --fail-on (default: error), and nothing unknown
  1    findings at or above it; or `rules`, `history verify` or `doctor` found something
  2    could not run: wrong usage, files or packs
  3    nothing at or above it, but something could not be told
  130  interrupted";

    /// What findings come to under this threshold.
    pub(crate) fn of(summary: &Summary, fail_on: FailOn) -> Self {
        Self::of_counts(summary.errors, summary.warnings, summary.unknown, fail_on)
    }

    /// What so many errors, warnings and causes of unknowns come to.
    pub(crate) fn of_counts(errors: usize, warnings: usize, unknown: usize, fail_on: FailOn) -> Self {
        let failing = match fail_on {
            FailOn::Error => errors,
            FailOn::Warning => errors + warnings,
            FailOn::Never => 0,
        };
        if failing > 0 {
            Self::Findings
        } else if unknown > 0 {
            Self::Unknown
        } else {
            Self::Good
        }
    }
}

impl ExitStatus {
    /// What two pairs come to together.
    pub(crate) fn or_worse(self, other: Self) -> Self {
        let order = [
            Self::Interrupted,
            Self::NeedsPerson,
            Self::TakenBack,
            Self::CouldNotRun,
            Self::Findings,
            Self::Unknown,
        ];
        let worst = order.into_iter().find(|status| [self, other].contains(status));
        worst.unwrap_or(Self::Good)
    }
}

impl From<ExitStatus> for ExitCode {
    fn from(status: ExitStatus) -> Self {
        Self::from(status as u8)
    }
}

/// From which severity on findings fail a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum FailOn {
    /// Errors give exit code 1
    #[default]
    Error,
    /// Warnings and errors give exit code 1
    Warning,
    /// No finding gives exit code 1; something unknown still gives 3
    Never,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn findings_come_before_what_is_unknown() {
        let rows = [
            (0, 0, 0, [0, 0, 0]),
            (0, 0, 2, [3, 3, 3]),
            (0, 1, 0, [0, 1, 0]),
            (0, 1, 1, [3, 1, 3]),
            (1, 0, 0, [1, 1, 0]),
            (1, 1, 1, [1, 1, 3]),
        ];
        for (errors, warnings, unknown, expected) in rows {
            let summary = Summary {
                warnings,
                errors,
                unknown,
                ..Summary::default()
            };
            let codes = [FailOn::Error, FailOn::Warning, FailOn::Never]
                .map(|fail_on| ExitStatus::of(&summary, fail_on) as u8);
            assert_eq!(codes, expected, "{errors} {warnings} {unknown}");
        }
    }
}
