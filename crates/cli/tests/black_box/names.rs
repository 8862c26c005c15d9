//! Display names: unique, visible, short; a bad one costs nothing.

use stage::Simulator;

use crate::session::Session;

#[test]
fn bad_names_are_refused_before_anything_is_asked() {
    let session = Session::new();
    let simulator = Simulator::start().unwrap();
    let token = simulator.token_of("ada").unwrap().to_owned();
    let long = "ü".repeat(61);
    for (name, code) in [
        ("", "name_empty"),
        ("   ", "name_empty"),
        (long.as_str(), "name_too_long"),
        ("a\u{1b}[31mb", "name_invalid"),
        ("a\nb", "name_invalid"),
        ("a\u{202e}b", "name_invalid"),
    ] {
        session.refused(
            &["link", simulator.address(), "--name", name, "--token-stdin"],
            token.as_bytes(),
            code,
            2,
        );
    }
    let used = simulator
        .requests()
        .unwrap()
        .into_iter()
        .filter(|asked| asked.path.contains("personal_access_tokens"));
    assert_eq!(used.count(), 0, "the token was sent although the name was bad");
}

#[test]
fn names_are_unique_folded_and_can_be_changed() {
    let session = Session::new();
    let simulator = Simulator::start().unwrap();
    let token = simulator.token_of("ada").unwrap().to_owned();
    session.link(&simulator, "Straße  Eins", &token);
    let args = [
        "link",
        simulator.address(),
        "--name",
        "STRASSE eins",
        "--token-stdin",
    ];
    let said = session.json(&args, token.as_bytes());
    assert_eq!((said.code().as_str(), said.status), ("name_taken", 2), "{said:?}");
    assert_eq!(session.names(), ["Straße  Eins"]);
    assert_eq!(session.keyring.items().unwrap(), 1);

    let said = session.json(&["rename", "strasse EINS", "Work"], b"");
    assert_eq!(
        (said.status, &said.object()["account"]["name"]),
        (0, &"Work".into()),
        "{said:?}"
    );
    assert_eq!(
        session.json(&["show", "work"], b"").object()["account"]["name"],
        "Work"
    );
    let said = session.json(&["show", "Straße Eins"], b"");
    assert_eq!((said.code().as_str(), said.status), ("account_not_found", 3));

    for (new, code) in [
        ("", "name_empty"),
        (&*"x".repeat(61), "name_too_long"),
        ("a\tb", "name_invalid"),
    ] {
        let said = session.json(&["rename", "Work", new], b"");
        assert_eq!((said.code().as_str(), said.status), (code, 2), "{new:?}");
    }
    session.link(&simulator, "Other", &token);
    let said = session.json(&["rename", "Other", "wORK"], b"");
    assert_eq!((said.code().as_str(), said.status), ("name_taken", 2));
    // Its own name in other letters is not taken.
    let said = session.json(&["rename", "Work", "WORK"], b"");
    assert_eq!(
        (said.status, &said.object()["account"]["name"]),
        (0, &"WORK".into())
    );
}

#[test]
fn a_name_is_suggested_and_numbered() {
    let session = Session::new();
    let simulator = Simulator::start().unwrap();
    let token = simulator.token_of("ada").unwrap().to_owned();
    for _ in 0..2 {
        let said = session.json(&["link", simulator.address(), "--token-stdin"], token.as_bytes());
        assert_eq!(said.status, 0, "{said:?}");
    }
    assert_eq!(session.names(), ["127.0.0.1", "127.0.0.1 2"]);
}

#[test]
fn names_that_nobody_gave_never_collide() {
    let (session, simulator) = (Session::new(), Simulator::start().unwrap());
    let token = simulator.token_of("ada").unwrap();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let said = session.json(&["link", simulator.address(), "--token-stdin"], token.as_bytes());
                assert_eq!(said.status, 0, "{said:?}");
            });
        }
    });
    let mut names = session.names();
    names.sort();
    assert_eq!(names, ["127.0.0.1", "127.0.0.1 2", "127.0.0.1 3", "127.0.0.1 4"]);
    assert_eq!(session.keyring.items().unwrap(), 4);
}
