//! Words for what is wrong on this computer: the keychain, the files, what is not known here.

use super::{Pair, Values, say};

pub(super) fn keychain(code: &str, v: &Values<'_>) -> Pair {
    match code {
        "keychain_absent" => say(
            "This computer has no keychain that is running.",
            "Start one (GNOME Keyring, KWallet, KeePassXC), or choose an encrypted file: lablink keychain use-file",
        ),
        "keychain_locked" => say(
            "The keychain is locked.",
            "Unlock it, or sign in to your desktop again, then try again.",
        ),
        "keychain_denied" => say(
            "The keychain refused LabLink.",
            "Allow LabLink to use the keychain, then try again.",
        ),
        "keychain_full" => say(
            "The keychain does not take any more.",
            "Remove what you no longer need from it, then try again.",
        ),
        "keychain_hung" => say(
            "The keychain does not answer.",
            "Look whether it asks you something, or restart it, then try again.",
        ),
        "keychain_corrupt" => say(
            "What the keychain keeps for this account is damaged.",
            format!("Link it again: {}", v.relink()),
        ),
        "keychain_file_damaged" => say(
            format!(
                "The encrypted file with your secrets is damaged: {}.",
                v.or("file", "vault.age")
            ),
            "Put it back from a backup. Without one, move the files beside it that begin with “vault” away, choose \
             anew where secrets are kept (lablink keychain use-file), and link your accounts again.",
        ),
        "keychain_wrong_passphrase" => say(
            "This is not the passphrase of the encrypted file.",
            "Try again with the right one.",
        ),
        "keychain_needs_passphrase" => say(
            "Secrets are kept in a file encrypted with a passphrase, and the passphrase is needed.",
            "Give it on the first line of standard input with --passphrase-stdin.",
        ),
        "keychain_missing" => say(
            "The token of this account is no longer in the keychain.",
            format!("Create a new token at GitLab, then: {}", v.relink()),
        ),
        "keychain_failed" => say(
            "The keychain could not do what was asked of it.",
            "Ask: lablink doctor",
        ),
        _ => None,
    }
}

/// So many minutes, in the unit people would say.
fn minutes(text: &str) -> String {
    let Ok(minutes) = text.parse::<u64>() else {
        return "some minutes".to_owned();
    };
    let (number, unit) = match minutes {
        0..=119 => (minutes, "minute"),
        120..=2879 => (minutes / 60, "hour"),
        _ => (minutes / 1440, "day"),
    };
    format!("{number} {unit}{}", if number == 1 { "" } else { "s" })
}

pub(super) fn here(code: &str, v: &Values<'_>) -> Pair {
    match code {
        "account_not_found" => say(
            match v.or("name", "").as_str() {
                "" => "This account is not linked here any more: it was unlinked in between.".to_owned(),
                name => format!("No account is called “{name}”."),
            },
            "See the names with: lablink accounts",
        ),
        "instance_not_found" => say(
            format!(
                "No GitLab is known here by the address {}.",
                v.or("address", "given")
            ),
            "See the addresses with: lablink instance list",
        ),
        "instance_in_use" => say(
            "Accounts are linked to this GitLab, or a token waits to be revoked there.",
            "Unlink them first; see them with: lablink accounts, and lablink unlink --pending",
        ),
        "instance_built_in" => say("GitLab.com is built in and stays.", "There is nothing to do."),
        "home_unusable" => say(
            "LabLink cannot use its folder.",
            "Check LABLINK_HOME: it must be an absolute path to a folder you may write.",
        ),
        "git_missing" => say(
            "git is not installed, or not found.",
            "Install git, or add it to PATH.",
        ),
        "store_failed" => say(
            "LabLink cannot keep its data on this computer.",
            "Check that there is room on the disk and that LabLink's folder may be written.",
        ),
        "store_damaged" => say(
            "LabLink's list of accounts is damaged. Your tokens are safe in the keychain.",
            "Put the damaged file aside and take over what can be read of it: lablink doctor --put-aside",
        ),
        "secrets_orphaned" => say(
            format!(
                "The keychain keeps secrets of accounts that are not in the list here: {}.",
                v.or("labels", "LabLink")
            ),
            "Link these accounts again, then remove the old entries in the keychain's own window. If you use \
             several LABLINK_HOMEs, they may be another one's.",
        ),
        "clock_off" => say(
            format!(
                "This computer's clock is {} {}.",
                minutes(&v.or("minutes", "some")),
                match v.or("way", "").as_str() {
                    "ahead" => "ahead of this GitLab's",
                    _ => "behind this GitLab's",
                }
            ),
            "Set the clock, or let the system set it. Until then LabLink counts days by GitLab's clock.",
        ),
        "store_newer" => say(
            "LabLink's data was written by a newer version of LabLink.",
            "Update LabLink.",
        ),
        "internal" => say(
            "LabLink made a mistake of its own; nothing was changed.",
            "Ask: lablink doctor",
        ),
        "interrupted" => say(
            "Stopped. What was begun is finished or undone at the next start.",
            "Run the command again when you are ready.",
        ),
        "cancelled" => say(
            "Cancelled; nothing was changed.",
            "Run the command again when you are ready.",
        ),
        "clipboard_empty" => say("The clipboard holds no text.", "Copy the token at GitLab first."),
        "clipboard_failed" => say(
            "The clipboard cannot be read.",
            "Pipe the token in with --token-stdin.",
        ),
        _ => None,
    }
}
