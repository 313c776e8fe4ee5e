//! Files.

use super::*;

const FOLDER: &str = r"C:\Tools";

fn at(name: &str) -> String {
    format!("{FOLDER}\\{name}")
}

fn copy(name: &str, from: &std::path::Path, keep: Option<&str>) -> Act {
    Act::Copy {
        path: at(name),
        from: from.to_owned(),
        keep: keep.map(at),
    }
}

fn remove(name: &str, restore: Option<&str>) -> Act {
    Act::Remove {
        path: at(name),
        restore: restore.map(at),
    }
}

/// Names and digests of what lies in the folder, by Samba's own client and by our questions.
async fn now(names: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for name in names {
        match ask(rpc("TARGET"), &file(&at(name), &[FilePart::Sha256])).await {
            Ok(rows) => found.push(text(&rows[0], "sha256")),
            Err(absence) => found.push(absence.cause.to_string()),
        }
    }
    found
}

/// The names in the folder, as its disk has them.
fn listed() -> Vec<String> {
    let folder = PathBuf::from(lab("HOME")).join("tgtmail/C/Tools");
    let entries = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// The bytes of a file, as another client fetches them.
fn fetched(name: &str) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().join("fetched");
    let share = format!("//{}/Tools", lab("TARGET"));
    let get = format!("get {name} {}", to.display());
    let said = said("smbclient", &[&share, "-c", &get]);
    std::fs::read(to).unwrap_or_else(|_| panic!("{said}"))
}

fn digest(bytes: &[u8]) -> String {
    use sha2::Digest as _;
    data_encoding::HEXLOWER.encode(&sha2::Sha256::digest(bytes))
}

/// Bytes of which several pieces are made.
fn large() -> Vec<u8> {
    (0..700_001_u32).map(|n| (n * 31 % 251) as u8).collect()
}

#[tokio::test]
async fn they_arrive_whole_and_come_back() {
    in_lab!();
    let _alone = HOSTS.write().await;
    let folder = tempfile::tempdir().unwrap();
    let (first, second) = (folder.path().join("first"), folder.path().join("second"));
    std::fs::write(&first, large()).unwrap();
    std::fs::write(&second, b"").unwrap();
    let (one, other) = (digest(&large()), digest(b""));
    let names = ["copied.dll", "copied.dll.before"];
    let before = listed();
    for config in [rpc("TARGET"), ssh("TARGET")] {
        let host = Host::new(config);
        // nothing is there, so nothing is kept
        host.act(&copy(names[0], &first, Some(names[1]))).await.unwrap();
        assert_eq!(now(&names).await, [&*one, "not_found"]);
        assert_eq!(fetched(names[0]), large());
        host.act(&copy(names[0], &second, Some(names[1]))).await.unwrap();
        assert_eq!(now(&names).await, [&*other, &*one]);
        // what is kept is not lost
        let absence = host
            .act(&copy(names[0], &first, Some(names[1])))
            .await
            .unwrap_err();
        assert!(
            absence.refused && absence.why.detail.contains("would be lost"),
            "{absence:?}"
        );
        assert_eq!(now(&names).await, [&*other, &*one]);
        host.act(&remove(names[0], Some(names[1]))).await.unwrap();
        assert_eq!(now(&names).await, [&*one, "not_found"]);
        // without a name for it, the file that is there goes
        host.act(&copy(names[0], &second, None)).await.unwrap();
        assert_eq!(now(&names).await, [&*other, "not_found"]);
        for _ in 0..2 {
            host.act(&remove(names[0], None)).await.unwrap();
        }
        // the session ends what it left for later
        host.ask(&share("Tools")).await.unwrap();
        assert_eq!(listed(), before);
    }
}

#[tokio::test]
async fn hostile_names_are_written_as_they_are() {
    in_lab!();
    let _alone = HOSTS.write().await;
    let folder = tempfile::tempdir().unwrap();
    let from = folder.path().join("from");
    std::fs::write(&from, b"bytes").unwrap();
    let before = listed();
    for config in [rpc("TARGET"), ssh("TARGET")] {
        let host = Host::new(config.clone());
        for name in HOSTILE {
            let kept = format!("{name}.before");
            if name.contains('"') {
                assert_eq!(
                    refused(&config, &copy(name, &from, None)).await.cause,
                    Cause::Unsupported
                );
                continue;
            }
            host.act(&copy(name, &from, Some(&kept))).await.unwrap();
            host.act(&copy(name, &from, Some(&kept))).await.unwrap();
            assert_eq!(
                now(&[name, &kept]).await,
                [digest(b"bytes"), digest(b"bytes")],
                "{name}"
            );
            assert!(
                listed().iter().any(|listed| listed == name),
                "{name}: {:?}",
                listed()
            );
            host.act(&remove(&kept, None)).await.unwrap();
            host.act(&remove(name, Some(&kept))).await.unwrap();
        }
        host.ask(&share("Tools")).await.unwrap();
        assert_eq!(listed(), before);
    }
}

