//! Looks for servers as the packs say: for `discover` and for the first draft of a pair file.

use std::collections::BTreeSet;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::catalogue::{Catalogue, Discovery};
use crate::cli::packs::{Chosen, PackFolders};
use crate::cli::progress::Counter;
use crate::cli::refusal::Outcome;
use crate::cli::{Context, clock, live, trust};
use crate::evaluate::Found;
use crate::facts::{Absence, Cause};
use crate::pair::{Pair, Secrets};
use crate::pipeline::{self, Means, Sought};

/// The packs that say how servers are found.
pub(crate) struct Search {
    pub(crate) catalogue: Catalogue,
    trusted: BTreeSet<String>,
}

/// What is looked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted<'a> {
    /// Says how the directory is reached.
    pub(crate) pair: &'a Pair,
    /// Servers that are named.
    pub(crate) servers: &'a [String],
    pub(crate) everybody: bool,
    pub(crate) timeout: Duration,
}

impl Search {
    /// How long it may take when nothing else is said.
    pub(crate) const TIMEOUT: Duration = Duration::from_mins(2);

    /// Of these packs, or of all when none is named, those that find servers; servers by name are always found.
    pub(crate) fn of(named: &[String], folders: &PackFolders, context: &mut Context) -> Outcome<Self> {
        let all = Chosen::read(&[], folders)?;
        let finders = all.packs.iter().filter(|pack| {
            let finds = pack.files.iter().any(|file| file.path == "discovery.yaml");
            finds && (named.is_empty() || pack.folder == "common" || named.contains(&pack.folder))
        });
        let finders = finders.map(|pack| pack.folder.clone()).collect();
        let catalogue = all.with_required(finders).load(context)?;
        Ok(Self {
            trusted: trust::trusted(&catalogue, context),
            catalogue,
        })
    }

    /// The names of its packs.
    pub(crate) fn packs(&self) -> Vec<String> {
        let packs = self.catalogue.packs.iter();
        packs.map(|pack| pack.name.to_string()).collect()
    }

    /// The ways to find servers of this application, or of all; those for named servers only where some are.
    pub(crate) fn ways(&self, application: Option<&str>, servers: &[String]) -> Vec<&Discovery> {
        let ways = self.catalogue.discoveries.iter();
        ways.filter(|way| application.is_none_or(|wanted| *way.application == *wanted))
            .filter(|way| !way.named || !servers.is_empty())
            .collect()
    }

    /// Looks for servers; also tells whether it came to its end. Ctrl-C ends it early.
    pub(crate) fn run(
        &self,
        ways: &[&Discovery],
        wanted: Wanted<'_>,
        context: &Context,
    ) -> Outcome<(Found, bool)> {
        let sought = Sought {
            catalogue: &self.catalogue,
            pair: wanted.pair,
            ways,
            servers: wanted.servers,
            everybody: wanted.everybody,
            trusted: &self.trusted,
        };
        let mut secrets = Secrets::default();
        live::fetch_secrets(&self.catalogue, wanted.pair, &sought.wanted(), &mut secrets);
        let runtime = live::runtime()?;
        let counter = Counter::new(&context.terminal);
        let outcome = runtime.block_on(async {
            let cancelled = CancellationToken::new();
            live::cancel_on_interrupt(cancelled.clone()).await;
            let clock: fn() -> jiff::Timestamp = clock::now;
            let means = Means {
                timeout: wanted.timeout,
                clock: &clock,
                progress: &counter,
                cancelled,
                digests: None,
            };
            pipeline::discover(sought, means, &mut secrets).await
        });
        // Nobody waits for a name server that a thread still waits for.
        runtime.shutdown_background();
        let (mut found, complete) = outcome;
        if wanted.pair.endpoint(DIRECTORY).is_none() {
            for (_, why) in &mut found.unread {
                in_words_of_the_command_line(why);
            }
        }
        Ok((found, complete))
    }
}

/// The name of the endpoint that is the directory.
const DIRECTORY: &str = "directory";

/// Where nobody logs on to the directory, no pair file could say otherwise.
fn in_words_of_the_command_line(why: &mut Absence) {
    if *why.root == *DIRECTORY && why.cause == Cause::NotConfigured {
        let detail = "the directory was not asked; --domain with --user or --kerberos logs on to it";
        *why = Absence::new(why.cause, DIRECTORY, detail);
    }
}
