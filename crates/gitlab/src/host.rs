//! Hosts: from what was typed to one ASCII form, and away from names that only look like another.

use std::net::{Ipv4Addr, Ipv6Addr};

use idna::uts46::{AsciiDenyList, DnsLength, Hyphens, Uts46};
use unicode_security::GeneralSecurityProfile as _;
use unicode_security::confusable_detection::skeleton;
use unicode_security::restriction_level::{RestrictionLevel, RestrictionLevelDetection as _};

use crate::base_url::AddressProblem;

/// The longest host name, in bytes (RFC 1035 §2.3.4, without the trailing dot).
const NAME_LIMIT: usize = 253;

/// The longest label of a host name, in bytes (RFC 1035 §2.3.4).
const LABEL_LIMIT: usize = 63;

/// The normal form of a host: a lower-case ASCII name without a trailing dot, a dotted IPv4 address, or an IPv6
/// address in brackets.
pub(crate) fn normal_host(typed: &str) -> Result<String, AddressProblem> {
    let bad = |reason: &'static str| AddressProblem::BadHost { reason };
    if typed.is_empty() {
        return Err(AddressProblem::NoHost);
    }
    if let Some(inner) = typed.strip_prefix('[') {
        let address = inner
            .strip_suffix(']')
            .and_then(|inner| inner.parse::<Ipv6Addr>().ok());
        return address
            .map(|address| format!("[{}]", ipv6(address)))
            .ok_or(bad("it is no IPv6 address"));
    }
    if typed.contains('%') {
        return Err(bad("it contains a percent sign"));
    }
    let dotless = typed.strip_suffix(['.', '。', '．', '｡']).unwrap_or(typed);
    if dotless.is_empty() {
        return Err(AddressProblem::NoHost);
    }
    let ascii = Uts46::new()
        .to_ascii(
            dotless.as_bytes(),
            AsciiDenyList::URL,
            Hyphens::Allow,
            DnsLength::Ignore,
        )
        .map_err(|_| bad("it is no valid host name"))?;
    check_name(&ascii)?;
    if ends_in_number(&ascii) {
        return ipv4(&ascii)
            .map(|address| address.to_string())
            .ok_or(bad("it is no IPv4 address"));
    }
    if !typed.is_ascii() && !ascii.eq_ignore_ascii_case(dotless) {
        check_lookalike(dotless, &ascii)?;
    }
    Ok(ascii.into_owned())
}

/// Letters, digits, hyphens (not first or last, which programs would take for an option) and underscores; no empty
/// and no overlong label.
fn check_name(ascii: &str) -> Result<(), AddressProblem> {
    let bad = |reason: &'static str| Err(AddressProblem::BadHost { reason });
    if ascii.len() > NAME_LIMIT {
        return bad("it is longer than 253 characters");
    }
    for label in ascii.split('.') {
        if label.is_empty() {
            return bad("there are two dots in a row, or one in front");
        }
        if label.len() > LABEL_LIMIT {
            return bad("a part between dots is longer than 63 characters");
        }
        if label.starts_with('-') || label.ends_with('-') {
            return bad("a part between dots begins or ends with a hyphen");
        }
        if !label
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_')
        {
            return bad("it contains a character no host name has");
        }
    }
    Ok(())
}

/// URL Standard, "ends in a number checker": such a host is an IPv4 address or nothing.
fn ends_in_number(ascii: &str) -> bool {
    let last = ascii.rsplit('.').next().unwrap_or_default();
    last.bytes().all(|b| b.is_ascii_digit())
        || last
            .strip_prefix("0x")
            .is_some_and(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()))
}

/// URL Standard, "IPv4 parser", as browsers read `127.1` and `0x7f.1`.
fn ipv4(ascii: &str) -> Option<Ipv4Addr> {
    match url::Host::parse(ascii) {
        Ok(url::Host::Ipv4(address)) => Some(address),
        _ => None,
    }
}

fn ipv6(address: Ipv6Addr) -> String {
    // The URL Standard writes every address in hexadecimal, also the ones that embed an IPv4 address.
    url::Host::<String>::Ipv6(address)
        .to_string()
        .trim_matches(['[', ']'])
        .to_owned()
}

/// Refuses names that pass for another in a person's eyes (UTS 39): a label of letters of several scripts that are not
/// written together anywhere, and a label wholly made of look-alikes of ASCII letters under an ASCII top-level name.
fn check_lookalike(typed: &str, ascii: &str) -> Result<(), AddressProblem> {
    let (unicode, _) = idna::domain_to_unicode(typed);
    let ascii_top = unicode
        .rsplit('.')
        .next()
        .is_some_and(|top| top.is_ascii() && !top.starts_with("xn--"));
    let mut suspicious = false;
    for label in unicode.split('.').filter(|label| !label.is_ascii()) {
        // A picture poses as no letter, and is no reason to suspect the others.
        if label.chars().any(is_symbol) {
            return Err(AddressProblem::BadHost {
                reason: "it contains a symbol that is no letter",
            });
        }
        let mixed = label.detect_restriction_level() > RestrictionLevel::HighlyRestrictive;
        let posing = skeleton(label).all(|c| c.is_ascii()) && (ascii_top || !unicode.contains('.'));
        suspicious |= mixed || posing;
    }
    if suspicious {
        return Err(AddressProblem::MixedScript {
            ascii: ascii.to_owned(),
            looks_like: seen_as(&unicode),
        });
    }
    Ok(())
}

/// An emoji and its like: what belongs to no name (UTS 39, identifier profile).
fn is_symbol(c: char) -> bool {
    !c.is_ascii() && !c.is_alphanumeric() && !c.identifier_allowed()
}

/// The ASCII name a person reads in `unicode`, if there is one.
fn seen_as(unicode: &str) -> Option<String> {
    let mut seen = String::new();
    for c in unicode.chars() {
        if c.is_ascii() {
            seen.push(c);
        } else {
            seen.extend(skeleton(c.encode_utf8(&mut [0; 4])).flat_map(char::to_lowercase));
        }
    }
    (seen.is_ascii() && check_name(&seen).is_ok()).then_some(seen)
}

/// The host for people's eyes: Unicode if it was let in as such, else ASCII.
pub(crate) fn unicode_host(ascii: &str) -> String {
    if !ascii.split('.').any(|label| label.starts_with("xn--")) {
        return ascii.to_owned();
    }
    match idna::domain_to_unicode(ascii) {
        (unicode, Ok(()))
            if check_lookalike(&unicode, ascii).is_ok() && !unicode.chars().any(crate::shown::is_hidden) =>
        {
            unicode
        }
        _ => ascii.to_owned(),
    }
}

/// Whether the host is this very computer: `localhost`, `127.0.0.0/8` or `[::1]`.
pub(crate) fn is_loopback(host: &str) -> bool {
    host == "localhost"
        || host
            .parse::<Ipv4Addr>()
            .is_ok_and(|address| address.is_loopback())
        || host == "[::1]"
}
