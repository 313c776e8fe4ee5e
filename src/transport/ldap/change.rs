//! One change to one object of a directory.
//!
//! A change is sent once, over a connection that has just answered a question. What the server says no to was not
//! done; when its answer is missing, nobody here knows, and nothing is sent again. A server that refers to another
//! one has refused: changes go where the pair file says and nowhere else.
//!
//! Values are bytes and go out as they are. Names are not: what is no name is refused before anything is sent.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use ldap3::{LdapResult, Mod};
use tokio::time::Instant;
use tracing::debug;

use super::connect::Connection;
use super::guard::Phase;
use super::search::access_list_only;
use super::{Ldap, Scope, Search, codes};
use crate::facts::{Acl, Cause, DaclEdit, DaclError, Dn, FactValue, Right, Sid};
use crate::transport::deadline::Deadline;
use crate::transport::{Trouble, Unwritten, clip};

/// A change to one object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Its distinguished name.
    pub dn: String,
    pub edit: Edit,
}

/// What is done to the object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Edit {
    /// It is made, with these attributes.
    Add(Vec<Attribute>),
    /// Its attributes change, all of them or none.
    Modify(Vec<(Way, Attribute)>),
    /// It goes; objects below it keep it.
    Delete,
    /// Accounts are allowed rights on it, by explicit entries for this object alone; nothing is removed.
    Grant(Vec<Granted>),
    /// Such entries are taken back.
    Revoke(Vec<Granted>),
}

/// Rights of one account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Granted {
    pub to: Sid,
    pub rights: Vec<Right>,
    /// The access list as it was, of which nothing is taken back.
    pub before: Option<Arc<Acl>>,
}

/// The name of an attribute and values, in no order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribute {
    pub name: String,
    pub values: Vec<Vec<u8>>,
}

/// How an attribute changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// It has these values afterwards; with none it is gone.
    Replace,
    /// These values come to those that are there.
    Insert,
    /// These values go.
    Remove,
}

/// What the server is asked to do.
enum Request {
    Add(Vec<(Vec<u8>, HashSet<Vec<u8>>)>),
    Modify(Vec<Mod<Vec<u8>>>),
    Delete,
    /// The access list, as a whole.
    AccessList(Vec<u8>),
}

const DESCRIPTOR: &str = "nTSecurityDescriptor";
/// Longer names than this are nobody's.
const LONGEST_NAME: usize = 256;

impl Ldap {
    /// Makes one change, once.
    ///
    /// An access list is read and written in two steps: whoever changes it in the moment between loses that.
    ///
    /// # Errors
    /// Says whether the change was surely not made, see [`Unwritten`].
    pub async fn change(&self, change: &Change) -> Result<(), Unwritten> {
        let start = Instant::now();
        let outcome = self.write(change).await;
        debug!(
            endpoint = &*self.config.endpoint,
            operation = change.edit.word(),
            object = clip(&change.dn),
            failed = outcome.as_ref().err().map(|unwritten| unwritten.why.cause.word()),
            duration_ms = start.elapsed().as_millis(),
            "changed the directory"
        );
        outcome
    }

    async fn write(&self, change: &Change) -> Result<(), Unwritten> {
        let refused = |trouble: Trouble| Unwritten::refused(trouble.at(&self.config.endpoint));
        check(change).map_err(refused)?;
        self.check_log_on().map_err(refused)?;
        let look = change.look();
        let (mut lease, deadline) = self.lend().await.map_err(refused)?;
        let found = self.ask_over(&mut lease, &look, deadline).await;
        let found = match found {
            Ok(rows) => rows,
            Err(failure) => {
                if failure.leaves_the_connection_good() {
                    lease.keep();
                }
                return Err(refused(failure.into_trouble()));
            }
        };
        let request = change.request(found.first().and_then(|row| row.get(DESCRIPTOR)));
        let Some(request) = request.map_err(|error| refused(self.unchangeable(&change.dn, &error)))? else {
            lease.keep();
            return Ok(());
        };
        let answered = lease.connection().send(&change.dn, request, deadline).await;
        let result = answered.map_err(|trouble| Unwritten::uncertain(trouble.at(&self.config.endpoint)))?;
        lease.keep();
        if result.rc == codes::SUCCESS {
            return Ok(());
        }
        let trouble = codes::explain_change(&self.place, &change.dn, &result);
        let why = trouble.at(&self.config.endpoint);
        Err(Unwritten {
            why,
            refused: !codes::leaves_in_doubt(result.rc),
        })
    }

    fn unchangeable(&self, dn: &str, error: &DaclError) -> Trouble {
        let cause = match error {
            DaclError::Read(_) => Cause::Malformed,
            DaclError::Absent => Cause::Denied,
            DaclError::Null | DaclError::TooLarge | DaclError::Denied => Cause::Unsupported,
        };
        Trouble::new(
            cause,
            format!("{}, access list of {}: {error}", self.place, clip(dn)),
        )
    }
}

impl Edit {
    /// The word for messages of the log.
    const fn word(&self) -> &'static str {
        match self {
            Self::Add(_) => "add",
            Self::Modify(_) => "modify",
            Self::Delete => "delete",
            Self::Grant(_) => "grant",
            Self::Revoke(_) => "revoke",
        }
    }

    const fn is_of_the_access_list(&self) -> bool {
        matches!(self, Self::Grant(_) | Self::Revoke(_))
    }
}

