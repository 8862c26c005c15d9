//! Every shape an address is pasted in, one row each: what it may stand for, or why it is none.

#![expect(clippy::too_many_lines, reason = "tests")]

use gitlab::{AddressProblem, BaseUrl, offline_base, read_address};
use proptest::prelude::*;

/// The candidates' texts, or the problem's name.
fn read(pasted: &str) -> Result<Vec<String>, AddressProblem> {
    read_address(pasted).map(|found| found.bases.iter().map(ToString::to_string).collect())
}

/// What stands in the tables for a problem.
fn name(problem: &AddressProblem) -> &'static str {
    match problem {
        AddressProblem::Empty => "empty",
        AddressProblem::TooLong { .. } => "too long",
        AddressProblem::ControlCharacter => "control",
        AddressProblem::Space => "space",
        AddressProblem::NotAnAddress => "not an address",
        AddressProblem::Scheme { .. } => "scheme",
        AddressProblem::UserInfo => "user info",
        AddressProblem::Token => "token",
        AddressProblem::NoHost => "no host",
        AddressProblem::BadHost { .. } => "host",
        AddressProblem::BadPort => "port",
        AddressProblem::MixedScript { .. } => "mixed",
    }
}

#[test]
fn accepted_addresses_stand_for_these_bases_longest_first() {
    let rows: &[(&str, &[&str])] = &[
        // Bare hosts
        ("gitlab.com", &["https://gitlab.com"]),
        ("git.example.test", &["https://git.example.test"]),
        ("GitLab.COM", &["https://gitlab.com"]),
        ("gitlab", &["https://gitlab"]),
        ("git_lab.example.test", &["https://git_lab.example.test"]),
        ("1a.example.test", &["https://1a.example.test"]),
        ("a-b--c.example.test", &["https://a-b--c.example.test"]),
        ("gitlab.com.", &["https://gitlab.com"]),
        ("gitlab.com/", &["https://gitlab.com"]),
        ("gitlab.com//", &["https://gitlab.com"]),
        ("  gitlab.com  ", &["https://gitlab.com"]),
        ("\tgitlab.com\r\n", &["https://gitlab.com"]),
        ("\u{feff}gitlab.com\u{a0}", &["https://gitlab.com"]),
        ("//gitlab.com", &["https://gitlab.com"]),
        ("//gitlab.com/a", &["https://gitlab.com/a", "https://gitlab.com"]),
        ("gitlab.com?x=1", &["https://gitlab.com"]),
        ("gitlab.com#top", &["https://gitlab.com"]),
        ("gitlab.com:", &["https://gitlab.com"]),
        // Ports
        ("gitlab.com:443", &["https://gitlab.com"]),
        ("gitlab.com:8443", &["https://gitlab.com:8443"]),
        ("gitlab.com:80", &["https://gitlab.com:80"]),
        ("gitlab.com:1", &["https://gitlab.com:1"]),
        ("gitlab.com:65535", &["https://gitlab.com:65535"]),
        ("gitlab.com:00443", &["https://gitlab.com"]),
        (
            "gitlab.com:8443/gitlab",
            &["https://gitlab.com:8443/gitlab", "https://gitlab.com:8443"],
        ),
        ("https://gitlab.com:443", &["https://gitlab.com"]),
        ("http://gitlab.com:80", &["http://gitlab.com"]),
        ("http://gitlab.com:443", &["http://gitlab.com:443"]),
        ("https://gitlab.com:80", &["https://gitlab.com:80"]),
        (
            "https://gitlab.com:/x",
            &["https://gitlab.com/x", "https://gitlab.com"],
        ),
        // Schemes
        ("https://gitlab.com", &["https://gitlab.com"]),
        ("HTTPS://GITLAB.COM", &["https://gitlab.com"]),
        ("http://gitlab.com", &["http://gitlab.com"]),
        ("HtTp://gitlab.com", &["http://gitlab.com"]),
        ("https://gitlab.com./", &["https://gitlab.com"]),
        ("git+https://gitlab.com", &["https://gitlab.com"]),
        // Subpaths and pages
        (
            "https://h.test/gitlab",
            &["https://h.test/gitlab", "https://h.test"],
        ),
        (
            "https://h.test/gitlab/",
            &["https://h.test/gitlab", "https://h.test"],
        ),
        (
            "https://h.test//gitlab///",
            &["https://h.test/gitlab", "https://h.test"],
        ),
        (
            "https://h.test/GitLab",
            &["https://h.test/GitLab", "https://h.test"],
        ),
        ("https://h.test/~ada", &["https://h.test/~ada", "https://h.test"]),
        ("https://h.test/@ada", &["https://h.test/@ada", "https://h.test"]),
        (
            "https://h.test/gitlab/team/repo",
            &[
                "https://h.test/gitlab/team/repo",
                "https://h.test/gitlab/team",
                "https://h.test/gitlab",
                "https://h.test",
            ],
        ),
        (
            "h.test/team/repo/-/issues/7?x=1#note_3",
            &[
                "https://h.test/team/repo",
                "https://h.test/team",
                "https://h.test",
            ],
        ),
        ("https://h.test/-/profile", &["https://h.test"]),
        (
            "https://h.test/-/user_settings/personal_access_tokens?name=x",
            &["https://h.test"],
        ),
        (
            "https://h.test/gitlab/-/user_settings/applications",
            &["https://h.test/gitlab", "https://h.test"],
        ),
        (
            "https://h.test/g/p/-/blob/main/a%20b.md?x#L1",
            &["https://h.test/g/p", "https://h.test/g", "https://h.test"],
        ),
        ("https://h.test/users/sign_in", &["https://h.test"]),
        (
            "https://h.test/gitlab/users/sign_in",
            &["https://h.test/gitlab", "https://h.test"],
        ),
        (
            "https://h.test/users/ada",
            &[
                "https://h.test/users/ada",
                "https://h.test/users",
                "https://h.test",
            ],
        ),
        ("https://h.test/api/v4", &["https://h.test"]),
        ("https://h.test/api/v4/", &["https://h.test"]),
        ("https://h.test/api/v4/metadata", &["https://h.test"]),
        (
            "https://h.test/gitlab/api/v4/user",
            &["https://h.test/gitlab", "https://h.test"],
        ),
        ("https://h.test/api/v3/projects", &["https://h.test"]),
        ("https://h.test/api/graphql", &["https://h.test"]),
        ("https://h.test/oauth/authorize?client_id=1", &["https://h.test"]),
        (
            "https://h.test/gitlab/oauth/token",
            &["https://h.test/gitlab", "https://h.test"],
        ),
        (
            "https://h.test/.well-known/openid-configuration",
            &["https://h.test"],
        ),
        ("https://h.test/help", &["https://h.test"]),
        ("https://h.test/explore/projects", &["https://h.test"]),
        ("https://h.test/dashboard/todos", &["https://h.test"]),
        ("https://h.test/admin/applications", &["https://h.test"]),
        (
            "https://h.test/jwt/auth?service=container_registry",
            &["https://h.test"],
        ),
        (
            "https://h.test/gitlab/HELP",
            &["https://h.test/gitlab", "https://h.test"],
        ),
        // Clone addresses
        (
            "https://h.test/team/repo.git",
            &["https://h.test/team", "https://h.test"],
        ),
        (
            "https://h.test/team/repo.git/",
            &["https://h.test/team", "https://h.test"],
        ),
        (
            "https://h.test/team/repo.git/info/refs?service=git-upload-pack",
            &["https://h.test/team", "https://h.test"],
        ),
        (
            "https://h.test/gitlab/team/sub/repo.git",
            &[
                "https://h.test/gitlab/team/sub",
                "https://h.test/gitlab/team",
                "https://h.test/gitlab",
                "https://h.test",
            ],
        ),
        (
            "git@h.test:team/repo.git",
            &["https://h.test/team", "https://h.test"],
        ),
        (
            "git@h.test:team/sub/repo.git",
            &["https://h.test/team/sub", "https://h.test/team", "https://h.test"],
        ),
        (
            "git@h.test:/team/repo.git",
            &["https://h.test/team", "https://h.test"],
        ),
        ("git@h.test:repo.git", &["https://h.test"]),
        ("git@h.test", &["https://h.test"]),
        (
            "git@H.Test:team/repo.git",
            &["https://h.test/team", "https://h.test"],
        ),
        (
            "git@[::1]:team/repo.git",
            &["https://[::1]/team", "https://[::1]"],
        ),
        (
            "ada@h.test:team/repo.git",
            &["https://h.test/team", "https://h.test"],
        ),
        ("h.test:team/repo.git", &["https://h.test/team", "https://h.test"]),
        ("host:team/repo.git", &["https://host/team", "https://host"]),
        (
            "h.test:team/repo",
            &[
                "https://h.test/team/repo",
                "https://h.test/team",
                "https://h.test",
            ],
        ),
        ("h.test:repo.git", &["https://h.test"]),
        (
            "h.test:/team/repo.git",
            &["https://h.test/team", "https://h.test"],
        ),
        (
            "ssh://git@h.test/team/repo.git",
            &["https://h.test/team", "https://h.test"],
        ),
        (
            "ssh://git@h.test:2222/team/repo.git",
            &["https://h.test/team", "https://h.test"],
        ),
        (
            "ssh://h.test:22/team/repo.git",
            &["https://h.test/team", "https://h.test"],
        ),
        (
            "ssh://git@h.test:team/repo.git",
            &["https://h.test/team", "https://h.test"],
        ),
        (
            "ssh://git@[::1]:2222/team/repo.git",
            &["https://[::1]/team", "https://[::1]"],
        ),
        (
            "SSH://git@h.test/team/repo.git",
            &["https://h.test/team", "https://h.test"],
        ),
        (
            "git+ssh://git@h.test/team/repo.git",
            &["https://h.test/team", "https://h.test"],
        ),
        (
            "git://h.test/team/repo.git",
            &["https://h.test/team", "https://h.test"],
        ),
        (
            "git://h.test:9418/team/repo.git",
            &["https://h.test/team", "https://h.test"],
        ),
        // GitLab.com's host for ssh where only https is let through
        (
            "ssh://git@altssh.gitlab.com:443/team/repo.git",
            &["https://gitlab.com/team", "https://gitlab.com"],
        ),
        ("git@ssh.gitlab.com:repo.git", &["https://gitlab.com"]),
        ("https://altssh.gitlab.com", &["https://altssh.gitlab.com"]),
        // What stands around
        ("<https://h.test/>,", &["https://h.test"]),
        ("\"https://h.test\"", &["https://h.test"]),
        ("“h.test”", &["https://h.test"]),
        ("`git@h.test:repo.git`", &["https://h.test"]),
        ("(https://h.test).", &["https://h.test"]),
        (
            "[GitLab](https://h.test/x)",
            &["https://h.test/x", "https://h.test"],
        ),
        ("[GitLab](<https://h.test>);", &["https://h.test"]),
        (
            "https://h.test/gitlab,",
            &["https://h.test/gitlab", "https://h.test"],
        ),
        (
            "https://h.test/gitlab.",
            &["https://h.test/gitlab", "https://h.test"],
        ),
        ("https://h.test/x,/gitlab", &["https://h.test"]),
        // IP addresses
        ("192.0.2.7", &["https://192.0.2.7"]),
        ("192.0.2.7:8080", &["https://192.0.2.7:8080"]),
        (
            "192.0.2.7/gitlab",
            &["https://192.0.2.7/gitlab", "https://192.0.2.7"],
        ),
        ("192.0.2.7.", &["https://192.0.2.7"]),
        ("0xC0.0.2.7", &["https://192.0.2.7"]),
        ("[2001:db8::7]", &["https://[2001:db8::7]"]),
        (
            "[2001:DB8:0:0::7]:8443/gitlab",
            &["https://[2001:db8::7]:8443/gitlab", "https://[2001:db8::7]:8443"],
        ),
        ("2001:db8::7", &["https://[2001:db8::7]"]),
        (
            "https://[2001:db8::7]/x",
            &["https://[2001:db8::7]/x", "https://[2001:db8::7]"],
        ),
        ("[::ffff:192.0.2.7]", &["https://[::ffff:c000:207]"]),
        // Loopback: the only hosts http is tried on without being typed
        ("localhost", &["https://localhost", "http://localhost"]),
        (
            "LOCALHOST.:3000",
            &["https://localhost:3000", "http://localhost:3000"],
        ),
        (
            "127.0.0.1:8080",
            &["https://127.0.0.1:8080", "http://127.0.0.1:8080"],
        ),
        ("127.1:8080", &["https://127.0.0.1:8080", "http://127.0.0.1:8080"]),
        ("127.8.9.10", &["https://127.8.9.10", "http://127.8.9.10"]),
        ("[::1]:8080", &["https://[::1]:8080", "http://[::1]:8080"]),
        ("::1", &["https://[::1]", "http://[::1]"]),
        (
            "localhost:3000/gitlab",
            &[
                "https://localhost:3000/gitlab",
                "https://localhost:3000",
                "http://localhost:3000/gitlab",
                "http://localhost:3000",
            ],
        ),
        ("http://localhost:3000", &["http://localhost:3000"]),
        ("https://127.0.0.1", &["https://127.0.0.1"]),
        (
            "git@localhost:team/repo.git",
            &["https://localhost/team", "https://localhost"],
        ),
        // Names beyond ASCII, in their one network form
        ("bücher.example", &["https://xn--bcher-kva.example"]),
        ("BÜCHER.example", &["https://xn--bcher-kva.example"]),
        (
            "https://例え.jp/gitlab",
            &["https://xn--r8jz45g.jp/gitlab", "https://xn--r8jz45g.jp"],
        ),
        ("пример.рф", &["https://xn--e1afmkfd.xn--p1ai"]),
        ("ελλάδα.gr", &["https://xn--hxakic4aa.gr"]),
        ("日本gitlab.jp", &["https://xn--gitlab-ol2mm8f.jp"]),
        ("xn--bcher-kva.example", &["https://xn--bcher-kva.example"]),
        ("XN--BCHER-KVA.example", &["https://xn--bcher-kva.example"]),
        ("git。example．test", &["https://git.example.test"]),
        ("ｇｉｔｌａｂ.com", &["https://gitlab.com"]),
        // Paths with what no instance's address has: cut there
        (
            "https://h.test/gitlab/a%20b/c",
            &["https://h.test/gitlab", "https://h.test"],
        ),
        // Dot segments, as everybody who follows such an address resolves them
        (
            "https://h.test/gitlab/../x",
            &["https://h.test/x", "https://h.test"],
        ),
        ("https://h.test/./x", &["https://h.test/x", "https://h.test"]),
        (
            "https://h.test/%2e%2E/x/.%2e/%2E/y",
            &["https://h.test/y", "https://h.test"],
        ),
        ("https://h.test/gitlab/..", &["https://h.test"]),
        ("https://h.test/../..", &["https://h.test"]),
        (
            "https://h.test/gruppe/größe",
            &["https://h.test/gruppe", "https://h.test"],
        ),
        ("https://h.test/x%00y", &["https://h.test"]),
        (
            "https://h.test/g/p/-/issues?search=a|b^{c}",
            &["https://h.test/g/p", "https://h.test/g", "https://h.test"],
        ),
        (
            "https://h.test/x?next=https://evil.test/@",
            &["https://h.test/x", "https://h.test"],
        ),
        ("https://h.test/#@evil.test", &["https://h.test"]),
        (
            "h.test/https://evil.test",
            &[
                "https://h.test/https:/evil.test",
                "https://h.test/https:",
                "https://h.test",
            ],
        ),
        // Very deep: instances live near the root
        (
            "https://h.test/1/2/3/4/5/6/7/8/9/10",
            &[
                "https://h.test/1/2/3/4/5/6/7",
                "https://h.test/1/2/3/4/5/6",
                "https://h.test/1/2/3/4/5",
                "https://h.test/1/2/3/4",
                "https://h.test/1/2/3",
                "https://h.test/1/2",
                "https://h.test/1",
                "https://h.test",
            ],
        ),
    ];
    let mut wrong = Vec::new();
    for (pasted, bases) in rows {
        let found = read(pasted);
        if found
            .as_ref()
            .ok()
            .map(|found| found.iter().map(String::as_str).collect::<Vec<_>>())
            .as_deref()
            != Some(*bases)
        {
            wrong.push(format!("{pasted:?}: {found:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn refused_addresses_say_why() {
    let long_label = format!("{}.test", "a".repeat(64));
    let long_name = format!("{}test", "abcdefgh.".repeat(30));
    let ten_kilobytes = format!("https://h.test/{}", "a".repeat(10_240));
    let rows: &[(&str, &str)] = &[
        ("", "empty"),
        ("   ", "empty"),
        ("\r\n\t\u{feff}", "empty"),
        (&ten_kilobytes, "too long"),
        ("a b", "space"),
        ("https://h.test/a b", "space"),
        ("h.test\u{3000}x", "space"),
        ("https:// h.test", "space"),
        ("h.test\nevil.test", "control"),
        ("h.test\r\nHost: evil", "control"),
        ("h.test\u{0}", "control"),
        ("h.test\u{1b}[31m", "control"),
        ("h.test/\u{202e}moc.live", "control"),
        ("h\u{200b}.test", "control"),
        ("h\u{ad}.test", "control"),
        ("h\u{200d}.test", "control"),
        ("\u{2066}h.test", "control"),
        // Schemes
        ("javascript:alert(1)", "scheme"),
        ("JavaScript:alert(1)", "scheme"),
        ("javascript://h.test/%0aalert(1)", "scheme"),
        ("file:///etc/passwd", "scheme"),
        ("file:/etc/passwd", "scheme"),
        ("data:text/html,x", "scheme"),
        ("ftp://h.test", "scheme"),
        ("mailto:ada@h.test", "scheme"),
        ("ws://h.test", "scheme"),
        ("lablink://h.test", "scheme"),
        ("vbscript:x", "scheme"),
        ("blob:https://h.test/1", "scheme"),
        ("view-source:https://h.test", "scheme"),
        ("tel:123", "scheme"),
        ("foo:bar", "scheme"),
        ("foo:bar/baz", "scheme"),
        ("chrome://settings", "scheme"),
        // Folders
        ("C:/repo", "not an address"),
        ("c:\\repo", "not an address"),
        // Forgotten and foreign slashes
        ("http:h.test", "not an address"),
        ("https:h.test", "not an address"),
        ("https:/h.test", "not an address"),
        ("ssh:h.test/x", "not an address"),
        ("https:\\\\h.test", "not an address"),
        ("https://h.test\\@evil.test", "not an address"),
        ("h.test\\gitlab", "not an address"),
        ("\\\\h.test\\x", "not an address"),
        ("ｈttps://h.test", "not an address"),
        // People and passwords
        ("https://ada@h.test", "user info"),
        ("https://ada:secret@h.test", "user info"),
        ("https://:secret@h.test", "user info"),
        ("https://@h.test", "user info"),
        ("http://a%40b:c@h.test/x", "user info"),
        ("https://gitlab.com@evil.test", "user info"),
        ("https://gitlab.com:443@evil.test/x", "user info"),
        ("https://oauth2:glpat-xyz@h.test/a.git", "user info"),
        ("ssh://git:secret@h.test/a.git", "user info"),
        ("ssh://git:@h.test/a.git", "user info"),
        ("ssh://a@b@h.test/a.git", "user info"),
        ("ada:secret@h.test:x/y.git", "user info"),
        ("ada:secret@h.test", "user info"),
        ("ada@h.test", "user info"),
        ("ada@h.test:8443/x", "user info"),
        ("@h.test", "user info"),
        ("git://ada@h.test/a.git", "user info"),
        ("//ada@h.test", "user info"),
        // No host
        ("https://", "no host"),
        ("https:///x", "no host"),
        ("https://?x", "no host"),
        ("https://#x", "no host"),
        ("https://:443", "no host"),
        ("://h.test", "not an address"),
        ("https//h.test", "not an address"),
        ("http//h.test", "not an address"),
        ("https://https://h.test", "not an address"),
        ("http://https://h.test", "not an address"),
        ("https", "not an address"),
        ("/gitlab/x", "no host"),
        ("/", "no host"),
        ("?", "no host"),
        (":8080", "no host"),
        (".", "no host"),
        ("https://./", "no host"),
        ("ssh://git@/x.git", "no host"),
        ("git@:x/y.git", "no host"),
        ("//", "no host"),
        // Hosts no computer has
        ("..", "host"),
        ("a..b", "host"),
        (".h.test", "host"),
        ("h.test..", "host"),
        ("-h.test", "host"),
        ("h-.test", "host"),
        ("-oProxyCommand=x", "host"),
        ("h%2etest", "host"),
        ("https://h.test%00.evil.test", "host"),
        ("https://%68.test", "host"),
        ("https://h.test%2f@x", "user info"),
        ("h*.test", "host"),
        ("h,test", "host"),
        ("h;id", "host"),
        ("h'x", "host"),
        ("<h.test", "host"),
        ("\"h.test'", "host"),
        ("<script>alert(1)</script>", "host"),
        ("h(x)", "host"),
        ("$(id)", "host"),
        ("`id", "host"),
        ("[GitLab](javascript:alert(1))", "scheme"),
        ("[https://h.test](https://ada@h.test)", "user info"),
        ("{h}", "host"),
        ("h|x", "host"),
        ("h=x", "host"),
        ("h!", "host"),
        (&long_label, "host"),
        (&long_name, "host"),
        ("256.1.1.1", "host"),
        ("1.2.3.4.5", "host"),
        ("1.2.3.x.4", "host"),
        ("0x100000000", "host"),
        ("[::1", "host"),
        ("[::g]", "host"),
        ("[]", "host"),
        ("[1.2.3.4]", "host"),
        ("[::1]x", "host"),
        ("[fe80::1%25eth0]", "host"),
        ("fe80::1%eth0", "host"),
        ("xn--a", "host"),
        ("xn--zzzzzzz99999999.test", "host"),
        ("xn--gitlab-.com", "host"),
        // Ports
        ("h.test:0", "port"),
        ("h.test:65536", "port"),
        ("h.test:99999", "port"),
        ("h.test:000000000000443", "port"),
        ("h.test:-1", "port"),
        ("h.test:+80", "port"),
        ("h.test:80a", "port"),
        ("h.test:80a/x", "port"),
        ("h.test:8080:90", "port"),
        ("h.test:abc", "port"),
        ("https://h.test:abc/x", "port"),
        ("https://h.test:0x50", "port"),
        ("https://h.test:٨٠", "port"),
        ("https://[::1]:x", "port"),
        // Names that pass for others
        ("🦊.example.com", "host"),
        ("https://git🦊lab.example.com/x", "host"),
        ("☃.example.com", "host"),
        ("gіtlab.com", "mixed"),
        ("https://gіtlab.com/x", "mixed"),
        ("gitlаb.com", "mixed"),
        ("gitlab.cоm", "mixed"),
        ("ɡitlab.com", "mixed"),
        ("gıtlab.com", "mixed"),
        ("сосо.com", "mixed"),
        ("git@gіtlab.com:a/b.git", "mixed"),
        ("paypαl.com", "mixed"),
    ];
    let mut wrong = Vec::new();
    for (pasted, problem) in rows {
        let short: String = pasted.chars().take(60).collect();
        match read(pasted) {
            Err(found) if name(&found) == *problem => {}
            other => wrong.push(format!("{short:?} should be {problem}: {other:?}")),
        }
        if read_address(pasted).err() != offline_base(pasted).err() {
            wrong.push(format!("{short:?}: without a network it is refused otherwise"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_lookalike_is_named_with_what_it_is_and_what_it_looks_like() {
    let cases = [
        ("gіtlab.com", "xn--gtlab-n2e.com", Some("gitlab.com")),
        ("ɡitlab.com", "xn--itlab-qmc.com", Some("gitlab.com")),
        ("paypαl.com", "xn--paypl-g9d.com", Some("paypal.com")),
    ];
    for (pasted, ascii, looks_like) in cases {
        let expected = AddressProblem::MixedScript {
            ascii: ascii.to_owned(),
            looks_like: looks_like.map(str::to_owned),
        };
        assert_eq!(read(pasted), Err(expected));
    }
}

#[test]
fn a_problem_never_repeats_a_password() {
    for pasted in [
        "https://ada:hunter2@h.test",
        "ssh://git:hunter2@h.test/x",
        "ada:hunter2@h.test:x/y.git",
    ] {
        let problem = read(pasted).unwrap_err();
        assert!(!format!("{problem} {problem:?}").contains("hunter2"));
    }
}

#[test]
fn a_token_is_no_address_and_is_never_said_back() {
    let body = "C4nary0123456789abcd";
    for pasted in [
        format!("glpat-{body}"),
        format!(" glpat-{body}\n"),
        format!("glpat-{body}.01.0z1abcdef"),
        format!("https://glpat-{body}/x"),
        format!("https://h.test/glpat-{body}"),
        format!("h.test/gitlab/glpat-{body}/x"),
        format!("git@h.test:glpat-{body}/x.git"),
        format!("gloas-{body}{body}"),
        format!("gldt-{body}"),
        format!("glrt-{body}"),
        format!("ghp_{body}"),
        format!("_gitlab_session={body}"),
    ] {
        for problem in [
            read_address(&pasted).unwrap_err(),
            offline_base(&pasted).unwrap_err(),
        ] {
            assert_eq!(problem, AddressProblem::Token, "{pasted}");
            assert!(!format!("{problem} {problem:?}").contains("C4nary"));
        }
    }
    // Names of computers and groups that begin like one.
    for pasted in [
        "glrt-7.runners.example.test",
        "glagent-production-cluster-01.example.test",
        "https://h.test/glft-team/notes",
        "glpat-",
        "glue",
    ] {
        assert_ne!(read_address(pasted), Err(AddressProblem::Token), "{pasted}");
    }
}

#[test]
fn without_a_network_pages_are_cut_and_what_else_was_typed_is_believed() {
    let rows = [
        ("h.test", "https://h.test"),
        ("https://h.test/gitlab/", "https://h.test/gitlab"),
        ("https://h.test/a/b", "https://h.test/a/b"),
        ("https://gitlab.com/gitlab-org/gitlab", "https://gitlab.com"),
        ("gitlab.com/ada", "https://gitlab.com"),
        ("https://gitlab.com:8443/a", "https://gitlab.com:8443/a"),
        ("<https://h.test/gitlab>.", "https://h.test/gitlab"),
        ("https://h.test/gitlab/users/sign_in", "https://h.test/gitlab"),
        ("https://h.test/gitlab/api/v4/user", "https://h.test/gitlab"),
        (
            "https://h.test/gitlab/-/user_settings/personal_access_tokens?name=x",
            "https://h.test/gitlab",
        ),
        (
            "https://h.test/gitlab/-/profile/applications",
            "https://h.test/gitlab",
        ),
        (
            "https://h.test/gitlab/groups/team/-/settings/access_tokens",
            "https://h.test/gitlab",
        ),
        ("https://h.test/groups/team/-/settings", "https://h.test"),
        ("https://h.test/-/manifest.json", "https://h.test"),
        ("https://h.test/gitlab/x/..", "https://h.test/gitlab"),
        (
            "https://h.test/gitlab/oauth/authorize?x=y",
            "https://h.test/gitlab",
        ),
        ("https://h.test/gitlab/help", "https://h.test/gitlab"),
        ("https://h.test/gitlab/explore", "https://h.test/gitlab"),
        (
            "https://h.test/gitlab/.well-known/openid-configuration",
            "https://h.test/gitlab",
        ),
        ("https://h.test/team/repo/-/issues", "https://h.test"),
        ("https://h.test/gr%C3%BC/repo/-/issues", "https://h.test"),
        ("https://h.test/team/repo.git", "https://h.test"),
        ("git@h.test:team/repo.git", "https://h.test"),
        ("ssh://git@h.test:2222/team/repo", "https://h.test"),
        ("host:team/repo.git", "https://host"),
        ("http://h.test:8080/x", "http://h.test:8080/x"),
        ("localhost:8080", "https://localhost:8080"),
        ("[::1]:8080", "https://[::1]:8080"),
    ];
    for (pasted, base) in rows {
        assert_eq!(offline_base(pasted).unwrap().as_str(), base, "{pasted}");
    }
}

#[test]
fn a_stated_scheme_is_told_from_an_assumed_one() {
    for (pasted, stated) in [
        ("https://h.test", true),
        ("http://h.test", true),
        ("h.test", false),
        ("//h.test", false),
        ("ssh://git@h.test/x", false),
    ] {
        assert_eq!(read_address(pasted).unwrap().stated_scheme, stated, "{pasted}");
    }
}

#[test]
fn a_base_address_tells_its_parts() {
    let base = BaseUrl::parse("HTTPS://Git.Example.test:8443/gitlab/").unwrap();
    assert_eq!(base.as_str(), "https://git.example.test:8443/gitlab");
    assert_eq!(
        (base.scheme(), base.host(), base.port(), base.path()),
        ("https", "git.example.test", Some(8443), "/gitlab")
    );
    assert_eq!(base.label(), "git.example.test:8443/gitlab");
    assert_eq!(base.host_port(), "git.example.test:8443");
    assert_eq!(
        base.join("api/v4/user").as_str(),
        "https://git.example.test:8443/gitlab/api/v4/user"
    );
    assert_eq!(
        base.join("x?a=b").as_str(),
        "https://git.example.test:8443/gitlab/x?a=b"
    );
    let root = BaseUrl::parse("http://[::1]:80").unwrap();
    assert_eq!(
        (root.as_str(), root.path(), root.port(), root.effective_port()),
        ("http://[::1]", "", None, 80)
    );
    assert!(root.is_loopback() && root.is_plain_http());
    assert_eq!(root.join("/api").as_str(), "http://[::1]/api");
}

#[test]
fn the_unicode_form_of_a_host_is_shown_only_where_it_deceives_nobody() {
    for (typed, shown, idn) in [
        ("https://xn--bcher-kva.example", "bücher.example", true),
        ("https://xn--gtlab-n2e.com", "xn--gtlab-n2e.com", true),
        ("https://gitlab.com", "gitlab.com", false),
    ] {
        let base = BaseUrl::parse(typed).unwrap();
        assert_eq!((base.unicode_host().as_str(), base.host_is_idn()), (shown, idn));
        assert!(base.host().is_ascii());
    }
}

#[test]
fn strict_parsing_takes_nothing_but_a_base_address() {
    for text in [
        "",
        "h.test",
        "//h.test",
        "https://h.test?x",
        "https://h.test#x",
        "https://h.test/a%20b",
        "https://h.test/../a",
        "https://a@h.test",
        "ssh://git@h.test/x",
        "git@h.test:x/y",
        "ftp://h.test",
        "https://h.test:0",
    ] {
        assert!(BaseUrl::parse(text).is_err(), "{text}");
    }
    for text in [
        "https://h.test",
        "https://h.test/",
        "http://h.test:8080/a/b",
        "https://[::1]/x",
    ] {
        let base = BaseUrl::parse(text).unwrap();
        let json = serde_json::to_string(&base).unwrap();
        assert_eq!(serde_json::from_str::<BaseUrl>(&json).unwrap(), base);
    }
    assert!(serde_json::from_str::<BaseUrl>("\"https://a:b@h.test\"").is_err());
}

#[test]
fn a_base_covers_its_own_path_at_a_segments_border_and_nothing_else() {
    let base = BaseUrl::parse("https://h.test/gitlab").unwrap();
    for inside in [
        "https://h.test/gitlab",
        "https://h.test/gitlab/",
        "https://h.test:443/gitlab/api",
        "https://H.test/gitlab?x",
        "https://h.test/gitlab/a/../b",
    ] {
        assert!(base.covers(&inside.parse().unwrap()), "{inside}");
    }
    for outside in [
        "http://h.test/gitlab",
        "https://h.test",
        "https://h.test/gitlabx",
        "https://h.test/Gitlab",
        "https://h.test:8443/gitlab",
        "https://h.test.evil.test/gitlab",
        "https://evil.test/gitlab",
        "https://h.test/gitlab/../x",
        "https://h.test/gitlab/%2e%2e/x",
        "https://h.test/gitlab/..%2fx",
        "https://h.test/gitlab/x%2F..%2F..",
        "https://h.test/gitlab/..%5cx",
        "https://h.test/gitlab/%252e%252e%252fx",
        "https://sub.h.test/gitlab",
        "ftp://h.test/gitlab",
        "data:x",
    ] {
        assert!(!base.covers(&outside.parse().unwrap()), "{outside}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, ..ProptestConfig::default() })]

    /// Any text at all: a list or a reason, and what comes out is in normal form and within what was typed.
    #[test]
    fn any_text_gives_candidates_or_a_reason(text in prop_oneof![
        ".*",
        "[ -~]{0,60}",
        "(https?|ssh|git|HTTP)://[-a-zA-Z0-9.:@%\\[\\]]{0,30}[-/a-z0-9.%@:?#\\\\]{0,40}",
        "(git@)?[a-zäіβ0-9.:\\[\\]-]{1,20}[/:][a-z/.-]{0,30}",
        "[a-z.]{1,12}(:[0-9a-z]{0,7})?(/[a-z%.~-]{0,8}){0,12}",
    ]) {
        let Ok(found) = read_address(&text) else { return Ok(()); };
        prop_assert!(!found.bases.is_empty() && found.bases.len() <= 8);
        for base in &found.bases {
            prop_assert_eq!(BaseUrl::parse(base.as_str()), Ok(base.clone()));
            prop_assert!(base.as_str().is_ascii() && !base.as_str().contains(['@', '?', '#', '\\', '%', ' ']) || base.path().contains('@'));
            prop_assert!(!base.label().split('/').next().unwrap_or_default().contains('@'));
            prop_assert!(text.contains(base.path()) || ["//", ":", "/.", "/%2"].iter().any(|odd| text.contains(odd)));
            prop_assert!(base.covers(&base.join("api/v4/user")));
            prop_assert_eq!(base.host(), found.bases[0].host());
            let again = read_address(base.as_str()).unwrap();
            prop_assert!(again.bases.iter().all(|shorter| found.bases.contains(shorter)));
        }
        let root = found.bases.last().unwrap();
        prop_assert_eq!(root.path(), "");
        prop_assert!(found.bases.iter().all(|base| !base.is_plain_http()) || found.stated_scheme || root.is_loopback());
        let offline = offline_base(&text).unwrap();
        prop_assert_eq!(offline.host(), root.host());
    }

    /// Whatever is joined to a base address stays within it.
    #[test]
    fn nothing_joined_leaves_the_base(relative in ".*", path in "(/[a-z]{1,5}){0,3}") {
        let base = BaseUrl::parse(&format!("https://h.test{path}")).unwrap();
        prop_assert!(base.covers(&base.join(&relative)));
    }
}
