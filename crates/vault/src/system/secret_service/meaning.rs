//! What the errors of the bus and of the service mean to us.

use std::io::ErrorKind;

use zbus::DBusError as _;

use crate::VaultError;
use crate::system::failure::Failure;

/// What an error of the service, or on the way to it, means.
pub(super) fn of_service(error: &secret_service::Error) -> Failure {
    use secret_service::Error;
    match error {
        Error::Locked => VaultError::Locked.into(),
        // The person closed the prompt.
        Error::Prompt => VaultError::Denied.into(),
        Error::NoResult => no_collection().into(),
        Error::Unavailable => Failure {
            error: VaultError::Absent {
                detail: error.to_string(),
            },
            lost: true,
        },
        Error::Zbus(error) => of_zbus(error),
        Error::ZbusFdo(error) => of_name(error.name().as_str(), &error.to_string()),
        _ => lost(error.to_string()),
    }
}

/// What an error means that came of speaking to an item: as [`of_service`], but there is no such item where nothing that
/// items have is at its path.
pub(super) fn of_item(error: &secret_service::Error) -> Failure {
    use secret_service::Error;
    match error {
        Error::Zbus(error) => of_item_on_bus(error),
        Error::ZbusFdo(error) if nothing_there(error.name().as_str()) => VaultError::Missing.into(),
        other => of_service(other),
    }
}

/// The same of an error of the bus.
pub(super) fn of_item_on_bus(error: &zbus::Error) -> Failure {
    let name = match error {
        zbus::Error::MethodError(name, ..) => name.as_str().to_owned(),
        zbus::Error::FDO(error) => error.name().as_str().to_owned(),
        _ => return of_zbus(error),
    };
    if nothing_there(&name) {
        VaultError::Missing.into()
    } else {
        of_zbus(error)
    }
}

/// `GLib` says that of objects it does not have; others say `UnknownObject`.
fn nothing_there(name: &str) -> bool {
    matches!(
        name,
        "org.freedesktop.DBus.Error.UnknownMethod" | "org.freedesktop.DBus.Error.UnknownInterface"
    )
}

/// What an error of the bus, or one the service sent over it, means.
pub(super) fn of_zbus(error: &zbus::Error) -> Failure {
    match error {
        zbus::Error::MethodError(name, words, _) => {
            of_name(name.as_str(), words.as_deref().unwrap_or_default())
        }
        zbus::Error::FDO(error) => of_name(error.name().as_str(), &error.to_string()),
        zbus::Error::InputOutput(cause) if cause.kind() == ErrorKind::TimedOut => VaultError::Hung.into(),
        zbus::Error::InputOutput(_) | zbus::Error::Address(_) | zbus::Error::Handshake(_) => Failure {
            error: no_bus(error),
            lost: true,
        },
        other => VaultError::Failed {
            detail: other.to_string(),
        }
        .into(),
    }
}

/// By the error's D-Bus name.
fn of_name(name: &str, words: &str) -> Failure {
    match name.strip_prefix("org.freedesktop.").unwrap_or(name) {
        "DBus.Error.ServiceUnknown" | "DBus.Error.NameHasNoOwner" => {
            let detail = "no program offers the Secret Service".to_owned();
            Failure {
                error: VaultError::Absent { detail },
                lost: true,
            }
        }
        spawn if spawn.starts_with("DBus.Error.Spawn.") => {
            let detail = format!("the Secret Service cannot be started: {words}");
            Failure {
                error: VaultError::Absent { detail },
                lost: true,
            }
        }
        // The service went away during the call, or was started anew since our session with it was opened.
        "DBus.Error.NoReply" | "DBus.Error.Disconnected" | "Secret.Error.NoSession" => {
            lost(format!("the Secret Service went away: {words}"))
        }
        "DBus.Error.Timeout" | "DBus.Error.TimedOut" => VaultError::Hung.into(),
        "Secret.Error.IsLocked" => VaultError::Locked.into(),
        "Secret.Error.NoSuchObject" | "DBus.Error.UnknownObject" => VaultError::Missing.into(),
        "DBus.Error.AccessDenied" | "DBus.Error.AuthFailed" => VaultError::Denied.into(),
        "DBus.Error.NoMemory" | "DBus.Error.LimitsExceeded" => VaultError::Full.into(),
        _ if words.contains("No space left on device") => VaultError::Full.into(),
        _ => VaultError::Failed {
            detail: format!("{words} ({name})"),
        }
        .into(),
    }
}

pub(super) fn no_bus(error: &zbus::Error) -> VaultError {
    VaultError::Absent {
        detail: format!("no session bus: {error}"),
    }
}

pub(super) fn no_collection() -> VaultError {
    VaultError::Absent {
        detail: "the keyring service has no default keyring".to_owned(),
    }
}

fn lost(detail: String) -> Failure {
    Failure {
        error: VaultError::Failed { detail },
        lost: true,
    }
}

#[cfg(test)]
mod tests {
    use super::of_name;
    use crate::VaultError;

    #[test]
    fn errors_of_the_service_are_told_apart() {
        let cases = [
            ("org.freedesktop.Secret.Error.IsLocked", VaultError::Locked),
            ("org.freedesktop.Secret.Error.NoSuchObject", VaultError::Missing),
            ("org.freedesktop.DBus.Error.AccessDenied", VaultError::Denied),
            ("org.freedesktop.DBus.Error.TimedOut", VaultError::Hung),
        ];
        for (name, meant) in cases {
            let failure = of_name(name, "words");
            assert_eq!(failure.error, meant, "{name}");
            assert!(!failure.lost, "{name}");
        }
        let full = of_name(
            "org.freedesktop.DBus.Error.Failed",
            "couldn't write: No space left on device",
        );
        assert_eq!(full.error, VaultError::Full);
        let absent = of_name("org.freedesktop.DBus.Error.ServiceUnknown", "");
        assert!(matches!(absent.error, VaultError::Absent { .. }) && absent.lost);
        let restarted = of_name("org.freedesktop.Secret.Error.NoSession", "");
        assert!(
            restarted.lost,
            "a restarted service is asked again on a new connection"
        );
    }
}
