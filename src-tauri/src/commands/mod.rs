//! What the window may ask, one file a screen. Every command is three lines: take the checked argument, ask the desk,
//! hand back its answer. A command is reachable only if it stands here and in one file of `src-tauri/permissions/`;
//! a test compares the two.

mod accounts;
mod instances;
mod keychain;
mod link;
mod login;
mod outside;
mod permissions;
mod profile;
mod report;
mod settings;
mod trouble;
mod trust;
mod unlink;

use tauri::{Runtime, ipc::Invoke};

use crate::view::ProblemView;

/// What every command answers.
type Answer<T = ()> = Result<T, ProblemView>;

/// Names every command once: for the handler and for the test that compares it with the permissions.
macro_rules! every_command {
    ($($room:ident::$command:ident),+ $(,)?) => {
        /// The names of all commands.
        pub const NAMES: &[&str] = &[$(stringify!($command)),+];

        /// Answers the window's calls.
        pub fn handler<R: Runtime>() -> impl Fn(Invoke<R>) -> bool + Send + Sync + 'static {
            tauri::generate_handler![$($room::$command),+]
        }
    };
}

every_command![
    accounts::snapshot,
    accounts::check_accounts,
    accounts::rename_account,
    accounts::rotate_token,
    accounts::rotate_by_itself,
    accounts::dismiss_recovered,
    link::start_link,
    link::link_at,
    link::set_scopes,
    link::relink,
    link::set_way,
    link::set_address,
    link::consent_plain_http,
    link::trust_authority,
    link::look_again,
    link::set_name,
    link::next_step,
    link::back,
    link::cancel_link,
    link::finish_link,
    link::set_token,
    link::paste_token,
    link::link_account,
    login::choose_method,
    login::stop_login,
    login::set_application,
    login::confirm_person,
    login::open_again,
    login::copy_login_link,
    login::copy_admin_message,
    instances::add_instance,
    instances::remove_instance,
    instances::copy_text_redirect,
    profile::export_profile,
    profile::review_profile,
    profile::take_profile,
    profile::dismiss_profile,
    permissions::edit_permissions,
    permissions::ask_permissions,
    permissions::cancel_permissions,
    unlink::ask_unlink,
    unlink::cancel_unlink,
    unlink::unlink,
    unlink::close_unlink,
    unlink::try_waiting,
    unlink::give_up_waiting,
    keychain::unlock_keychain,
    keychain::retry_keychain,
    keychain::use_encrypted_file,
    keychain::open_encrypted_file,
    outside::open_destination,
    report::report,
    report::copy_report,
    settings::choose,
    trouble::put_aside,
    trust::ask_trust,
    trust::cancel_trust,
    trust::trust_presented,
];
