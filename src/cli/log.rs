//! What happens inside, for those who look for a cause: a log on stderr.

use std::io;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::FormatTime;

use super::clock;
use super::refusal::{Outcome, Refusal};

/// How the log is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum LogFormat {
    /// One line an event
    #[default]
    Text,
    /// One JSON object an event
    Json,
}

/// The levels that stand for themselves; anything else is a filter.
const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];

/// A crate that tells whole rows of databases, and with them the hashes of passwords: never, whatever is wished for.
const TELLS_ROWS: &str = "tiberius";

/// Starts the log; without a wish only warnings of our own are told.
pub(crate) fn start(wish: Option<&str>, format: LogFormat, colour: bool) -> Outcome<()> {
    let filter = filter(wish.unwrap_or("warn"))?;
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(colour)
        .with_timer(Utc);
    let started = match format {
        LogFormat::Text => builder.try_init(),
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
    };
    // A test of this process may have started it before.
    drop(started);
    Ok(())
}

/// A level alone means our own events: what other crates tell at that level may hold what servers said.
fn filter(wish: &str) -> Outcome<EnvFilter> {
    let directives = if LEVELS.contains(&wish.to_lowercase().as_str()) {
        format!("standin={wish}")
    } else {
        let others = wish.split(',').filter(|one| !one.trim().starts_with(TELLS_ROWS));
        others.collect::<Vec<_>>().join(",")
    };
    EnvFilter::try_new(format!("{directives},{TELLS_ROWS}=off")).map_err(|error| {
        Refusal::new(format!("`{wish}` is no filter for the log: {error}")).next(
            "write one of off, error, warn, info, debug, trace, or filters such as standin::transport=debug",
        )
    })
}

/// Times in UTC with milliseconds.
struct Utc;

impl FormatTime for Utc {
    fn format_time(&self, writer: &mut Writer<'_>) -> std::fmt::Result {
        write!(writer, "{:.3}", clock::now())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_databases_are_never_told() {
        for wish in [
            "trace",
            "info,tiberius=trace",
            "trace, tiberius::tds=trace,standin=debug",
        ] {
            let filter = filter(wish).unwrap().to_string();
            assert!(filter.contains("tiberius=off"), "{filter}");
            assert!(
                !filter.contains("tiberius=trace") && !filter.contains("tiberius::"),
                "{filter}"
            );
        }
        assert!(filter("a=b=c").is_err());
    }
}
