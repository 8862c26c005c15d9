//! Wrong usage: status 2, said in the shape that was asked for, and never a token said back.

use crate::session::Session;

#[test]
fn wrong_usage_is_status_2_and_an_object_where_json_was_asked_for() {
    let session = Session::without_keychain();
    for args in [
        &["frobnicate"][..],
        &["accounts", "surplus"],
        &["show"],
        &["rename", "Work"],
        &["link"],
        &["link", "--token-stdin"],
        &["instance"],
        &["instance", "add"],
        &["completions", "tcsh-of-old"],
        &["accounts", "--frobnicate"],
        &[],
    ] {
        let said = session.run(&[args, &["--json"]].concat(), b"");
        assert_eq!((said.code().as_str(), said.status), ("usage", 2), "{args:?}");
        assert_eq!(said.err, "", "{args:?}");
        let said = session.run(args, b"");
        assert_eq!((said.out.as_str(), said.status), ("", 2), "{args:?}");
        assert!(said.err.starts_with("lablink: "), "{args:?}: {said:?}");
        assert!(said.err.lines().count() >= 2, "no hint: {said:?}");
    }
    assert!(!session.home().exists(), "wrong usage made a home");
}

#[test]
fn a_token_on_the_command_line_is_never_said_back() {
    let session = Session::without_keychain();
    for args in [
        &["link", "https://git.example.test", "glpat-canary0123456789"][..],
        &[
            "link",
            "https://git.example.test",
            "--token",
            "glpat-canary0123456789",
        ],
        &[
            "link",
            "https://git.example.test",
            "--token=glpat-canary0123456789",
        ],
        &[
            "link",
            "https://git.example.test",
            "--token-stdin=glpat-canary0123456789",
        ],
        &["glpat-canary0123456789"],
        &[
            "link",
            "https://git.example.test",
            "--token-stdin",
            "canary01234567890123456789abcdefabcdef",
        ],
        &[
            "link",
            "https://git.example.test",
            "--token-stdin=canary01234567890123456789abcdefabcdef",
        ],
        &["canary01234567890123456789abcdefabcdef"],
        &[
            "instance",
            "add",
            "--offline",
            "https://git.example.test",
            "canary0123456789",
        ],
    ] {
        for args in [args.to_vec(), [args, &["--json"]].concat()] {
            let said = session.run(&args, b"");
            assert_eq!(said.status, 2, "{said:?}");
            said.never_says("canary");
        }
    }
    let said = session.run(&["show", "glpat-canary0123456789"], b"");
    assert_eq!(said.status, 3);
    said.never_says("canary");
}

#[test]
fn a_token_is_never_taken_for_a_name() {
    let session = Session::new();
    for args in [
        &[
            "link",
            "https://git.example.test",
            "--token-stdin",
            "--name",
            "glpat-canary0123456789",
        ][..],
        &["rename", "Work", "glpat-canary0123456789"],
    ] {
        let said = session.json(args, b"glpat-x");
        assert_eq!((said.code().as_str(), said.status), ("usage", 2), "{said:?}");
        said.never_says("canary");
    }
}

#[test]
fn arguments_that_are_no_text_are_wrong_usage() {
    use std::os::unix::ffi::OsStrExt as _;
    let session = Session::without_keychain();
    let mut command = session.command(&["--json", "show"]);
    command.arg(std::ffi::OsStr::from_bytes(b"\xff\xfe"));
    let said = crate::session::finish(command, b"");
    assert_eq!((said.code().as_str(), said.status), ("usage", 2), "{said:?}");
}

#[test]
fn nothing_is_asked_where_standard_input_is_no_terminal() {
    let session = Session::new();
    let said = session.json(&["keychain", "use-file"], b"");
    assert_eq!((said.code().as_str(), said.status), ("usage", 2));
}

#[test]
fn scopes_must_name_some() {
    let session = Session::without_keychain();
    for scopes in ["", "  ", "API!", "api;rm"] {
        let said = session.json(
            &["link", "https://x.test", "--token-stdin", "--scopes", scopes],
            b"t",
        );
        assert_eq!((said.code().as_str(), said.status), ("usage", 2), "{scopes:?}");
    }
}

#[test]
fn names_nobody_is_linked_under_need_a_person() {
    let session = Session::without_keychain();
    for args in [
        &["show", "Nobody"][..],
        &["check", "Nobody"],
        &["rename", "Nobody", "Somebody"],
        &["unlink", "Nobody"],
        &["log", "Nobody"],
    ] {
        let said = session.json(args, b"");
        assert_eq!(
            (said.code().as_str(), said.status),
            ("account_not_found", 3),
            "{args:?}"
        );
    }
}

#[test]
fn unreadable_authority_files_are_named() {
    let session = Session::without_keychain();
    let missing = session.home().join("missing.pem");
    let add = |file: &str| {
        session.json(
            &["instance", "add", "--offline", "https://x.test", "--ca", file],
            b"",
        )
    };
    let said = add(missing.to_str().unwrap());
    assert_eq!((said.code().as_str(), said.status), ("ca_file_unreadable", 2));
    let garbage = session.keyring.room().path("garbage.pem");
    std::fs::write(&garbage, "no certificate").unwrap();
    let said = add(garbage.to_str().unwrap());
    assert_eq!((said.code().as_str(), said.status), ("authority_invalid", 2));
}

#[test]
fn a_home_that_is_not_absolute_or_not_usable_is_named() {
    let session = Session::without_keychain();
    let file = session.keyring.room().path("file");
    std::fs::write(&file, "").unwrap();
    for home in [
        "relative/home".to_owned(),
        file.join("below").to_str().unwrap().to_owned(),
    ] {
        let mut command = session.command(&["--json", "accounts"]);
        command.env("LABLINK_HOME", &home);
        let said = crate::session::finish(command, b"");
        assert_eq!(
            (said.code().as_str(), said.status),
            ("home_unusable", 2),
            "{home}: {said:?}"
        );
    }
}

#[test]
fn a_home_folder_that_depends_on_where_one_stands_is_none() {
    let session = Session::without_keychain();
    let room = session.keyring.room().folder().to_owned();
    let mut command = session.command(&["--json", "accounts"]);
    command
        .env_remove("LABLINK_HOME")
        .env("HOME", "elsewhere")
        .env_remove("XDG_DATA_HOME")
        .current_dir(&room);
    let said = crate::session::finish(command, b"");
    assert_eq!(
        (said.code().as_str(), said.status),
        ("home_unusable", 2),
        "{said:?}"
    );
    assert!(!room.join("elsewhere").exists());
}
