//! Keychains that are absent, locked or hang, and the encrypted file people may choose instead.

use std::process::Stdio;

use stage::{Keyring, Simulator, until};

use crate::session::{Session, finish};

fn refused(session: &Session, code: &str) {
    let simulator = Simulator::start().unwrap();
    let args = ["link", simulator.address(), "--name", "Work", "--token-stdin"];
    let said = session.json(&args, simulator.token_of("ada").unwrap().as_bytes());
    assert_eq!((said.code().as_str(), said.status), (code, 5), "{said:?}");
    assert_eq!(session.names(), Vec::<String>::new());
}

#[test]
fn no_keychain() {
    let session = Session::without_keychain();
    refused(&session, "keychain_absent");
    let said = session.json(&["keychain", "status"], b"");
    assert_eq!(
        (said.status, &said.object()["keychain"]["state"]),
        (5, &"absent".into()),
        "{said:?}"
    );
}

#[test]
fn no_session_bus() {
    let mut session = Session::without_keychain();
    session
        .keyring
        .room_mut()
        .set("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent/bus");
    refused(&session, "keychain_absent");
}

#[test]
fn a_locked_keychain() {
    let session = Session {
        keyring: Keyring::locked().unwrap(),
    };
    refused(&session, "keychain_locked");
    let said = session.json(&["keychain", "status"], b"");
    assert_eq!(
        (said.status, &said.object()["keychain"]["state"]),
        (5, &"locked".into()),
        "{said:?}"
    );
    session.keyring.unlock().unwrap();
    assert_eq!(session.keyring.items().unwrap(), 0);
}

#[test]
fn a_keychain_that_hangs() {
    let session = Session::new();
    session.keyring.freeze().unwrap();
    refused(&session, "keychain_hung");
    session.keyring.thaw().unwrap();
    assert_eq!(session.keyring.items().unwrap(), 0);
}

#[test]
fn a_keychain_locked_later_keeps_the_account_and_says_so() {
    let session = Session::new();
    let simulator = Simulator::start().unwrap();
    session.link(&simulator, "Work", simulator.token_of("ada").unwrap());
    session.keyring.lock().unwrap();
    let said = session.json(&["check"], b"");
    assert_eq!(said.status, 5, "{said:?}");
    let said = session.json(&["unlink", "Work"], b"");
    assert_eq!(
        (said.code().as_str(), said.status),
        ("keychain_locked", 5),
        "{said:?}"
    );
    assert_eq!(session.names(), ["Work"]);
    session.keyring.unlock().unwrap();
    let said = session.json(&["check"], b"");
    assert_eq!(
        (said.status, &said.object()["accounts"][0]["health"]["state"]),
        (0, &"linked".into()),
        "{said:?}"
    );
}

#[test]
fn a_keychain_that_works() {
    let session = Session::new();
    let said = session.json(&["keychain", "status"], b"");
    let keychain = said.object()["keychain"].clone();
    assert_eq!(
        (said.status, &keychain["state"], &keychain["secret_in"]),
        (0, &"ready".into(), &"gnome_keyring".into())
    );
    assert_eq!(
        session.keyring.items().unwrap(),
        0,
        "asking left something behind"
    );
}

#[test]
fn what_a_killed_trial_left_goes_with_a_later_one_and_nothing_else_does() {
    let (session, simulator) = (Session::new(), Simulator::start().unwrap());
    session.link(&simulator, "Work", simulator.token_of("ada").unwrap());
    // Of somebody else, and what is no trial.
    for (service, username) in [
        ("Other", "probe-0123456789abcdef"),
        ("LabLink", "probe-of-mine"),
        ("LabLink", "account-1"),
    ] {
        let mut store = session.keyring.command("secret-tool");
        store.args([
            "store",
            "--label=x",
            "service",
            service,
            "username",
            username,
            "trial",
            "yes",
        ]);
        store
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        assert_eq!(finish(store, b"x").status, 0);
    }
    let items = || session.keyring.items().unwrap();
    let before = items();
    // Killed between writing the trial's record and removing it, which is a moment to be hit.
    until("a trial to be killed in the middle", || {
        let mut trying = session.command(&["keychain", "status"]).spawn()?;
        while trying.try_wait()?.is_none() && items() == before {}
        trying.kill()?;
        trying.wait()?;
        Ok((items() > before).then_some(()))
    })
    .unwrap();
    assert_eq!(items(), before + 1);

    // It may be of a process that lives.
    assert_eq!(session.json(&["keychain", "status"], b"").status, 0);
    assert_eq!(items(), before + 1, "a young one was removed");
    let later = session.later("+2h", &["--json", "keychain", "status"]);
    assert_eq!(finish(later, b"").status, 0);
    assert_eq!(items(), before);
    assert_eq!(session.json(&["check"], b"").status, 0);
}

