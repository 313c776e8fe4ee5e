//! What a directory answers: all of it, in whatever parts it comes.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::*;

#[tokio::test]
async fn more_objects_than_a_page_and_more_members_than_an_answer() {
    in_lab!();
    let contacts = search(
        &format!("OU=Crowd,{DOMAIN}"),
        Scope::Sub,
        "(objectClass=contact)",
        &["cn"],
    );
    let members = search(
        &format!("CN=Many Members,CN=Users,{DOMAIN}"),
        Scope::Base,
        "(objectClass=*)",
        &["member"],
    );
    for config in [
        config(),
        LdapConfig {
            deadline: Duration::from_secs(10),
            ..plain("LIMITS")
        },
    ] {
        let host = config.host.clone();
        let (start, ldap) = (Instant::now(), Ldap::new(config.clone()));
        let rows = ldap.search(&contacts).await.unwrap();
        let names: BTreeSet<&str> = rows.iter().map(|row| text(row, "cn")).collect();
        assert_eq!((rows.len(), names.len()), (1600, 1600));
        eprintln!("{host}: 1600 objects after {:?}", start.elapsed());
        let rows = ldap.search(&members).await.unwrap();
        let values = rows[0].get("member").and_then(FactValue::items).unwrap();
        let distinct: BTreeSet<String> = values.iter().map(ToString::to_string).collect();
        assert_eq!((values.len(), distinct.len()), (1600, 1600));
        eprintln!("{host}: and 1600 members after {:?}", start.elapsed());
        refused(
            Ldap::new(LdapConfig {
                max_rows: 1599,
                ..config.clone()
            })
            .search(&contacts)
            .await,
            Cause::Truncated,
            "finds more than 1599 entries",
        );
        refused(
            Ldap::new(LdapConfig {
                max_bytes: 20_000,
                ..config
            })
            .search(&members)
            .await,
            Cause::Truncated,
            "longer than 20000 bytes",
        );
    }
}

#[tokio::test]
async fn an_ordinary_user_reads_security_descriptors() {
    in_lab!();
    let base = format!("CN=Microsoft Exchange,CN=Services,CN=Configuration,{DOMAIN}");
    let every = search(&base, Scope::Sub, "(objectClass=*)", &["nTSecurityDescriptor"]);
    let rows = Ldap::new(config())
        .search(&Search {
            security_descriptors: true,
            ..every
        })
        .await
        .unwrap();
    assert!(rows.len() > 40, "{}", rows.len());
    for row in rows {
        match row.get("nTSecurityDescriptor") {
            // revision 1, self-relative, with owner, group and access list
            Some(FactValue::Bytes(bytes)) => assert_eq!((bytes[0], bytes[3] & 0x80), (1, 0x80)),
            other => panic!("{}: {other:?}", text(&row, "dn")),
        }
    }
}

#[tokio::test]
async fn what_nobody_in_particular_may_ask() {
    in_lab!();
    let anonymous = Ldap::new(LdapConfig {
        log_on: LogOn::Anonymous,
        ..config()
    });
    let own = search(
        "",
        Scope::Base,
        "(objectClass=*)",
        &["defaultNamingContext", "supportedControl"],
    );
    let rows = anonymous.search(&own).await.unwrap();
    assert_eq!(text(&rows[0], "defaultNamingContext"), DOMAIN);
    assert!(
        rows[0]
            .get("supportedControl")
            .and_then(FactValue::items)
            .is_some_and(|all| all.len() > 3)
    );
    refused(
        anonymous.search(&root()).await,
        Cause::Denied,
        "wants a log-on first",
    );
}

#[tokio::test]
async fn objects_and_domains_that_are_not_there() {
    in_lab!();
    let ldap = Ldap::new(config());
    let nobody = search(
        &format!("CN=nobody,CN=Users,{DOMAIN}"),
        Scope::Base,
        "(objectClass=*)",
        &["cn"],
    );
    refused(
        ldap.search(&nobody).await,
        Cause::NotFound,
        "there is no such object",
    );
    let none = search(DOMAIN, Scope::Sub, "(cn=nobody-of-this-name)", &["cn"]);
    assert_eq!(
        ldap.search(&none).await.unwrap(),
        [],
        "the references to other parts of the directory are no rows"
    );
    let garbage = search("not a name", Scope::Base, "(objectClass=*)", &["cn"]);
    eprintln!("{}", ldap.search(&garbage).await.unwrap_err());
    let elsewhere = search("DC=elsewhere,DC=example", Scope::Base, "(objectClass=*)", &["dc"]);
    refused(
        ldap.search(&elsewhere).await,
        Cause::NotFound,
        "there is no such object",
    );
}

/// Answers the first log-on and the first search of each connection; the search with a referral.
async fn referring_server(to: &'static str) -> u16 {
    let listener = TcpListener::bind((lab("SOURCE_IP"), 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let mut request = [0; 4096];
            let _ = client.read(&mut request).await;
            let _ = client
                .write_all(b"\x30\x0c\x02\x01\x01\x61\x07\x0a\x01\x00\x04\x00\x04\x00")
                .await;
            let _ = client.read(&mut request).await;
            let url = u8::try_from(to.len()).unwrap();
            let head = [
                0x30,
                url + 16,
                2,
                1,
                2,
                0x65,
                url + 11,
                0x0a,
                1,
                10,
                4,
                0,
                4,
                0,
                0xa3,
                url + 2,
                4,
                url,
            ];
            let _ = client.write_all(&[&head, to.as_bytes()].concat()).await;
            let _ = client.read(&mut request).await;
        }
    });
    port
}

#[tokio::test]
async fn a_referral_within_the_domain_is_followed() {
    in_lab!();
    let source = |port| LdapConfig {
        host: lab("SOURCE"),
        port,
        ..plain("DC")
    };
    let port = referring_server("ldap://dc1.corp.example:389/DC=corp,DC=example").await;
    let base = search("DC=elsewhere", Scope::Base, "(objectClass=*)", &["objectSid"]);
    let rows = Ldap::new(source(port)).search(&base).await.unwrap();
    assert_eq!(text(&rows[0], "dn"), DOMAIN);
    let port = referring_server("ldap://dc1.other.example/DC=other,DC=example").await;
    refused(ask(source(port)).await, Cause::Unsupported, "leaves the domain");
}

#[tokio::test]
async fn the_global_catalogue() {
    in_lab!();
    let alice = search(
        "",
        Scope::Sub,
        "(mailNickname=alice)",
        &["homeMDB", "msExchMailboxGuid"],
    );
    let binary = BTreeSet::from(["MSEXCHMAILBOXGUID".to_owned()]);
    let config = LdapConfig {
        port: 3269,
        ..config()
    };
    let rows = Ldap::new(config)
        .search(&Search { binary, ..alice })
        .await
        .unwrap();
    assert!(text(&rows[0], "homeMDB").starts_with("CN=Mailbox Store (SRCMAIL),"));
    assert!(matches!(rows[0].get("msExchMailboxGuid"), Some(FactValue::Bytes(guid)) if guid.len() == 16));
}
