//! Words for what was typed wrongly: the command itself, an address, a display name.

use super::{Pair, Values, say};

pub(super) fn own(code: &str, v: &Values<'_>) -> Pair {
    match code {
        "usage" => say("The command was not understood.", "See: lablink --help"),
        "ca_file_unreadable" => say(
            format!(
                "The certificate file {} cannot be read.",
                v.or("file", "given with --ca")
            ),
            "Check its path and your permission to read it.",
        ),
        "passphrase_empty" => say(
            "No passphrase came on the first line of standard input.",
            "Put the passphrase on the first line, and the token, if one is asked for, after it.",
        ),
        "input_unreadable" => say(
            "Standard input could not be read.",
            "Pipe the secret in, for example: lablink link URL --token-stdin < token-file",
        ),
        "output_failed" => say(
            "The answer could not be written to standard output.",
            "Check that there is room where the output goes.",
        ),
        "token_to_terminal" => say(
            "The token was not written: everybody who sees this terminal would see it.",
            "Pipe it into the program that needs it, or add --show.",
        ),
        "folder_unwritable" => say(
            format!(
                "The folder {} cannot be written.",
                v.or("folder", "given with --dir")
            ),
            "Choose another folder, or allow yourself to write there.",
        ),
        "nothing_pending" => say(
            format!(
                "No token of an account called “{}” waits to be revoked.",
                v.or("name", "that")
            ),
            "See what waits with: lablink unlink --pending",
        ),
        "revocation_waits" => say(
            "The account is unlinked, and its token waits to be revoked until GitLab answers.",
            "Try now: lablink unlink --pending NAME; or give it up by adding --keep-token.",
        ),
        "secret_left" => say(
            format!(
                "The account “{}” is unlinked, but the keychain did not let its secret go.",
                v.or("name", "that")
            ),
            "Unlock the keychain or restart it; LabLink tries again when it starts the next time.",
        ),
        _ => None,
    }
}

pub(super) fn address(code: &str, v: &Values<'_>) -> Pair {
    match code {
        "address_empty" => say(
            "No address was given.",
            "Give your GitLab's address, like https://git.example.com.",
        ),
        "address_too_long" => say(
            "The address is too long to be one.",
            "Give only your GitLab's address, like https://git.example.com.",
        ),
        "address_invalid" => say(
            match v.or("wrong", "").as_str() {
                "space" => "There is a space in the address.",
                "no_host" => "The address names no host.",
                "host" => "The host name in the address cannot be right.",
                "port" => "The port in the address is no number from 1 to 65535.",
                _ => "This is not the address of a website.",
            },
            "Give your GitLab's address, like https://git.example.com; any of its pages will do.",
        ),
        "address_scheme" => say(
            format!(
                "Addresses of the form “{}:” do not lead to a GitLab.",
                v.or("scheme", "that")
            ),
            "Give the address as in your browser; it starts with https://.",
        ),
        "address_user_info" => say(
            "The address contains a user name or a password.",
            "Leave out everything before the @, and give the token on standard input with --token-stdin.",
        ),
        "address_token" => say(
            "What was given as the address is a token or another secret. It was not used.",
            "Revoke it, as other programs can read the command line; then give your GitLab's address, and pipe a new token in with --token-stdin.",
        ),
        "address_mixed_script" => say(
            format!(
                "The host name mixes letters of several alphabets, as look-alike addresses do: {}.",
                v.place()
            ),
            "Type the address yourself instead of pasting it.",
        ),
        "address_control" => say(
            "The address contains invisible control characters.",
            "Type the address yourself instead of pasting it.",
        ),
        "http_needs_consent" => say(
            format!(
                "{} speaks plain http: anyone on the way can read the token.",
                v.subject()
            ),
            "Use its https address, or accept the risk with --allow-http.",
        ),
        _ => None,
    }
}

pub(super) fn name(code: &str, v: &Values<'_>) -> Pair {
    match code {
        "name_empty" => say(
            "The display name is empty.",
            "Give a name with --name, like --name Work.",
        ),
        "name_too_long" => say(
            "The display name is longer than 60 characters.",
            "Choose a shorter one.",
        ),
        "name_taken" => say(
            format!("An account is already called “{}”.", v.or("name", "that")),
            "Choose another display name; capitals and spaces do not tell names apart.",
        ),
        "name_invalid" => say(
            "The display name contains control characters.",
            "Use letters, digits, spaces and punctuation.",
        ),
        _ => None,
    }
}
