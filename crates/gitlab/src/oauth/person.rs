//! Who an app login is: what the endpoints say about its access token (contract §2.4, §3.9).

use std::time::Duration;

use futures_util::future::join3;
use http::Method;
use serde_json::Value;
use tokio::time::{Instant, sleep};

use crate::client::Client;
use crate::discovery::MetadataProbe;
use crate::identity::{Identity, Scopes, TokenFacts};
use crate::judgement::{kind, nameless};
use crate::problem::{Problem, Unusable};
use crate::refusal::{Refusal, scopes};
use crate::reply::{Reply, version};
use crate::token::Token;
use crate::wire::{Answer, deadline};

/// Where an access token of an app login learns about itself.
const INFO: &str = "oauth/token/info";

/// The pauses after which a token that is not known yet is asked for again (quirk 14): a replica lags by seconds.
const YOUNG: [Duration; 3] = [
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_secs(3),
];

/// The pause after which an old token that is not known any more is asked for again.
const OLD: [Duration; 1] = [Duration::from_secs(1)];

/// What `GET /oauth/token/info` tells.
struct Info {
    user_id: u64,
    scopes: Vec<String>,
    created_at: Option<String>,
}

impl Client {
    /// Asks who an app login's token is and what it may do: three questions at the same time. A bare 401 is believed
    /// only after it has been said for some seconds (quirk 14).
    pub async fn identify_app(&self, access: &Token, probe: MetadataProbe) -> Result<Identity, Problem> {
        self.ask_for_app(access, Some(probe), &YOUNG).await
    }

    /// Asks whether a stored access token of an app login still lives. A bare 401 is believed when it is said twice.
    pub async fn check_app(&self, access: &Token) -> Result<Identity, Problem> {
        self.ask_for_app(access, None, &OLD).await
    }

    async fn ask_for_app(
        &self,
        access: &Token,
        probe: Option<MetadataProbe>,
        pauses: &[Duration],
    ) -> Result<Identity, Problem> {
        let end = deadline(&self.reach);
        let mut pauses = pauses.iter();
        loop {
            let answer = Box::pin(self.app_once(access, probe, end)).await;
            match (&answer, pauses.next()) {
                (Err(Problem::Refusal(Refusal::Unknown)), Some(pause)) if Instant::now() + *pause < end => {
                    sleep(*pause).await;
                }
                _ => return answer,
            }
        }
    }

    async fn app_once(
        &self,
        access: &Token,
        probe: Option<MetadataProbe>,
        end: Instant,
    ) -> Result<Identity, Problem> {
        let metadata = async {
            match probe {
                Some(probe) => Some(self.ask(Method::GET, probe.path(), access, end).await),
                None => None,
            }
        };
        let (user, info, metadata) = Box::pin(join3(
            self.user(access, end),
            self.ask(Method::GET, INFO, access, end),
            metadata,
        ))
        .await;
        let clock_ahead_seconds = match &info {
            Reply::Good(answer) => answer.clock_ahead_seconds(),
            _ => None,
        };
        let info = info.read(|answer| read_info(&answer));
        let user = match (user, &info) {
            (Reply::Good(user), Reply::Good(info)) if user.id != info.user_id => {
                return Err(Unusable::Contradiction {
                    field: "resource_owner_id",
                }
                .into());
            }
            (Reply::Good(user), _) => user,
            // The token works but may not read its user.
            (Reply::Refused(Refusal::TooNarrow { .. }), Reply::Good(info)) => nameless(info.user_id),
            (Reply::Refused(refusal), _) => return Err(refusal.into()),
            (Reply::Missing, _) => return Err(Problem::NotGitLabAnswer { status: 404 }),
            (Reply::Problem(problem), _) => return Err(problem),
        };
        let (version, enterprise) = match &metadata {
            Some(Reply::Good(answer)) => version(answer),
            _ => (None, None),
        };
        let (scopes, created_at) = match info {
            Reply::Good(info) => (Scopes::Known(info.scopes), info.created_at),
            _ => (Scopes::Unknown, None),
        };
        let token = TokenFacts {
            id: None,
            name: None,
            kind: kind(&user),
            scopes,
            expires_on: None,
            created_at,
            last_used_at: None,
        };
        Ok(Identity {
            user,
            token,
            version,
            enterprise,
            clock_ahead_seconds,
        })
    }
}

/// Reads contract §3.9's object. `scope` is a list of names, and was a text of them.
fn read_info(answer: &Answer) -> Result<Info, Problem> {
    let json = answer
        .json()
        .filter(Value::is_object)
        .ok_or(Unusable::BrokenJson)?;
    let field = |name: &'static str| json.get(name).ok_or(Unusable::WrongTypes { field: name });
    let user_id = field("resource_owner_id")?
        .as_u64()
        .filter(|id| (1..=i64::MAX.unsigned_abs()).contains(id))
        .ok_or(Unusable::WrongTypes {
            field: "resource_owner_id",
        })?;
    let names = match field("scope")? {
        Value::String(list) => scopes(list),
        Value::Array(list) => {
            let names: Vec<&str> = list.iter().filter_map(Value::as_str).collect();
            scopes(&names.join(" "))
        }
        _ => return Err(Unusable::WrongTypes { field: "scope" }.into()),
    };
    let created_at = json
        .get("created_at")
        .and_then(Value::as_i64)
        .and_then(|seconds| jiff::Timestamp::from_second(seconds).ok())
        .map(|time| time.to_string());
    Ok(Info {
        user_id,
        scopes: names,
        created_at,
    })
}
