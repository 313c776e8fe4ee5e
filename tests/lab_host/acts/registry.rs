//! The registry.

use super::*;

const KEY: &str = r"HKLM\SOFTWARE\Standin Lab\Types";

fn set(name: &str, data: RegistryData) -> Act {
    Act::SetValue {
        key: KEY.to_owned(),
        name: name.to_owned(),
        data,
        view32: false,
    }
}

fn delete(name: &str) -> Act {
    Act::DeleteValue {
        key: KEY.to_owned(),
        name: name.to_owned(),
        view32: false,
    }
}

async fn all(config: HostConfig) -> Vec<String> {
    told(&ask(config, &registry(KEY, RegistryPart::Values)).await)
}

/// Kind and value as the target tells them.
async fn now(name: &str) -> (String, FactValue) {
    let rows = ask(rpc("TARGET"), &value(KEY, name)).await.unwrap();
    (text(&rows[0], "kind"), rows[0].get("value").unwrap().clone())
}

#[tokio::test]
async fn every_kind_is_written_read_back_and_deleted() {
    in_lab!();
    let _alone = HOSTS.write().await;
    let before = all(rpc("TARGET")).await;
    let long = "lots 😀 ".repeat(1500);
    for config in [rpc("TARGET"), ssh("TARGET")] {
        let host = Host::new(config);
        for (data, kind, value) in [
            (RegistryData::Text(String::new()), "REG_SZ", FactValue::text("")),
            (
                RegistryData::Text(long.clone()),
                "REG_SZ",
                FactValue::text(long.as_str()),
            ),
            (
                RegistryData::Expandable("%A%".into()),
                "REG_EXPAND_SZ",
                FactValue::text("%A%"),
            ),
            (
                RegistryData::Texts(vec!["a".into(), "b c".into()]),
                "REG_MULTI_SZ",
                FactValue::list(["a", "b c"].map(FactValue::text)),
            ),
            (
                RegistryData::Texts(Vec::new()),
                "REG_MULTI_SZ",
                FactValue::list([]),
            ),
            (
                RegistryData::Dword(u32::MAX),
                "REG_DWORD",
                FactValue::Int(u32::MAX.into()),
            ),
            (RegistryData::Qword(1 << 40), "REG_QWORD", FactValue::Int(1 << 40)),
            (
                RegistryData::Binary(vec![0, 255, 10]),
                "REG_BINARY",
                FactValue::Bytes([0, 255, 10].into()),
            ),
        ] {
            for name in ["written", "WRITTEN"] {
                host.act(&set(name, data.clone())).await.unwrap();
                assert_eq!(now("written").await, (kind.to_owned(), value.clone()));
            }
        }
        let server = lab("TARGET");
        let other = said(
            "net",
            &["rpc", "registry", "getvalue", KEY, "written", "-S", &server],
        );
        assert!(
            other.to_lowercase().contains("00ff0a") || other.contains("REG_BINARY"),
            "{other}"
        );
        // what is not there any more is fine
        for _ in 0..2 {
            host.act(&delete("written")).await.unwrap();
        }
        assert_eq!(all(rpc("TARGET")).await, before);
    }
}

#[tokio::test]
async fn hostile_names_and_texts_are_read_back_unchanged() {
    in_lab!();
    let _alone = HOSTS.write().await;
    let before = all(rpc("TARGET")).await;
    let control = "line\r\nend\ttab\u{1}\u{7f}\u{85}";
    for config in [rpc("TARGET"), ssh("TARGET")] {
        let host = Host::new(config);
        for hostile in HOSTILE.into_iter().chain([control]) {
            let name = if hostile == control { "control" } else { hostile };
            host.act(&set(name, RegistryData::Text(hostile.into())))
                .await
                .unwrap();
            assert_eq!(now(name).await.1, FactValue::text(hostile), "{hostile:?}");
            host.act(&delete(name)).await.unwrap();
        }
        assert_eq!(all(rpc("TARGET")).await, before);
    }
}

#[tokio::test]
async fn what_is_refused_changes_nothing() {
    in_lab!();
    let _alone = HOSTS.write().await;
    let before = all(rpc("TARGET")).await;
    for config in [rpc("TARGET"), ssh("TARGET")] {
        for name in ["a\nb", "a\0b", &"x".repeat(10_000)] {
            let absence = refused(&config, &set(name, RegistryData::Dword(1))).await;
            assert_eq!(absence.cause, Cause::Unsupported, "{absence}");
        }
        let absence = refused(&config, &set("a", RegistryData::Text("x\0y".into()))).await;
        assert!(absence.detail.contains("zero"), "{absence}");
        // no key is made on the way
        let key = r"HKLM\SOFTWARE\Standin Lab\No Such Key".to_owned();
        for act in [
            Act::SetValue {
                key: key.clone(),
                name: "a".into(),
                data: RegistryData::Dword(1),
                view32: false,
            },
            Act::DeleteValue {
                key: key.clone(),
                name: "a".into(),
                view32: false,
            },
        ] {
            let absence = refused(&config, &act).await;
            assert_eq!(absence.cause, Cause::NotFound, "{absence}");
            assert_eq!(&*absence.detail, &*format!("the host has no key {key}"));
        }
        let keys = registry(&key, RegistryPart::Keys);
        assert_eq!(
            ask(rpc("TARGET"), &keys).await.unwrap_err().cause,
            Cause::NotFound
        );
    }
    let reader = HostConfig {
        carrier: Carrier::Rpc(password("HOST_READER")),
        ..rpc("TARGET")
    };
    let absence = refused(&reader, &set("a", RegistryData::Dword(1))).await;
    assert_eq!(absence.cause, Cause::Denied, "{absence}");
    assert_eq!(all(rpc("TARGET")).await, before);
}
