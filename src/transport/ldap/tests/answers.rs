//! Answers that come in parts, and answers that another server has.

use super::fake::{page_done, reference};
use super::*;
use crate::transport::ldap::referral::Referral;

fn search_only(
    answer: impl Fn(&Request) -> Vec<u8> + Send + Sync,
) -> impl Fn(&Request) -> Option<Reply> + Send + Sync {
    move |asked| (asked.operation == fake::SEARCH).then(|| Reply::Send(answer(asked)))
}

fn texts(record: &Record, field: &str) -> Vec<String> {
    let value = record.get(field).unwrap();
    value
        .items()
        .unwrap_or(std::slice::from_ref(value))
        .iter()
        .map(ToString::to_string)
        .collect()
}

#[tokio::test]
async fn all_pages_are_read_on_one_connection() {
    let fake = Fake::start(search_only(|asked| {
        let page = asked.cookie.first().copied().unwrap_or(0);
        let dn = format!("CN={page}");
        // the third page is empty, and yet not the last
        let row = if page == 2 {
            Vec::new()
        } else {
            entry(asked, &dn, &[("CN", &[b"x"])])
        };
        let cookie: &[u8] = if page == 3 { &[] } else { &[page + 1] };
        [row, page_done(asked, cookie)].concat()
    }))
    .await;
    let rows = fake.ldap().search(&anything()).await.unwrap();
    let names: Vec<String> = rows.iter().map(|row| texts(row, "dn").concat()).collect();
    assert_eq!(names, ["CN=0", "CN=1", "CN=3"]);
    assert_eq!(texts(&rows[0], "cn"), ["x"], "named as it was asked for");
    assert_eq!(fake.connections(), 1);
}

#[tokio::test]
async fn lists_are_read_to_their_end() {
    let fake = Fake::start(search_only(|asked| {
        let from = match asked.attributes[0].as_str() {
            "member" => 0,
            more => more["member;range=".len()..more.len() - 2]
                .parse::<usize>()
                .unwrap(),
        };
        let values: Vec<String> = (from..(from + 3).min(8)).map(|n| format!("CN={n}")).collect();
        let values: Vec<&[u8]> = values.iter().map(String::as_bytes).collect();
        let last = if from + 3 >= 8 {
            "*".to_owned()
        } else {
            (from + 2).to_string()
        };
        let described = format!("Member;Range={from}-{last}");
        // the bare name with nothing, as Active Directory does
        let attributes: [(&str, &[&[u8]]); 2] = [("member", &[]), (&described, &values)];
        [entry(asked, "CN=group", &attributes), done(asked, 0, "", &[])].concat()
    }))
    .await;
    let search = Search {
        attributes: vec!["member".to_owned()],
        ..anything()
    };
    let rows = fake.ldap().search(&search).await.unwrap();
    assert_eq!(
        texts(&rows[0], "member"),
        (0..8).map(|n| format!("CN={n}")).collect::<Vec<_>>()
    );
}

#[tokio::test]
async fn a_list_is_whole_or_nothing() {
    // (first part, second part)
    for (first, second, cause) in [
        ("member;range=0-0", "member;range=5-*", Cause::Truncated),
        ("member;range=0-0", "member;range=1-9", Cause::Truncated),
        ("member;range=0-0", "other;range=1-*", Cause::Truncated),
        ("member;range=0-7", "", Cause::Malformed),
        ("member;range=3-*", "", Cause::Malformed),
        ("member;range=x-*", "", Cause::Malformed),
    ] {
        let fake = Fake::start(search_only(move |asked| {
            let described = if asked.attributes[0] == "member" {
                first
            } else {
                second
            };
            [
                entry(asked, "CN=group", &[(described, &[b"CN=a"])]),
                done(asked, 0, "", &[]),
            ]
            .concat()
        }))
        .await;
        let search = Search {
            attributes: vec!["member".to_owned()],
            ..anything()
        };
        let absence = fake.ldap().search(&search).await.unwrap_err();
        assert_eq!(absence.cause, cause, "{first} {second}: {}", absence.detail);
    }
}