#[test]
fn an_encrypted_file_that_is_damaged_is_told_as_that_everywhere() {
    let session = Session::without_keychain();
    let simulator = Simulator::start().unwrap();
    let choose = ["keychain", "use-file", "--passphrase-stdin"];
    assert_eq!(session.json(&choose, b"correct horse\n").status, 0);
    let token = simulator.token_of("ada").unwrap();
    let link = [
        "link",
        simulator.address(),
        "--name",
        "Work",
        "--token-stdin",
        "--passphrase-stdin",
    ];
    let said = session.json(&link, format!("correct horse\n{token}\n").as_bytes());
    assert_eq!(said.status, 0, "{said:?}");
    let file = crate::session::files(&session.home())
        .into_iter()
        .find(|file| file.ends_with("vault.age"))
        .unwrap();
    let whole = std::fs::read(&file).unwrap();
    std::fs::write(&file, &whole[..whole.len() / 2]).unwrap();
    for args in [
        &["check", "--passphrase-stdin"][..],
        &["relink", "Work", "--token-stdin", "--passphrase-stdin"],
        &["unlink", "Work", "--passphrase-stdin"],
        &choose,
    ] {
        let said = session.json(args, format!("correct horse\n{token}\n").as_bytes());
        assert_eq!(
            (said.code().as_str(), said.status),
            ("keychain_file_damaged", 5),
            "{args:?}: {said:?}"
        );
    }
    let said = session.json(&["keychain", "status", "--passphrase-stdin"], b"correct horse\n");
    assert_eq!(
        (said.status, &said.object()["keychain"]["problem"]),
        (5, &"keychain_file_damaged".into()),
        "{said:?}"
    );
    let said = session.json(&["doctor", "--passphrase-stdin"], b"correct horse\n");
    let findings = said.object()["findings"].clone();
    let keychain = findings
        .as_array()
        .unwrap()
        .iter()
        .find(|finding| finding["check"] == "keychain")
        .unwrap_or_else(|| panic!("{said:?}"));
    assert_eq!(keychain["code"], "keychain_file_damaged", "{said:?}");
    // As it was: whoever has a backup puts it back.
    std::fs::write(&file, &whole).unwrap();
    let said = session.json(&["check", "--passphrase-stdin"], b"correct horse\n");
    assert_eq!(said.status, 0, "{said:?}");
}

#[test]
fn a_keychain_that_is_not_there_is_not_chosen() {
    let session = Session::without_keychain();
    let choose = ["keychain", "use-file", "--passphrase-stdin"];
    assert_eq!(session.json(&choose, b"correct horse\n").status, 0);
    let said = session.json(&["keychain", "use-system"], b"");
    assert_eq!(
        (said.code().as_str(), said.status),
        ("keychain_absent", 5),
        "{said:?}"
    );
    let said = session.json(&["keychain", "status", "--passphrase-stdin"], b"correct horse\n");
    assert_eq!(
        (said.status, &said.object()["keychain"]["secret_in"]),
        (0, &"encrypted_file".into()),
        "{said:?}"
    );
}

#[test]
fn an_encrypted_file_by_choice_with_its_passphrase_on_the_first_line() {
    let session = Session::without_keychain();
    let simulator = Simulator::start().unwrap();
    let token = simulator.token_of("ada").unwrap().to_owned();
    let said = session.json(
        &["keychain", "use-file", "--passphrase-stdin"],
        b"correct horse\n",
    );
    assert_eq!(
        (said.status, &said.object()["keychain"]["secret_in"]),
        (0, &"encrypted_file".into()),
        "{said:?}"
    );

    let link = [
        "link",
        simulator.address(),
        "--name",
        "Work",
        "--token-stdin",
        "--passphrase-stdin",
    ];
    let said = session.json(&link, format!("wrong\n{token}\n").as_bytes());
    assert_eq!(
        (said.code().as_str(), said.status),
        ("keychain_wrong_passphrase", 5),
        "{said:?}"
    );
    let said = session.json(&link[..5], token.as_bytes());
    assert_eq!(
        (said.code().as_str(), said.status),
        ("keychain_needs_passphrase", 5),
        "{said:?}"
    );
    let said = session.json(&link, format!("correct horse\n{token}\n").as_bytes());
    assert_eq!(
        (said.status, &said.object()["account"]["secret_in"]),
        (0, &"encrypted_file".into()),
        "{said:?}"
    );

    assert_eq!(session.json(&["check"], b"").status, 5);
    assert_eq!(
        session
            .json(&["check", "--passphrase-stdin"], b"correct horse")
            .status,
        0
    );
    // Listing needs no secret, so no passphrase.
    assert_eq!(session.names(), ["Work"]);
    for file in crate::session::files(&session.home()) {
        let bytes = std::fs::read(&file).unwrap();
        for secret in [token.as_bytes(), b"correct horse"] {
            assert!(
                !bytes.windows(secret.len()).any(|window| window == secret),
                "{} holds it",
                file.display()
            );
        }
    }
    let said = session.json(&["unlink", "Work", "--passphrase-stdin"], b"correct horse\n");
    assert_eq!(
        (said.status, &said.object()["unlinked"]["proved"]),
        (0, &true.into()),
        "{said:?}"
    );
}
