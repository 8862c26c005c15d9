//! What the person chooses is kept, and drawn as it was kept.

use serde_json::json;

use super::border::Border;

#[test]
fn every_choice_is_drawn_when_it_is_kept() {
    let border = Border::open();
    let before = border
        .once(|snapshot| snapshot.settings.starts_at_login == Some(false))
        .settings;
    assert!(before.notices && before.keep_in_tray && before.check_minutes == 15);
    assert!(!before.notices_shown, "nothing here shows any");
    for choice in [
        json!({ "kind": "notices", "on": false }),
        json!({ "kind": "keep_in_tray", "on": false }),
        json!({ "kind": "check_every", "minutes": 1440 }),
        json!({ "kind": "start_at_login", "on": true }),
    ] {
        border.call("choose", json!({ "choice": choice })).unwrap();
    }
    border.once(|snapshot| {
        let settings = &snapshot.settings;
        !settings.notices
            && !settings.keep_in_tray
            && settings.check_minutes == 1440
            && settings.starts_at_login == Some(true)
    });
}
