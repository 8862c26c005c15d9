//! Words for what a server answers, or why it does not.

use super::{Pair, Values, as_typed, say};

pub(super) fn server(code: &str, v: &Values<'_>) -> Pair {
    match code {
        "not_gitlab" => {
            let place = v.subject();
            let what = v.or("software", "");
            let message = if what.is_empty() {
                format!("{place} answers, but it is not a GitLab.")
            } else {
                format!("{place} answers, but it is not a GitLab: it looks like {what}.")
            };
            say(
                message,
                "Check the address; open your GitLab in a browser and copy it from there.",
            )
        }
        "sign_in_wall" => {
            let how = v.or("detail", "it wants people to sign in");
            say(
                format!(
                    "A sign-in wall stands before {} and lets no program through: {how}.",
                    v.place()
                ),
                "Ask its admin for an address that programs may use, or to let /api/ and /oauth/ through.",
            )
        }
        "redirect_elsewhere" if !v.or("circle", "").is_empty() => say(
            format!(
                "This address leads in a circle: it sends to {} and never arrives.",
                v.or("to", "itself")
            ),
            "Check the address; if it is right, tell the admin of this GitLab.",
        ),
        // Of an account that is linked.
        "redirect_elsewhere" if !v.or("name", "").is_empty() => say(
            format!(
                "{} sends on to {}.",
                v.subject(),
                v.or("to", "another address, and does not tell which")
            ),
            format!(
                "If that is your GitLab, this account stays until you unlink it; link there: lablink link {}",
                as_typed(v.or("to", "ADDRESS"))
            ),
        ),
        "redirect_elsewhere" => say(
            format!(
                "This address leads to another one: {}.",
                base(&v.or("to", "not told which"))
            ),
            "If that is your GitLab, give that address instead.",
        ),
        "unusable_answer" => say(
            format!("{} answers, but not in a way a GitLab does.", v.subject()),
            "Check the address; something between here and GitLab may change its answers.",
        ),
        "rate_limited" => say(
            format!(
                "{} asks to be left alone for a while: too many requests came from here.",
                v.subject()
            ),
            "Wait a few minutes, then try again.",
        ),
        "server_error" => say(
            format!("{} has a fault of its own and cannot answer now.", v.subject()),
            "Try again later; if it stays so, tell its admin.",
        ),
        "maintenance" => say(
            format!("{} is being maintained and cannot answer now.", v.subject()),
            "Try again later.",
        ),
        "still_alive" => say(
            "GitLab confirmed the revocation, but still accepts the token.",
            "Revoke the token on GitLab's own page, then unlink again. The account stays until then.",
        ),
        _ => None,
    }
}

/// An address without the path that was asked for there: what a person would type.
fn base(to: &str) -> &str {
    ["/api/v4/metadata", "/api/v4/version"]
        .iter()
        .find_map(|asked| to.strip_suffix(asked))
        .unwrap_or(to)
}

pub(super) fn connection(code: &str, v: &Values<'_>) -> Pair {
    match code {
        "name_not_found" => say(
            format!("There is no computer by the name {}.", v.place()),
            "Check the spelling, or your VPN.",
        ),
        "connection_refused" => say(
            format!("Nothing answers at {}.", v.place()),
            "Check the address, or your VPN, then try again.",
        ),
        "connection_lost" => say(
            format!("The connection to {} broke off.", v.place()),
            "Try again; if it stays so, check your network.",
        ),
        "unreachable" => say(
            format!("{} cannot be reached from here.", v.subject()),
            "Check your network and your VPN, then try again.",
        ),
        "silent" => say(
            format!("{} accepts connections but says nothing.", v.subject()),
            "Try again later, or check the port in the address.",
        ),
        "proxy_failed" if !v.or("variable", "").is_empty() => say(
            format!(
                "{} holds no address of a proxy that LabLink can use.",
                v.or("variable", "")
            ),
            "Set it to http://HOST:PORT, or unset it.",
        ),
        "proxy_failed" => say(
            format!(
                "The proxy {} does not let LabLink through.",
                v.or("proxy", "of this network")
            ),
            "Check the proxy settings (HTTPS_PROXY, NO_PROXY).",
        ),
        _ => None,
    }
}

pub(super) fn certificate(code: &str, v: &Values<'_>) -> Pair {
    let (place, subject) = (v.place(), v.subject());
    match code {
        "certificate_expired" => say(
            format!(
                "The certificate of {place} expired ({}).",
                v.or("not_after", "its last day has passed")
            ),
            "Tell the admin of this GitLab; it needs a new certificate.",
        ),
        "certificate_not_yet_valid" => say(
            format!("The certificate of {place} is not valid yet."),
            "Check the date and time of this computer.",
        ),
        "certificate_other_host" => say(
            format!(
                "{subject} presents a certificate made out to another name ({}).",
                v.or("subject", "not told")
            ),
            "Use the name the certificate is made out to, or tell the admin of this GitLab.",
        ),
        "certificate_unknown_authority" => say(
            format!(
                "{subject} presents a certificate signed by “{}”, which this computer does not trust.",
                v.or("issuer", "an unknown authority")
            ),
            "If it is your company's authority, get its certificate and give it with --ca FILE; where an account is linked already: lablink instance set ADDRESS --ca FILE",
        ),
        "certificate_self_signed" => say(
            format!("{subject} presents a certificate that only vouches for itself."),
            "If you know it to be right, give that certificate with --ca FILE; where an account is linked already: lablink instance set ADDRESS --ca FILE",
        ),
        "authority_not_sent" => say(
            format!(
                "{subject} does not send the certificate of “{}”, which signed its own.",
                v.or("issuer", "an unknown authority")
            ),
            "Ask the admin of this GitLab for that certificate as a file, then: lablink instance set ADDRESS --ca FILE",
        ),
        "authority_invalid" => say(
            format!(
                "The file {} holds no certificate authority in PEM form.",
                v.or("file", "given with --ca")
            ),
            "Ask for the authority's certificate as a file that begins with -----BEGIN CERTIFICATE-----.",
        ),
        "certificate_invalid" => say(
            format!("No secure connection to {place} comes about: its certificate or its TLS is not usable."),
            "Check the address and its port, or tell the admin of this GitLab.",
        ),
        _ => None,
    }
}
