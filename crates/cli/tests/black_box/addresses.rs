//! Addresses as people paste them: one normal form, or a reason why not; nothing is stored for a bad one.

use crate::session::Session;

#[test]
fn every_way_to_paste_an_address_has_one_normal_form() {
    let session = Session::without_keychain();
    for (pasted, address) in [
        ("git.example.test", "https://git.example.test"),
        ("  https://git.example.test/ \n", "https://git.example.test"),
        ("HTTPS://GIT.Example.TEST:443/", "https://git.example.test"),
        ("https://git.example.test.:8443", "https://git.example.test:8443"),
        (
            "https://git.example.test/gitlab/",
            "https://git.example.test/gitlab",
        ),
        (
            "https://git.example.test/team/app/-/merge_requests/7#note_3",
            "https://git.example.test",
        ),
        ("git@git.example.test:team/app.git", "https://git.example.test"),
        (
            "ssh://git@git.example.test:2222/team/app.git",
            "https://git.example.test",
        ),
        ("https://[2001:DB8::1]:8443", "https://[2001:db8::1]:8443"),
        ("https://bücher.example", "https://xn--bcher-kva.example"),
        ("https://xn--bcher-kva.example", "https://xn--bcher-kva.example"),
        ("http://127.0.0.1:3000/gitlab", "http://127.0.0.1:3000/gitlab"),
    ] {
        let said = session.json(&["instance", "add", pasted, "--offline"], b"");
        assert_eq!(said.status, 0, "{pasted}: {said:?}");
        assert_eq!(said.object()["instance"]["address"], address, "{pasted}");
    }
    let listed = session.json(&["instance", "list"], b"").object();
    let addresses: Vec<&str> = listed["instances"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["address"].as_str().unwrap())
        .collect();
    assert_eq!(
        addresses[0], "https://gitlab.com",
        "GitLab.com is there from the start"
    );
    let mut unique = addresses.clone();
    unique.sort_unstable();
    unique.dedup();
    assert_eq!(
        unique.len(),
        addresses.len(),
        "adding twice made two: {addresses:?}"
    );
}

#[test]
fn bad_addresses_are_refused_each_with_its_reason_and_nothing_is_stored() {
    let session = Session::new();
    let long = format!("https://{}.example.test", "a".repeat(10_240));
    for (address, code) in [
        ("", "address_empty"),
        ("   ", "address_empty"),
        (long.as_str(), "address_too_long"),
        ("javascript:alert(1)", "address_scheme"),
        ("file:///etc/passwd", "address_scheme"),
        ("ftp://git.example.test", "address_scheme"),
        ("https://user:password@git.example.test", "address_user_info"),
        (
            "https://glpat-canary0123456789@git.example.test",
            "address_user_info",
        ),
        ("glpat-canary0123456789abcd", "address_token"),
        (
            "https://git.example.test/glpat-canary0123456789abcd",
            "address_token",
        ),
        ("https://git.exаmple.test", "address_mixed_script"),
        ("https://git.example.test/\u{202e}", "address_control"),
        ("https://git.\u{0}example.test", "address_control"),
        ("https://git.example.test:99999", "address_invalid"),
        ("two words", "address_invalid"),
        ("https://", "address_invalid"),
        ("http://git.example.test", "http_needs_consent"),
    ] {
        if address.contains('\0') {
            // No argument can hold a NUL: the system refuses it before the program starts.
            continue;
        }
        for args in [
            &["link", address, "--token-stdin"][..],
            &["instance", "add", address, "--offline"],
        ] {
            let said = session.refused(args, b"glpat-canary", code, 2);
            said.never_says("canary");
            said.never_says("password@");
        }
    }
    let listed = session.json(&["instance", "list"], b"").object();
    assert_eq!(
        listed["instances"].as_array().unwrap().len(),
        1,
        "a bad address was stored"
    );
}

#[test]
fn adding_an_instance_asks_the_server_and_finds_its_subpath() {
    let session = Session::without_keychain();
    let simulator = stage::Simulator::with(&["--subpath", "/tools/gitlab"]).unwrap();
    let page = format!("{}/ada/notes/-/issues", simulator.address());
    let said = session.json(&["instance", "add", &page, "--client-id", "0123abcd"], b"");
    assert_eq!(said.status, 0, "{said:?}");
    let instance = said.object()["instance"].clone();
    assert_eq!(
        (&instance["address"], &instance["client_id"]),
        (&simulator.address().into(), &"0123abcd".into())
    );
    let said = session.json(&["instance", "remove", simulator.address()], b"");
    assert_eq!(said.status, 0, "{said:?}");
    assert_eq!(said.object()["removed"]["address"], simulator.address());

    let nginx = stage::Simulator::with(&["--persona", "nginx"]).unwrap();
    session.refused(&["instance", "add", nginx.address()], b"", "not_gitlab", 1);
}

#[test]
fn the_doctor_never_says_a_password_back() {
    let session = Session::without_keychain();
    for args in [
        &["doctor", "https://ada:hunter2@git.example.test"][..],
        &["doctor", "https://glpat-hunter2@x.test"],
    ] {
        for said in [session.run(args, b""), session.json(args, b"")] {
            assert_ne!(said.status, 0);
            said.never_says("hunter2");
        }
    }
}

#[test]
fn an_instance_that_is_used_or_built_in_stays() {
    let session = Session::new();
    let simulator = stage::Simulator::start().unwrap();
    session.link(&simulator, "Work", simulator.token_of("ada").unwrap());
    let said = session.json(&["instance", "remove", simulator.address()], b"");
    assert_eq!((said.code().as_str(), said.status), ("instance_in_use", 2));
    let said = session.json(&["instance", "remove", "https://gitlab.com"], b"");
    assert_eq!((said.code().as_str(), said.status), ("instance_built_in", 2));
    let said = session.json(&["instance", "remove", "https://unknown.example.test"], b"");
    assert_eq!((said.code().as_str(), said.status), ("instance_not_found", 2));
    assert_eq!(session.json(&["unlink", "Work"], b"").status, 0);
    let said = session.json(&["instance", "remove", simulator.address()], b"");
    assert_eq!(said.status, 0, "{said:?}");
}
