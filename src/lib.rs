//! Standin tells, before the bad day, whether the stand-in server can really take over.
//!
//! It is an engine that knows no product. What a product is, how a fact about it is read and what is expected of that
//! fact is data: packs of YAML, shipped inside the binary or lying in a folder. The code here knows protocols, values,
//! expressions and reports. This page is the tour; `README.md` is for those who run it, `rules/WRITING.md` for those
//! who write packs.
//!
//! # One word, one meaning
//!
//! | word | meaning | type |
//! |---|---|---|
//! | pair | one *source* and one *target* server, their endpoints and settings: `pair.yaml` | [`pair::Pair`] |
//! | pack | a folder of settings, facts, rules and fixes with a manifest | [`catalogue::Pack`] |
//! | catalogue | the packs that judge a pair, read and checked together | [`catalogue::Catalogue`] |
//! | fact | a typed, named value read from somewhere: `source.os.version` | [`facts::FactValue`] |
//! | provenance | which probe read a fact, from which server, when, and how long it took | [`facts::Provenance`] |
//! | absence | why a fact is not known; never a default, never "no" | [`facts::Absence`] |
//! | probe | what says how a fact is read, over one of the protocols | [`catalogue::Probe`] |
//! | snapshot | all facts of a pair at one time, as a file | [`facts::Snapshot`] |
//! | rule | what is expected, how grave it is when it is not so, what to say | [`catalogue::Rule`] |
//! | subject | what a rule looks at: a side or the pair, and the key of a record | [`evaluate::Subject`] |
//! | finding | a rule's result for one subject: status, message, evidence | [`evaluate::Finding`] |
//! | evidence | the facts that the finding's expressions really read | [`evaluate::Evidence`] |
//! | fix | what mends a finding: what it needs, sets, does, and how that is taken back | [`catalogue::Fix`] |
//! | runbook | what is done on the day of a switch: steps, which are fixes' kin, in the order of their needs | [`catalogue::Runbook`] |
//! | waiver | a finding that a person accepts, with a reason, an owner and a last day | [`pair::Waiver`] |
//! | task | a step while it is done, or taken back | [`apply::Task`] |
//! | entry | what the journal tells of one step of a run; it holds the hash of the one before | [`store::Entry`] |
//! | diagnostic | "this file is wrong, here"; about files, never about servers | [`diagnostic::Diagnostic`] |
//!
//! # The flow, one way
//!
//! ```text
//! pair.yaml ──► collect ──► snapshot ──► evaluate ──► findings ──► report
//!  packs ───────┘ probes                 └ rules       │           people, JSON
//!                                                        └► plan ──► apply ──► journal; then all of it again
//! ```
//!
//! [`pipeline`] shows it in a few short functions. Only [`collect`] and [`apply`] touch other machines, and only through
//! [`transport`]. [`evaluate`] and [`report`] are pure: the same input gives the same bytes, and the time is one of
//! the inputs. So a snapshot replays exactly what was seen live.
//!
//! # The modules in reading order
//!
//! A module imports only from those above it; `tests/architecture.rs` holds the table and names whatever breaks it.
//!
//! 1. [`diagnostic`]: mistakes in files, with a frame and a caret. [`diagnostic::visible()`] is the one way in which
//!    text from elsewhere reaches a screen.
//! 2. [`ordering`]: a stable order of things that rest on each other; cycles with all their members.
//! 3. [`facts`]: the vocabulary that collectors and rules share. A value is known, or there is an absence with its
//!    [`facts::Cause`]; there is no third way.
//! 4. [`yaml`]: files to nodes that know their place, within a budget. Decoders tell every mistake of a file at once.
//! 5. [`pair`]: `pair.yaml`. Secrets are only referred to.
//! 6. [`template`]: protocol text and messages. Each [`template::Context`] writes values so that none of them can
//!    become syntax.
//! 7. [`predicate`]: expressions. rhai reads the text; a small tree of our own runs. An absence ends an expression where
//!    it is read, so it cannot turn into `false` on the way. [`predicate::functions`] are all that can be called.
//! 8. [`catalogue`]: packs to typed rules, facts and probes; everything that can be known to be wrong is told at load.
//!    [`catalogue::bind()`] joins the settings of a pair file to what the packs declare.
//! 9. [`transport`]: the only outgoing connections, a file or folder for each protocol.
//! 10. [`collect`]: probes through transports to a snapshot. There are no phases: a fact is read as soon as the facts
//!     that its probe mentions are there.
//! 11. [`evaluate`]: catalogue and facts to findings. [`evaluate::judge()`] is the heart; [`evaluate::lint_rule()`] runs
//!     the examples that stand beside the rules.
//! 12. [`plan`]: findings to ordered steps. [`plan::plan()`] merges, asks helpers, holds back and orders;
//!     [`plan::arrange()`] is the order alone; [`plan::runbook()`] makes a runbook for a pair in the same way.
//! 13. [`store`]: what is kept of a pair between runs. One chain of entries that is only ever appended to, in SQLite or
//!     PostgreSQL by the same code; what it has acknowledged is on disk.
//! 14. [`apply`]: a plan to effects. Each step is announced in the journal, done, read back, and can be taken back;
//!     what a crash left open is settled by reading.
//! 15. [`generate`]: runbooks to scripts, in memory. A value becomes one literal or the script is refused; what people
//!     edited is found by its digest and kept.
//! 16. [`report`]: findings, plans and runs to text and JSON. It renders and judges nothing.
//! 17. [`pipeline`]: the flow.
//! 18. [`cli`]: the command line, one file for each command. Only here something is printed.
//!
//! # Where a change belongs
//!
//! A new check is YAML in a pack and needs no code. A new function of expressions is one entry in
//! [`predicate::functions`]. A new protocol is a transport, a variant of [`catalogue::Ask`], its decoder, and its arm in
//! [`collect`]. A product name belongs nowhere in `src/`.

pub mod apply;
pub mod catalogue;
pub mod cli;
pub mod collect;
pub mod diagnostic;
pub mod evaluate;
pub mod facts;
pub mod generate;
pub mod ordering;
pub mod pair;
pub mod pipeline;
pub mod plan;
pub mod predicate;
pub mod report;
pub mod store;
pub mod template;
#[doc(hidden)]
pub mod transport;
pub mod yaml;
