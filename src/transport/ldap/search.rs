//! One search, page by page and range by range.

use ldap3::controls::{Control, ControlType, PagedResults, RawControl};
use ldap3::{LdapResult, ResultEntry};
use tracing::debug;

use super::ber::{Garbage, Reader};
use super::connect::Connection;
use super::guard::{self, Phase};
use super::rows::{Misshapen, Names, Row};
use super::wire::End;
use super::{LdapConfig, Scope, Search, codes};
use crate::facts::{Cause, Record};
use crate::transport::deadline::Deadline;
use crate::transport::{Trouble, clip};

/// Entries in one page; what Active Directory allows at most.
const PAGE: usize = 1000;

/// Filters longer or deeper than this are nobody's.
const LONGEST_FILTER: usize = 64 << 10;
const DEEPEST_FILTER: usize = 64;

/// Owner, group and access list; and the access list alone.
const ALL_PARTS: u8 = 7;
const ACCESS_LIST: u8 = 4;

/// Why a search has no rows, and what that says of its connection.
#[derive(Debug)]
pub(super) enum Failure {
    /// The server said no; the connection is good.
    Refused(Trouble),
    /// Another server is said to have it; the connection is good.
    Referred { to: Vec<String>, trouble: Trouble },
    /// The connection was lost; another may do.
    Lost(Trouble),
    /// Nothing more is to be expected from the connection.
    Broken(Trouble),
}

impl Failure {
    pub(super) const fn leaves_the_connection_good(&self) -> bool {
        matches!(self, Self::Refused(_) | Self::Referred { .. })
    }

    pub(super) fn into_trouble(self) -> Trouble {
        match self {
            Self::Refused(trouble)
            | Self::Referred { trouble, .. }
            | Self::Lost(trouble)
            | Self::Broken(trouble) => trouble,
        }
    }
}

/// Refuses what no server should be asked.
pub(super) fn check(search: &Search) -> Result<(), Trouble> {
    let depth = search
        .filter
        .bytes()
        .fold((0_usize, 0_usize), |(depth, deepest), byte| match byte {
            b'(' => (depth + 1, deepest.max(depth + 1)),
            b')' => (depth.saturating_sub(1), deepest),
            _ => (depth, deepest),
        });
    let sane = search.filter.len() <= LONGEST_FILTER && depth.1 <= DEEPEST_FILTER;
    if sane && ldap3::parse_filter(&search.filter).is_ok() {
        return Ok(());
    }
    Err(Trouble::new(
        Cause::Malformed,
        format!("{} is not an LDAP filter", clip(&search.filter)),
    ))
}

impl Connection {
    /// Reads all that the search finds, before the deadline.
    pub(super) async fn search(
        &mut self,
        search: &Search,
        config: &LdapConfig,
        deadline: Deadline,
    ) -> Result<Vec<Record>, Failure> {
        let doing = format!("searching {} on {}", clip(&search.base), self.place);
        let outcome = tokio::time::timeout_at(deadline.moment(), async {
            self.wire.expect(Phase::Search, config.max_bytes);
            let names = Names::of(search);
            let mut rows = self.all_pages(search, config, &names).await?;
            for row in &mut rows {
                self.all_ranges(search, row).await?;
            }
            Ok(rows.into_iter().map(|row| names.record(row)).collect())
        });
        let outcome = outcome
            .await
            .unwrap_or_else(|_| Err(Failure::Broken(deadline.missed(&doing))));
        self.wire.rest();
        outcome
    }

    async fn all_pages(
        &mut self,
        search: &Search,
        config: &LdapConfig,
        names: &Names,
    ) -> Result<Vec<Row>, Failure> {
        let mut found = Found::new(config.max_rows, &self.place);
        let mut cookie = Vec::new();
        loop {
            let mut controls = vec![page(config.max_rows, cookie)];
            if search.security_descriptors {
                controls.push(descriptor_parts(self.descriptor_parts));
            }
            let take = |entry| found.take(entry, names).map_err(Failure::Broken);
            let result = self.one_page(search, &search.attributes, controls, take).await?;
            if search.security_descriptors && self.descriptor_parts == ALL_PARTS && refuses_control(result.rc)
            {
                self.descriptor_parts = ACCESS_LIST;
                found.rows.clear();
                cookie = Vec::new();
                continue;
            }
            self.check(&search.base, &result)?;
            cookie = next_page(&result.ctrls).map_err(|garbage| lost(&garbage.into(), &self.place))?;
            if cookie.is_empty() {
                break;
            }
        }
        if found.references > 0 {
            debug!(
                endpoint = &*config.endpoint,
                references = found.references,
                "left references alone"
            );
        }
        Ok(found.rows)
    }