#[tokio::test]
async fn limits_make_an_answer_truncated() {
    let many = |asked: &Request| {
        let row = entry(asked, "CN=a", &[("cn", &[&[b'x'; 1000]])]);
        [row.repeat(50), done(asked, 0, "", &[])].concat()
    };
    let fake = Fake::start(search_only(many)).await;
    for (max_rows, max_bytes, part) in [
        (49, 1 << 20, "finds more than 49 entries"),
        (50, 10_000, "is longer than 10000 bytes"),
        (0, 1 << 20, "finds more than 0 entries"),
    ] {
        let ldap = Ldap::new(LdapConfig {
            max_rows,
            max_bytes,
            ..fake.config()
        });
        let absence = ldap.search(&anything()).await.unwrap_err();
        assert_eq!(absence.cause, Cause::Truncated);
        assert!(absence.detail.contains(part), "{}", absence.detail);
    }
    let ldap = Ldap::new(LdapConfig {
        max_rows: 50,
        ..fake.config()
    });
    assert_eq!(ldap.search(&anything()).await.unwrap().len(), 50);
}

#[tokio::test]
async fn security_descriptors_fall_back_to_the_access_list() {
    for refusal in [12, 50, 53] {
        let fake = Fake::start(search_only(move |asked| match asked.parts {
            Some(4) => {
                let row = entry(asked, "CN=a", &[("nTSecurityDescriptor", &[b"plain text"])]);
                [row, done(asked, 0, "", &[])].concat()
            }
            _ => done(asked, refusal, "not all of it", &[]),
        }))
        .await;
        let attributes = vec!["nTSecurityDescriptor".to_owned()];
        let search = Search {
            attributes,
            security_descriptors: true,
            ..anything()
        };
        let rows = fake.ldap().search(&search).await.unwrap();
        assert_eq!(
            rows[0].get("nTSecurityDescriptor"),
            Some(&FactValue::Bytes(Arc::from(*b"plain text")))
        );
        assert_eq!(fake.connections(), 1);
    }
}

#[tokio::test]
async fn names_alone_are_asked_for_as_such() {
    let fake = Fake::start(search_only(|asked| {
        assert_eq!(asked.attributes, ["1.1"]);
        [entry(asked, "CN=a", &[]), done(asked, 0, "", &[])].concat()
    }))
    .await;
    let rows = fake
        .ldap()
        .search(&Search {
            attributes: Vec::new(),
            ..anything()
        })
        .await
        .unwrap();
    assert_eq!(rows.len(), 1);
}

