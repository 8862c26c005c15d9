//! The app's executable: everything is in the library, so that tests can run it without a display.
#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

use std::process::ExitCode;

fn main() -> ExitCode {
    lablink_app::start::run::<tauri::Wry>()
}
