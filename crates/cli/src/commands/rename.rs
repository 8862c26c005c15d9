//! `lablink rename NAME NEW`.

use links::Links;

use crate::args::Rename;
use crate::commands::quoted;
use crate::console::Answer;
use crate::failure::Failure;
use crate::json::AccountJson;

/// Gives an account another display name.
pub(crate) fn run(links: &Links, args: &Rename) -> Result<Answer, Failure> {
    let before = links.account(&args.name)?;
    let account = links.rename(&before.id, &args.new)?;
    let text = format!(
        "{} is called {} now.\n",
        quoted(&before.name),
        quoted(&account.name)
    );
    Ok(Answer::done("account", AccountJson::value(&account), text))
}
