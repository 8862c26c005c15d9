//! Questions that are none.

use super::*;

fn read(bytes: &[u8]) -> Result<Description, Malformed> {
    let mut reader = bytes;
    text(&mut reader).and_then(|bytes| Description::parse(&bytes))
}

fn problem(bytes: &[u8]) -> Option<Malformed> {
    read(bytes).err()
}

/// What was understood: protocol, host, path, user name, password.
fn told(bytes: &[u8]) -> [String; 5] {
    let description = read(bytes).unwrap_or_default();
    let password = description.password().map(str::to_owned);
    let Description {
        protocol,
        host,
        path,
        username,
        ..
    } = description;
    [protocol, host, path, username, password].map(|text| text.unwrap_or_else(|| "-".to_owned()))
}

#[test]
fn lines_up_to_an_empty_one_or_the_end() {
    let all = "protocol=https\nhost=h.test:8443\npath=a/b=c.git\nusername=ada\npassword=x=y\n";
    let expected = ["https", "h.test:8443", "a/b=c.git", "ada", "x=y"];
    assert_eq!(told(all.as_bytes()), expected);
    assert_eq!(told(all.trim_end().as_bytes()), expected, "without a line's end");
    assert_eq!(told(format!("{all}\n").as_bytes()), expected);
    assert_eq!(
        told(format!("{all}\nhost=evil.test\nno equals sign\n\0").as_bytes()),
        expected,
        "what stands behind the empty line is not looked at"
    );
    assert_eq!(told(b""), ["-"; 5]);
    assert_eq!(told(b"\n"), ["-"; 5]);
    assert_eq!(told(b"username=\nhost=\n")[3], "");
}

#[test]
fn what_is_not_known_is_passed_over() {
    let asked =
        b"capability[]=authtype\ncapability[]=state\nprotocol=https\nwwwauth[]=Basic realm=\"GitLab\"\n\
        wwwauth[]=\nhost=h.test\nstate[]=x\nfuture=\xff\xfe\n=\nHost=evil.test\nhost =evil.test\n";
    assert_eq!(told(asked), ["https", "h.test", "-", "-", "-"]);
}

#[test]
fn an_address_stands_for_its_parts_and_never_beside_one() {
    assert_eq!(
        told(b"url=https://ada@h.test:8443/gitlab/a.git/\n"),
        ["https", "h.test:8443", "gitlab/a.git", "ada", "-"]
    );
    assert_eq!(told(b"url=https://h.test/\n"), ["https", "h.test", "-", "-", "-"]);
    for (lines, expected) in [
        (
            &b"protocol=https\nhost=h.test\nurl=https://evil.test\n"[..],
            Malformed::Repeated,
        ),
        (b"url=https://evil.test\nhost=h.test\n", Malformed::Repeated),
        (b"url=https://h.test\nurl=https://h.test\n", Malformed::Repeated),
        (b"url=h.test\n", Malformed::Address),
        (b"url=\n", Malformed::Address),
        (b"url=https://h.test?@evil.test\n", Malformed::Address),
        (b"url=https://ada:secret@h.test\n", Malformed::Address),
        (b"url=https://a%0ahost=evil@h.test\n", Malformed::Address),
    ] {
        assert_eq!(
            problem(lines),
            Some(expected),
            "{}",
            String::from_utf8_lossy(lines)
        );
    }
}

#[test]
fn line_injection_by_cr_lf_nul_and_things_said_twice() {
    for (bytes, expected) in [
        (&b"host=a\0b\n"[..], Malformed::Nul),
        (b"host=a\n\0\n", Malformed::Nul),
        (b"host=a\r\n", Malformed::CarriageReturn),
        (b"host=a\rhost=b\n", Malformed::CarriageReturn),
        (b"protocol=https\r\nhost=a\r\n\r\n", Malformed::CarriageReturn),
        (b"host\n", Malformed::NoEquals),
        (b"host=a\n \nhost=b\n", Malformed::NoEquals),
        (b"host=a\nhost=b\n", Malformed::Repeated),
        (b"host=a\nhost=a\n", Malformed::Repeated),
        (b"path=a\npath=b\n", Malformed::Repeated),
        (b"password=a\npassword=b\n", Malformed::Repeated),
        (b"host=\xff\n", Malformed::NotText),
        (b"protocol=\xff\n", Malformed::NotText),
        (b"url=https://h.test/\xe4\n", Malformed::NotText),
    ] {
        assert_eq!(problem(bytes), Some(expected), "{bytes:?}");
    }
}

#[test]
fn what_others_may_say_is_no_reason_to_speak_up_before_it_is_ours() {
    for (bytes, is_text) in [
        (&b"host=a\npath=\xc3\xa4\n"[..], true),
        (b"host=a\npath=\xe4\n", false),
        (b"host=a\nusername=\xc0\x80\n", false),
        (b"host=a\npassword=\xe4\n", true),
        (b"host=a\npassword=a\rb\n", true),
    ] {
        let description = read(bytes).unwrap_or_default();
        assert_eq!(description.host.as_deref(), Some("a"), "{bytes:?}");
        assert_eq!(description.must_be_text().is_ok(), is_text, "{bytes:?}");
    }
}

#[test]
fn what_is_too_long_is_not_looked_into() {
    let mut bytes = b"host=".to_vec();
    bytes.resize(LIMIT, b'a');
    assert_eq!(problem(&bytes), None);
    bytes.push(b'a');
    assert_eq!(problem(&bytes), Some(Malformed::TooLong));
    bytes.resize(10 * LIMIT, b'a');
    assert_eq!(problem(&bytes), Some(Malformed::TooLong));
}

/// Gives its bytes one at a time and then fails: nobody may ask for more than was needed.
struct Drop1<'a>(&'a [u8]);

impl Read for Drop1<'_> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let Some((first, rest)) = self.0.split_first() else {
            return Err(std::io::ErrorKind::WouldBlock.into());
        };
        self.0 = rest;
        into[0] = *first;
        Ok(1)
    }
}

#[test]
fn whoever_asks_may_keep_its_end_open() {
    assert!(text(&mut Drop1(b"host=a\n\n")).is_ok());
    assert!(text(&mut Drop1(b"\n")).is_ok());
    assert_eq!(text(&mut Drop1(b"host=a\n")).err(), Some(Malformed::Unreadable));
}

#[test]
fn hundreds_of_hostile_rows() {
    let pieces = [
        "host=git.test",
        "host=git.test\r",
        "host=\0",
        "host",
        "protocol=https",
        "protocol=\u{202e}",
        "path=../..",
        "username=a\tb",
        "=",
        "",
        "password=hush",
        "wwwauth[]=\u{1b}[31m",
    ];
    let mut rows = 0;
    for one in pieces {
        for two in pieces {
            for three in pieces {
                let bytes = [one, two, three].join("\n");
                match read(bytes.as_bytes()) {
                    Ok(description) => {
                        let values = [&description.host, &description.username, &description.path];
                        for value in values.into_iter().flatten() {
                            assert!(!value.contains(['\n', '\r', '\0']), "{bytes:?}");
                        }
                    }
                    Err(malformed) => {
                        let said = failure(malformed);
                        assert!(!said.message().contains("hush"), "{bytes:?}");
                    }
                }
                rows += 1;
            }
        }
    }
    assert_eq!(rows, 1728);
}
