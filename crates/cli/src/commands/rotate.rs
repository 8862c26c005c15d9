//! `lablink rotate NAME`: a new token in the old one's place, now; or from now on whenever its time comes.

use jiff::civil::Date;
use links::{Account, Links};

use crate::args::{Rotate, Switch};
use crate::commands::quoted;
use crate::console::Answer;
use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::health;
use crate::json::AccountJson;
use crate::terminal::{Paint, Tone};

/// What can be refused before anything is opened.
pub(crate) fn refuse_early(args: &Rotate) -> Result<(), Failure> {
    day(args).map(drop)
}

/// Rotates, or switches rotating by itself.
pub(crate) async fn run(links: &Links, args: &Rotate, paint: Paint) -> Result<Answer, Failure> {
    let expires_on = day(args)?;
    let account = links.account(&args.name)?;
    let on = |problem: links::Problem| Failure::on(&problem, &account);
    if let Some(switch) = args.automatically {
        let account = links
            .rotate_by_itself(&account.id, switch == Switch::On)
            .map_err(on)?;
        return Ok(done(&account, &switched(&account, switch)));
    }
    let account = links.rotate(&account.id, expires_on).await.map_err(on)?;
    let text = format!(
        "{} {} has a new token; the old one is dead.\n  {}\n",
        paint.tone(Tone::Good, "●"),
        paint.bold(&quoted(&account.name)),
        ends(&account)
    );
    Ok(done(&account, &text))
}

fn done(account: &Account, text: &str) -> Answer {
    Answer::done("account", AccountJson::value(account), text.to_owned())
}

fn day(args: &Rotate) -> Result<Option<Date>, Failure> {
    let Some(text) = &args.expires else {
        return Ok(None);
    };
    let wrong = || Failure::about("date_invalid", ExitStatus::Usage, ("date", text.clone()));
    text.parse().map(Some).map_err(|_| wrong())
}

fn ends(account: &Account) -> String {
    match account.expires_on {
        Some(day) => format!("It works until {day}, 00:00 UTC."),
        None => "It has no end that GitLab tells.".to_owned(),
    }
}

fn switched(account: &Account, switch: Switch) -> String {
    let name = quoted(&account.name);
    let due = account.rotation.and_then(|rotation| rotation.due);
    match (switch, due) {
        (Switch::Off, _) => format!("{name} does not rotate its token by itself any more.\n"),
        (Switch::On, Some(due)) => format!(
            "{name} rotates its token by itself while the LabLink app runs, next on {}.\n",
            health::moment(due)
        ),
        (Switch::On, None) => format!(
            "{name} rotates its token by itself from now on; the one it has does not need that, or cannot be rotated any more.\n"
        ),
    }
}