#[tokio::test]
async fn what_is_refused_leaves_nothing_behind() {
    in_lab!();
    let _alone = HOSTS.write().await;
    let folder = tempfile::tempdir().unwrap();
    let from = folder.path().join("from");
    std::fs::write(&from, b"bytes").unwrap();
    let before = listed();
    let elsewhere = |path: &str| Act::Copy {
        path: path.into(),
        from: from.clone(),
        keep: None,
    };
    for config in [rpc("TARGET"), ssh("TARGET")] {
        for (act, cause) in [
            (copy("a", &folder.path().join("not there"), None), Cause::NotFound),
            (copy("a", folder.path(), None), Cause::Malformed),
            (copy("NUL", &from, None), Cause::Unsupported),
            (copy(r"..\a", &from, None), Cause::Unsupported),
            (copy(&"x".repeat(10_000), &from, None), Cause::Unsupported),
            (elsewhere(r"C:\No\Such\a"), Cause::NotFound),
        ] {
            let absence = refused(&config, &act).await;
            assert_eq!(absence.cause, cause, "{act:?}: {absence}");
        }
        // a folder is no file
        refused(&config, &elsewhere(r"C:\Tools")).await;
    }
    let drive = refused(&rpc("TARGET"), &elsewhere(r"Q:\a")).await;
    assert_eq!(drive.cause, Cause::NotFound, "{drive}");
    let reader = HostConfig {
        carrier: Carrier::Rpc(password("HOST_READER")),
        ..rpc("TARGET")
    };
    for act in [copy("a", &from, None), remove("readme.txt", None)] {
        assert_eq!(refused(&reader, &act).await.cause, Cause::Denied);
    }
    assert_eq!(listed(), before);
}

#[tokio::test]
async fn folders_are_made_once_and_go_only_when_empty() {
    in_lab!();
    let _alone = HOSTS.write().await;
    let folder = tempfile::tempdir().unwrap();
    let from = folder.path().join("from");
    std::fs::write(&from, b"bytes").unwrap();
    let make = |path: &str| Act::MakeFolder { path: path.into() };
    let gone = |path: &str| Act::RemoveFolder { path: path.into() };
    let before = listed();
    for config in [rpc("TARGET"), ssh("TARGET")] {
        let host = Host::new(config.clone());
        let name = at("J\u{fc}rgen's & {{ x }}");
        for _ in 0..2 {
            host.act(&make(&name)).await.unwrap();
        }
        let rows = ask(rpc("TARGET"), &file(&name, &[])).await.unwrap();
        assert_eq!(text(&rows[0], "kind"), "folder");
        let inside = Act::Copy {
            path: format!("{name}\\a.txt"),
            from: from.clone(),
            keep: None,
        };
        host.act(&inside).await.unwrap();
        assert_eq!(refused(&config, &gone(&name)).await.cause, Cause::Unsupported);
        let empty = Act::Remove {
            path: format!("{name}\\a.txt"),
            restore: None,
        };
        host.act(&empty).await.unwrap();
        for _ in 0..2 {
            host.act(&gone(&name)).await.unwrap();
        }
        assert_eq!(listed(), before);
        for (act, cause) in [
            (make(r"C:\No\Such\a"), Cause::NotFound),
            (make(&at("readme.txt")), Cause::Malformed),
            (gone(&at("readme.txt")), Cause::Malformed),
            (make(r"..\a"), Cause::Unsupported),
            (make(&at("NUL")), Cause::Unsupported),
        ] {
            let absence = refused(&config, &act).await;
            assert_eq!(absence.cause, cause, "{act:?}: {absence}");
        }
    }
    assert_eq!(listed(), before);
}

#[tokio::test]
async fn what_is_kept_may_be_kept_once_more() {
    in_lab!();
    let _alone = HOSTS.write().await;
    let folder = tempfile::tempdir().unwrap();
    let from = folder.path().join("from");
    std::fs::write(&from, b"bytes").unwrap();
    let (name, kept) = ("again.cmd", "again.cmd.kept");
    let before = listed();
    for config in [rpc("TARGET"), ssh("TARGET")] {
        let host = Host::new(config);
        host.act(&copy(name, &from, None)).await.unwrap();
        host.act(&copy(kept, &from, None)).await.unwrap();
        // the same lies there under that name already, and nothing would be lost
        host.act(&copy(name, &from, Some(kept))).await.unwrap();
        assert_eq!(now(&[name, kept]).await, [digest(b"bytes"), digest(b"bytes")]);
        host.act(&remove(kept, None)).await.unwrap();
        host.act(&remove(name, None)).await.unwrap();
        host.ask(&share("Tools")).await.unwrap();
        assert_eq!(listed(), before);
    }
    // of two that are too large for a digest nobody knows whether they are the same
    let tools = PathBuf::from(lab("HOME")).join("tgtmail/C/Tools");
    for large in [name, kept] {
        let file = std::fs::File::create(tools.join(large)).unwrap();
        file.set_len(257 * 1024 * 1024).unwrap();
    }
    let absence = refused(&rpc("TARGET"), &copy(name, &from, Some(kept))).await;
    assert!(absence.detail.contains("would be lost"), "{absence}");
    for large in [name, kept] {
        std::fs::remove_file(tools.join(large)).unwrap();
    }
    assert_eq!(listed(), before);
}
