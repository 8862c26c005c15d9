//! The desktop app: the only code that knows Tauri.
//!
//! One task, the [`desk`], owns everything that runs. Commands of the window and clicks in the tray are requests to
//! it, and what it knows goes out as one [`view::Snapshot`]: the window draws it, the tray's menu is a function of
//! it. Nothing here talks to GitLab or to the keychain; that is the `links` crate's.

pub mod argument;
pub mod commands;
pub mod desk;
pub mod login_entry;
pub mod logs;
pub mod notices;
pub mod one;
pub mod shell;
pub mod start;
pub mod text;
pub mod tray;
pub mod view;
pub mod window;
