//! `lablink token NAME --for PROGRAM`: the account's token, to a program of this person's, written in the ledger.

use links::{Asked, Links};
use serde_json::{Value, json};

use crate::args::Token as Args;
use crate::console::{Answer, Console};
use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::json::{SCHEMA, line};
use crate::secret_output::{Around, Kept};
use crate::text::unwritten;

/// Refuses a program without a name.
pub(crate) fn refuse_early(args: &Args) -> Result<Asked, Failure> {
    Asked::by(&args.program).ok_or_else(|| {
        Failure::usage(
            "No program was named with --for.",
            "Say which program asks, like --for glab; it is written down in the log.",
        )
    })
}

/// Hands out the token.
pub(crate) async fn run(links: &Links, args: &Args, console: &mut Console<'_>) -> Result<Answer, Failure> {
    let asked = refuse_early(args)?;
    if console.on_terminal() && !args.show {
        return Err(shown());
    }
    let account = links.account(&args.name)?;
    let given = links
        .access_token(&account.id, &asked)
        .await
        .map_err(|problem| Failure::on(&problem, &account))?;
    let (before, after) = if console.json() {
        let value = json!({
            "account": account.name,
            "username": given.username,
            "expires_at": given.expires.map(|at| at.to_string()),
        });
        object(&value)
    } else {
        (String::new(), "\n".to_owned())
    };
    let around = Around {
        before: &before,
        after: &after,
        json: console.json(),
    };
    match console.hand_out(&given.token, around, args.show) {
        Ok(()) => {
            if let Some(problem) = &given.unwritten {
                console.note(&unwritten(problem));
            }
            Ok(Answer::said())
        }
        Err(Kept::Terminal) => Err(shown()),
        Err(Kept::Output(_)) => Err(Failure::new("output_failed", ExitStatus::Refused)),
    }
}

/// `{"schema":1,"token":{…,"token":` and what ends it, for a token to be written between.
fn object(value: &Value) -> (String, String) {
    let known = line(value);
    let open = known.trim_end().strip_suffix('}').unwrap_or_default();
    (
        format!("{{\"schema\":{SCHEMA},\"token\":{open},\"token\":"),
        "}}\n".to_owned(),
    )
}

fn shown() -> Failure {
    Failure::new("token_to_terminal", ExitStatus::Usage)
}