#[tokio::test]
async fn references_are_left_alone() {
    let fake = Fake::start(search_only(|asked| {
        let elsewhere = reference(asked, "ldap://other.corp.example/DC=other,DC=corp,DC=example");
        [entry(asked, "CN=a", &[]), elsewhere, done(asked, 0, "", &[])].concat()
    }))
    .await;
    assert_eq!(fake.ldap().search(&anything()).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_referral_to_a_stranger_is_shown_and_not_followed() {
    let stranger = Fake::start(|_| None).await;
    let url = format!("ldap://127.0.0.1:{}/DC=evil", stranger.port);
    let told = url.clone();
    let fake = Fake::start(search_only(move |asked| done(asked, 10, "", &[&told]))).await;
    let absence = fake.ldap().search(&anything()).await.unwrap_err();
    assert_eq!(absence.cause, Cause::Unsupported);
    assert!(
        absence.detail.contains(&url) && absence.detail.contains("is not followed"),
        "{}",
        absence.detail
    );
    assert_eq!((stranger.connections(), fake.connections()), (0, 1));
}

/// Asked server (security, host and port), referral, where it leads; nowhere is empty.
const REFERRALS: &[(&str, &str, &str)] = &[
    (
        "ldaps dc1.corp.example 636",
        "ldap://dc2.corp.example/DC=x",
        "ldaps dc2.corp.example 636",
    ),
    (
        "ldaps dc1.corp.example 636",
        "ldap://dc2.corp.example:389/",
        "ldaps dc2.corp.example 636",
    ),
    (
        "ldaps dc1.corp.example 636",
        "ldaps://dc2.corp.example:3269",
        "ldaps dc2.corp.example 3269",
    ),
    (
        "starttls DC1.Corp.Example 389",
        "ldap://Child.corp.example/",
        "starttls child.corp.example 389",
    ),
    (
        "starttls dc1.corp.example 389",
        "ldap://corp.example:390/",
        "starttls corp.example 390",
    ),
    (
        "gssapi dc1.corp.example 389",
        "ldap://a.b.corp.example/",
        "gssapi a.b.corp.example 389",
    ),
    (
        "plain dc1.corp.example 389",
        "ldaps://dc2.corp.example/",
        "ldaps dc2.corp.example 636",
    ),
    (
        "ldaps corp.example 636",
        "ldap://child.corp.example/",
        "ldaps child.corp.example 636",
    ),
    // another domain, one that only looks like ours, a whole top-level domain, no domain at all
    ("ldaps dc1.corp.example 636", "ldap://dc1.other.example/", ""),
    ("ldaps dc1.corp.example 636", "ldap://dc1.evilcorp.example/", ""),
    ("ldaps corp.example 636", "ldap://evil.example/", ""),
    ("ldaps dc1 636", "ldap://dc2/", ""),
    ("ldaps 10.0.0.1 636", "ldap://10.0.0.2/", ""),
    ("ldaps dc1.corp.example 636", "ldap:///DC=x", ""),
    ("ldaps dc1.corp.example 636", "http://dc2.corp.example/", ""),
    ("ldaps dc1.corp.example 636", "ldap://evil@dc2.corp.example/", ""),
    ("ldaps dc1.corp.example 636", "ldap://dc2.corp.example:99999/", ""),
];

#[tokio::test]
async fn where_a_referral_may_lead() {
    let base = Fake::start(|_| None).await.config();
    for (asked, url, leads_to) in REFERRALS {
        let [security, host, port] = <[&str; 3]>::try_from(asked.split(' ').collect::<Vec<_>>()).unwrap();
        let security = match security {
            "ldaps" => Security::Ldaps,
            "starttls" => Security::StartTls,
            "gssapi" => Security::Gssapi,
            _ => Security::Plain,
        };
        let config = LdapConfig {
            host: host.to_owned(),
            port: port.parse().unwrap(),
            security,
            ..base.clone()
        };
        let next = Referral::parse(url).and_then(|referral| referral.follow(&config));
        let next = next.map_or(String::new(), |next| {
            format!("{:?} {} {}", next.security, next.host, next.port).to_lowercase()
        });
        assert_eq!(next, *leads_to, "{asked} -> {url}");
    }
}

#[test]
fn the_base_of_a_referral() {
    let base = |url: &str| Referral::parse(url).and_then(|referral| referral.base);
    assert_eq!(base("ldap://a.b"), None);
    assert_eq!(base("ldap://a.b/"), None);
    assert_eq!(base("ldap://a.b/DC=x,DC=y??sub"), Some("DC=x,DC=y".to_owned()));
    assert_eq!(
        base("ldap://a.b/CN=a%20%C3%A4,DC=y"),
        Some("CN=a ä,DC=y".to_owned())
    );
    for broken in ["ldap://a.b/%zz", "ldap://a.b/%4", "ldap://a.b/%ff"] {
        assert_eq!(Referral::parse(broken), None, "{broken}");
    }
}

#[tokio::test]
async fn fifty_thousand_entries_come_page_by_page() {
    const PAGES: u8 = 50;
    let fake = Fake::start(search_only(|asked| {
        let page = asked.cookie.first().copied().unwrap_or(0);
        let rows: Vec<u8> = (0..1000)
            .flat_map(|n| entry(asked, &format!("CN={page}-{n}"), &[("cn", &[b"x"])]))
            .collect();
        let cookie: &[u8] = if page + 1 == PAGES { &[] } else { &[page + 1] };
        [rows, page_done(asked, cookie)].concat()
    }))
    .await;
    let limited = |max_rows, max_bytes| {
        Ldap::new(LdapConfig {
            max_rows,
            max_bytes,
            deadline: Duration::from_mins(1),
            ..fake.config()
        })
    };
    let rows = limited(50_000, 16 << 20).search(&anything()).await.unwrap();
    assert_eq!(rows.len(), 50_000);
    assert_eq!(texts(&rows[49_999], "dn"), ["CN=49-999"]);
    for (max_rows, max_bytes) in [(49_999, 16 << 20), (50_000, 1 << 20)] {
        let absence = limited(max_rows, max_bytes)
            .search(&anything())
            .await
            .unwrap_err();
        assert_eq!(absence.cause, Cause::Truncated, "{absence}");
    }
}
