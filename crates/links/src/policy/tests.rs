//! Policies read to the letter, and brought in line with the database.

use super::*;

const PEM: &str = include_str!("../../tests/authority.pem");

fn detail(text: &str) -> String {
    parse(text).err().unwrap_or_else(|| "fine".to_owned())
}

#[test]
fn a_policy_names_instances_and_how_they_are_trusted() {
    let text = format!(
        "lablink_policy = 1\n\
         [[instance]]\n\
         address = 'https://git.example.test/gitlab'\n\
         application_id = 'abc'\n\
         scopes = ['api']\n\
         authority = '''\n{PEM}'''\n\
         [[instance]]\n\
         address = 'http://10.0.0.1'\n\
         allow_http = true\n"
    );
    let seeds = parse(&text).unwrap();
    let said = Said {
        allow_http: false,
        authorities: vec![Authority::from_pem(PEM.as_bytes()).unwrap()[0].to_pem()],
        client_id: Some("abc".to_owned()),
        confidential: false,
        scopes: Some(vec!["api".to_owned()]),
    };
    assert_eq!(seeds[0].address.as_str(), "https://git.example.test/gitlab");
    assert_eq!(seeds[0].said, said);
    assert_eq!(seeds[1].address.as_str(), "http://10.0.0.1");
    assert!(seeds[1].said.allow_http && seeds[1].said.client_id.is_none());
    assert_eq!(parse("lablink_policy = 1").unwrap(), []);
}

#[test]
fn one_mistake_and_none_of_it_is_taken() {
    let one = "[[instance]]\naddress = 'https://git.example.test'\n";
    for (text, expected) in [
        (String::new(), "“lablink_policy” is missing"),
        ("lablink_policy = 2".to_owned(), "version 2"),
        ("lablink_policy = 1\nextra = 1".to_owned(), "“extra”"),
        ("lablink_policy = 1\ninstance = 1".to_owned(), "“instance”"),
        (
            format!("lablink_policy = 1\n{one}{one}"),
            "instance 2: its address stands there twice",
        ),
        (
            format!("lablink_policy = 1\n{one}[[instance]]\naddress = 'https://Git.example.test'"),
            "instance 2: its address should be written https://git.example.test",
        ),
        (
            "lablink_policy = 1\n[[instance]]\naddress = 'https://a:b@git.example.test'".to_owned(),
            "instance 1: its address",
        ),
        (
            format!("lablink_policy = 1\n{one}secret = 'gloas-x'"),
            "instance 1: there is a field “secret”",
        ),
        (
            format!("lablink_policy = 1\n{one}scopes = []"),
            "instance 1: its scopes",
        ),
        (
            format!("lablink_policy = 1\n{one}application_id = ''"),
            "instance 1: its application ID",
        ),
        (
            format!("lablink_policy = 1\n{one}authority = 'x'"),
            "instance 1: its authority",
        ),
        (
            format!("lablink_policy = 1\n{one}allow_http = 'yes'"),
            "“allow_http”",
        ),
        ("lablink_policy = 1\n[[instance]".to_owned(), "line 2"),
    ] {
        let said = detail(&text);
        assert!(said.contains(expected), "{text}\nsaid {said}");
        assert!(!said.contains("gloas"), "{said}");
    }
}

#[test]
fn what_is_no_file_is_told_and_not_waited_for() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("policy.toml");
    assert_eq!(read(&path), Ok(None));
    std::fs::create_dir(&path).unwrap();
    assert_eq!(read(&path), Err("it is no file".to_owned()));
    std::fs::remove_dir(&path).unwrap();
    std::fs::write(&path, [0xff]).unwrap();
    assert!(read(&path).is_err());
    std::fs::write(&path, "#".repeat(LIMIT + 1)).unwrap();
    assert!(read(&path).unwrap_err().contains("larger"));
    std::fs::write(&path, "lablink_policy = 1").unwrap();
    assert_eq!(read(&path), Ok(Some(vec![])));
    #[cfg(unix)]
    {
        let pipe = dir.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status().unwrap();
        assert!(made.success());
        assert_eq!(read(&pipe), Err("it is no file".to_owned()));
    }
}

#[test]
fn the_place_does_not_come_from_the_environment() {
    assert!(place().is_absolute());
    assert!(place().ends_with("policy.toml"));
}