    /// Reads the values of one entry that the server did not tell at once.
    async fn all_ranges(&mut self, search: &Search, row: &mut Row) -> Result<(), Failure> {
        while let Some((name, from)) = row
            .partial
            .first_key_value()
            .map(|(name, from)| (name.clone(), *from))
        {
            let entry = Search {
                base: row.dn.clone(),
                scope: Scope::Base,
                filter: "(objectClass=*)".to_owned(),
                ..search.clone()
            };
            let mut answer = None;
            let asked = [format!("{name};range={from}-*")];
            let take = |entry: ResultEntry| {
                if !entry.is_ref() && !entry.is_intermediate() {
                    answer = Some(entry.0);
                }
                Ok(())
            };
            let result = self.one_page(&entry, &asked, Vec::new(), take).await?;
            if result.rc != codes::NOT_FOUND {
                self.check(&row.dn, &result)?;
            }
            let told = answer.ok_or(Misshapen("the entry vanished while its values were read"));
            told.and_then(|told| row.continue_with(&name, told))
                .map_err(|Misshapen(why)| {
                    let detail = format!("{}, {}, {name}: {why}", self.place, clip(&row.dn));
                    Failure::Broken(Trouble::new(Cause::Truncated, detail))
                })?;
        }
        Ok(())
    }

    async fn one_page(
        &mut self,
        search: &Search,
        attributes: &[String],
        controls: Vec<RawControl>,
        mut take: impl FnMut(ResultEntry) -> Result<(), Failure>,
    ) -> Result<LdapResult, Failure> {
        let scope = match search.scope {
            Scope::Base => ldap3::Scope::Base,
            Scope::One => ldap3::Scope::OneLevel,
            Scope::Sub => ldap3::Scope::Subtree,
        };
        // no attribute at all would mean every one
        let attributes = if attributes.is_empty() {
            vec!["1.1".to_owned()]
        } else {
            attributes.to_vec()
        };
        // the library's own error is not shown: it may hold the request
        let broken = |_| lost(&self.wire.ended(), &self.place);
        let stream = self.ldap.with_controls(controls).streaming_search(
            &search.base,
            scope,
            &search.filter,
            attributes,
        );
        let mut stream = stream.await.map_err(broken)?;
        while let Some(entry) = stream.next().await.map_err(broken)? {
            take(entry)?;
        }
        Ok(stream.finish().await)
    }

    fn check(&self, subject: &str, result: &LdapResult) -> Result<(), Failure> {
        let subject = if subject.is_empty() {
            "its own description"
        } else {
            subject
        };
        match result.rc {
            codes::SUCCESS => Ok(()),
            codes::REFERRAL => Err(Failure::Referred {
                to: result.refs.clone(),
                trouble: codes::explain(&self.place, subject, result),
            }),
            _ => Err(Failure::Refused(codes::explain(&self.place, subject, result))),
        }
    }
}

fn lost(end: &End, place: &str) -> Failure {
    let trouble = end.trouble(place);
    if end.lost() {
        Failure::Lost(trouble)
    } else {
        Failure::Broken(trouble)
    }
}

/// What the pages of a search brought so far.
#[derive(Debug)]
struct Found {
    rows: Vec<Row>,
    references: usize,
    limit: usize,
    place: String,
}

impl Found {
    fn new(limit: usize, place: &str) -> Self {
        Self {
            rows: Vec::new(),
            references: 0,
            limit,
            place: place.to_owned(),
        }
    }

    fn take(&mut self, entry: ResultEntry, names: &Names) -> Result<(), Trouble> {
        if entry.is_ref() {
            self.references += 1;
            return Ok(());
        }
        if self.rows.len() >= self.limit {
            let detail = format!(
                "{}: the search finds more than {} entries",
                self.place, self.limit
            );
            return Err(Trouble::new(Cause::Truncated, detail));
        }
        let row = Row::read(entry.0, names);
        self.rows.push(
            row.map_err(|Misshapen(why)| Trouble::new(Cause::Malformed, format!("{}: {why}", self.place)))?,
        );
        Ok(())
    }
}

/// Asks for a page; not critical, because a server without pages tells all at once or says that it does not.
fn page(max_rows: usize, cookie: Vec<u8>) -> RawControl {
    let size = i32::try_from(max_rows.saturating_add(1).min(PAGE)).expect("a page fits any integer");
    PagedResults { size, cookie }.into()
}

/// Where the next page begins; nothing after the last one.
fn next_page(controls: &[Control]) -> Result<Vec<u8>, Garbage> {
    let value = controls.iter().find_map(|Control(kind, raw)| match kind {
        Some(ControlType::PagedResults) => raw.val.as_deref(),
        _ => None,
    });
    let Some(value) = value else { return Ok(Vec::new()) };
    let mut parts = Reader::new(Reader::new(value).expect(guard::SEQUENCE)?);
    parts.small_number(guard::INTEGER)?;
    parts.expect(guard::TEXT).map(<[u8]>::to_vec)
}

/// Asks for these parts of security descriptors.
fn descriptor_parts(parts: u8) -> RawControl {
    RawControl {
        ctype: "1.2.840.113556.1.4.801".to_owned(),
        crit: true,
        val: Some(vec![0x30, 0x03, 0x02, 0x01, parts]),
    }
}

/// Says that of a security descriptor only the access list is meant.
pub(super) fn access_list_only() -> RawControl {
    descriptor_parts(ACCESS_LIST)
}

/// Whether a result may mean that the control, not the search, was refused.
const fn refuses_control(code: u32) -> bool {
    matches!(code, 12 | 50 | 53)
}
