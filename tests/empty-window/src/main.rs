//! A window with one line of text; with `--tray` also a tray icon that keeps the program running without a window.

use tauri::RunEvent;
use tauri::menu::MenuBuilder;
use tauri::tray::TrayIconBuilder;

fn main() -> tauri::Result<()> {
    let tray = std::env::args().any(|argument| argument == "--tray");
    let app = tauri::Builder::default()
        .setup(move |app| {
            if tray {
                let menu = MenuBuilder::new(app).text("quit", "Quit").build()?;
                let mut icon = TrayIconBuilder::new().menu(&menu);
                if let Some(image) = app.default_window_icon() {
                    icon = icon.icon(image.clone());
                }
                icon.build(app)?;
            }
            Ok(())
        })
        .build(tauri::generate_context!())?;
    app.run(move |_, event| {
        if let RunEvent::ExitRequested { api, code: None, .. } = event
            && tray
        {
            api.prevent_exit();
        }
    });
    Ok(())
}