impl Change {
    /// The question before the change: for the access list, or only whether the connection still stands.
    fn look(&self) -> Search {
        let of_list = self.edit.is_of_the_access_list();
        Search {
            base: if of_list { self.dn.clone() } else { String::new() },
            scope: Scope::Base,
            filter: "(objectClass=*)".to_owned(),
            attributes: if of_list {
                vec![DESCRIPTOR.to_owned()]
            } else {
                Vec::new()
            },
            binary: BTreeSet::new(),
            security_descriptors: of_list,
        }
    }

    /// What is to be sent, nothing where the access list says already what it is to say.
    fn request(&self, descriptor: Option<&FactValue>) -> Result<Option<Request>, DaclError> {
        let with_list = |change: &dyn Fn(&mut DaclEdit) -> Result<(), DaclError>| {
            let Some(FactValue::Bytes(bytes)) = descriptor else {
                return Err(DaclError::Absent);
            };
            let before = DaclEdit::read(bytes)?;
            let mut list = before.clone();
            change(&mut list)?;
            Ok((list != before).then(|| Request::AccessList(list.to_bytes())))
        };
        match &self.edit {
            Edit::Add(attributes) => Ok(Some(Request::Add(
                attributes.iter().map(Attribute::pair).collect(),
            ))),
            Edit::Modify(edits) => Ok(Some(Request::Modify(edits.iter().map(modification).collect()))),
            Edit::Delete => Ok(Some(Request::Delete)),
            Edit::Grant(all) => with_list(&|list| {
                let mut all = all.iter();
                all.try_for_each(|one| list.grant(&one.to, &one.rights))
            }),
            Edit::Revoke(all) => with_list(&|list| {
                for one in all {
                    list.revoke(&one.to, &one.rights, one.before.as_deref());
                }
                Ok(())
            }),
        }
    }
}

impl Attribute {
    fn pair(&self) -> (Vec<u8>, HashSet<Vec<u8>>) {
        (
            self.name.clone().into_bytes(),
            self.values.iter().cloned().collect(),
        )
    }

    /// Whether it has a name that an attribute can have: letters, digits and hyphens, or numbers with dots, each
    /// with options behind semicolons.
    fn is_named(&self) -> bool {
        let word =
            |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        let number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        let mut parts = self.name.split(';');
        let kind = parts.next().unwrap_or_default();
        let described = if kind.starts_with(|c: char| c.is_ascii_alphabetic()) {
            word(kind)
        } else {
            kind.contains('.') && kind.split('.').all(number)
        };
        described && self.name.len() <= LONGEST_NAME && parts.all(word)
    }
}

fn modification((way, attribute): &(Way, Attribute)) -> Mod<Vec<u8>> {
    let (name, values) = attribute.pair();
    match way {
        Way::Replace => Mod::Replace(name, values),
        Way::Insert => Mod::Add(name, values),
        Way::Remove => Mod::Delete(name, values),
    }
}

/// Refuses what no server should be told.
fn check(change: &Change) -> Result<(), Trouble> {
    let unfit = |why: String| Err(Trouble::new(Cause::Malformed, why));
    let shown = clip(&change.dn);
    if let Err(error) = change.dn.parse::<Dn>() {
        return unfit(format!("\"{shown}\" is not a distinguished name: {error}"));
    }
    let mut names = BTreeSet::new();
    let attributes: Vec<(Option<Way>, &Attribute)> = match &change.edit {
        Edit::Add(attributes) => attributes.iter().map(|one| (None, one)).collect(),
        Edit::Modify(edits) => edits.iter().map(|(way, one)| (Some(*way), one)).collect(),
        Edit::Grant(all) | Edit::Revoke(all)
            if all.is_empty() || all.iter().any(|one| one.rights.is_empty()) =>
        {
            return unfit(format!("no right on {shown} is named"));
        }
        Edit::Delete | Edit::Grant(_) | Edit::Revoke(_) => return Ok(()),
    };
    if attributes.is_empty() {
        return unfit(format!("no attribute of {shown} is named"));
    }
    for (way, attribute) in attributes {
        let name = clip(&attribute.name);
        if !attribute.is_named() {
            return unfit(format!("\"{name}\" is not the name of an attribute"));
        }
        if attribute.values.is_empty() && way != Some(Way::Replace) {
            return unfit(format!("the attribute {name} of {shown} has no value"));
        }
        if !names.insert((way.map(|way| way as u8), attribute.name.to_ascii_lowercase())) {
            return unfit(format!("the attribute {name} of {shown} is named twice"));
        }
    }
    Ok(())
}

impl Connection {
    /// Sends the request and waits for its answer; without one it may have been carried out or not.
    async fn send(&mut self, dn: &str, request: Request, deadline: Deadline) -> Result<LdapResult, Trouble> {
        self.wire.expect(Phase::Change, super::ask::ANSWER_BYTES);
        let sending = async {
            match request {
                Request::Add(attributes) => self.ldap.add(dn, attributes).await,
                Request::Modify(edits) => self.ldap.modify(dn, edits).await,
                Request::Delete => self.ldap.delete(dn).await,
                Request::AccessList(bytes) => {
                    let edit = Mod::Replace(DESCRIPTOR.as_bytes().to_vec(), HashSet::from([bytes]));
                    let only_the_list = self.ldap.with_controls(vec![access_list_only()]);
                    only_the_list.modify(dn, vec![edit]).await
                }
            }
        };
        let doing = format!(
            "changing {} on {}; whether it was done is not known",
            clip(dn),
            self.place
        );
        let answer = tokio::time::timeout_at(deadline.moment(), sending).await;
        let answer = answer.map_err(|_| deadline.missed(&doing))?;
        // the library's own error is not shown: it may hold the request
        let result = answer.map_err(|_| self.wire.ended().trouble(&self.place));
        self.wire.rest();
        result
    }
}
