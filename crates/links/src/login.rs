//! App login: in the browser, or with a code on another device. Both end as linking by token does: identified, compared
//! with what was asked for, and only then kept; what is not kept, GitLab takes back.

use std::sync::Arc;

use gitlab::{
    Authority, Callback, Client, DeviceAuthorization, Ending, Found, GrantProblem, Identity,
    LoopbackListener, Registration, Scopes, TokenSet,
};
use jiff::{SignedDuration, Timestamp};
use tokio::time::{Duration, sleep};
use vault::Place;

use crate::account::Account;
use crate::application::GivenApplication;
use crate::flow::Person;
use crate::instance::Source;
use crate::linking::{Keep, KeepSecret, Undertaking};
use crate::links::Links;
use crate::looking::Look;
use crate::names::Name;
use crate::opener::{self, BrowserState};
use crate::problem::Problem;
use crate::signed_in::SignedIn;
use crate::trial::Trial;

/// How long the browser may take. GitLab's error pages never come back (quirk 16).
const BROWSER_TIME: SignedDuration = SignedDuration::from_mins(10);

/// How often the clock on the wall is looked at while somebody is waited for: it goes on while a laptop sleeps.
const GLANCE: Duration = Duration::from_millis(250);

/// An app login in the browser.
pub struct AppLogin {
    /// The address as pasted.
    pub pasted: String,
    /// The display name; without one, one is suggested and taken.
    pub name: Option<String>,
    /// Another application than the one known; kept when the sign-in succeeds.
    pub application: Option<GivenApplication>,
    /// The scopes to ask for; `None`: what the registration says, else [`WANTED`](crate::WANTED).
    pub scopes: Option<Vec<String>>,
    /// Link it with what was granted, though less than asked for.
    pub accept_missing: bool,
    /// Whether the browser is opened; else the address is told and nothing is opened.
    pub open_browser: bool,
    /// Consent to plain http, for this host.
    pub allow_http: bool,
    /// Authorities to trust, for this GitLab only.
    pub authorities: Vec<Authority>,
}

/// What a login says while it goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LoginTold {
    /// The address to sign in at. Good for this login alone; goes to the person and to nobody else.
    Open {
        /// The address.
        url: String,
        /// When the login waits no longer.
        deadline: Timestamp,
    },
    /// How opening the browser went.
    Browser(BrowserState),
    /// The code to type on another device.
    Code {
        /// The code.
        user_code: String,
        /// Where to type it.
        at: String,
        /// The same with the code filled in.
        complete: String,
        /// When its time is over.
        deadline: Timestamp,
    },
    /// Somebody signed in; the account is being made.
    Finishing,
    /// More was granted than was asked for.
    Wider {
        /// What.
        scopes: Vec<String>,
    },
}

/// Where a login tells what goes on.
pub(crate) type Told<'a> = &'a (dyn Fn(LoginTold) + Send + Sync);

/// Where and as what somebody signs in.
pub(crate) struct SignIn {
    pub(crate) client: Arc<Client>,
    pub(crate) registration: Arc<Registration>,
    pub(crate) scopes: Vec<String>,
    pub(crate) found: Found,
    /// Whether what they sign in for can be kept.
    trial: Trial,
}

/// Somebody who signed in, and was found to be who they are and to have what was asked for.
pub(crate) struct Admitted {
    pub(crate) signed: SignedIn,
    pub(crate) identity: Identity,
}

/// Everything about a login that is known before anybody signs in.
pub(crate) struct Plan {
    pub(crate) name: Name,
    pub(crate) found: Found,
    pub(crate) how: Look,
    pub(crate) application: Option<Arc<GivenApplication>>,
    pub(crate) scopes: Option<Vec<String>>,
    pub(crate) accept_missing: bool,
}

impl Links {
    /// Links an account by app login in the browser, and tells what goes on. Nothing is left behind by a login that is
    /// refused or dropped: no port, no token, no account.
    pub async fn app_login(
        &self,
        login: AppLogin,
        told: &(dyn Fn(LoginTold) + Send + Sync),
    ) -> Result<Account, Problem> {
        let open_browser = login.open_browser;
        let plan = Box::pin(self.plan(login)).await?;
        let undertaking = Arc::new(Undertaking::new());
        Box::pin(self.browser_login(plan, open_browser, undertaking, told)).await
    }

    /// Links an account by a code that is typed on another device. `is_me` is asked before anything is stored; it may
    /// block.
    pub async fn device_login(
        &self,
        login: AppLogin,
        told: &(dyn Fn(LoginTold) + Send + Sync),
        is_me: Box<dyn FnOnce(&Person) -> bool + Send>,
    ) -> Result<Account, Problem> {
        let plan = Box::pin(self.plan(login)).await?;
        let sign_in = Box::pin(self.prepare(&plan)).await?;
        let admitted = Box::pin(self.sign_in_by_code(&sign_in, plan.accept_missing, told)).await?;
        let person = person(&admitted.identity);
        let confirmed = tokio::task::spawn_blocking(move || is_me(&person)).await;
        if !matches!(confirmed, Ok(true)) {
            admitted.signed.give_back().await;
            return Err(Problem::Cancelled);
        }
        Box::pin(self.keep_login(plan, sign_in.scopes, admitted, Arc::new(Undertaking::new()))).await
    }

    async fn plan(&self, login: AppLogin) -> Result<Plan, Problem> {
        if let Some(name) = &login.name {
            self.check_name(name)?;
        }
        let how = Look {
            allow_http: login.allow_http,
            authorities: login.authorities,
        };
        // Reached while GitLab is being asked: both take a while, and neither needs the other.
        let links = self.clone();
        tokio::spawn(async move { drop(links.keychains().chosen(links.store()).await) });
        // On a runtime of one thread that begins when this one waits.
        tokio::task::yield_now().await;
        let found = Box::pin(self.look(&login.pasted, how.clone())).await?;
        let name = match login.name {
            Some(name) => name,
            None => self.suggest_name(&found.base)?,
        };
        Ok(Plan {
            name: Name::read(&name)?,
            found,
            how,
            application: login.application.map(Arc::new),
            scopes: login.scopes,
            accept_missing: login.accept_missing,
        })
    }

    /// What has to be right before a person is sent anywhere: the name, the application, the keychain.
    pub(crate) async fn prepare(&self, plan: &Plan) -> Result<SignIn, Problem> {
        self.check_name(plan.name.shown())?;
        Box::pin(self.prepare_sign_in(plan, None)).await
    }

    /// What has to be right before somebody signs in. `place`: where the login is to be stored, if that is decided.
    pub(crate) async fn prepare_sign_in(&self, plan: &Plan, place: Option<Place>) -> Result<SignIn, Problem> {
        let base = &plan.found.base;
        let locked = self
            .kept_instance(base)?
            .is_some_and(|kept| kept.source == Source::Managed);
        if plan.application.is_some() && locked {
            return Err(Problem::PolicyLocked {
                address: base.as_str().to_owned(),
            });
        }
        let known = self.application(base)?;
        let scopes = plan
            .scopes
            .clone()
            .or_else(|| known.and_then(|known| known.scopes))
            .unwrap_or_else(|| crate::WANTED.map(str::to_owned).to_vec());
        let registration = match &plan.application {
            Some(given) => given.registration()?,
            None => self.registration(base, None, &scopes).await?,
        };
        let vault = match place {
            Some(place) => self.keychains().at(place).await?,
            None => self.keychains().chosen(self.store()).await?,
        };
        let trial = Trial::of(vault).await?;
        Ok(SignIn {
            trial,
            client: Arc::new(self.client(base, &plan.how)?),
            registration: Arc::new(registration),
            scopes,
            found: plan.found.clone(),
        })
    }

    /// The whole of a login in the browser. The browser is told how it ended when it has ended.
    pub(crate) async fn browser_login(
        &self,
        plan: Plan,
        open_browser: bool,
        undertaking: Arc<Undertaking>,
        told: Told<'_>,
    ) -> Result<Account, Problem> {
        let sign_in = Box::pin(self.prepare(&plan)).await?;
        let accept_missing = plan.accept_missing;
        let scopes = sign_in.scopes.clone();
        let keep = |admitted: Admitted| async move {
            Box::pin(self.keep_login(plan, scopes, admitted, undertaking)).await
        };
        Box::pin(self.sign_in_by_browser(&sign_in, accept_missing, open_browser, told, keep)).await
    }

    /// Sends the person to the browser, waits for the answer, and does `then` with whoever signed in.
    pub(crate) async fn sign_in_by_browser<T, F>(
        &self,
        sign_in: &SignIn,
        accept_missing: bool,
        open_browser: bool,
        told: Told<'_>,
        then: impl FnOnce(Admitted) -> F,
    ) -> Result<T, Problem>
    where
        F: Future<Output = Result<T, Problem>>,
    {
        let base = &sign_in.found.base;
        let failed = |error: std::io::Error| Problem::ListenerFailed {
            detail: gitlab::shown(&error.to_string()),
        };
        let mut listener = LoopbackListener::bind_speaking(self.pages())
            .await
            .map_err(failed)?;
        let id = &sign_in.registration.application_id;
        let request = gitlab::AuthorizationRequest::new(base, id, &listener.redirect_uri(), &sign_in.scopes);
        let url = request.url().to_string();
        let deadline = self.now().checked_add(BROWSER_TIME).unwrap_or(Timestamp::MAX);
        told(LoginTold::Open {
            url: url.clone(),
            deadline,
        });
        let opening = async {
            if open_browser {
                told(LoginTold::Browser(opener::open(self.opener(), url).await));
            }
            std::future::pending::<()>().await;
        };
        let receiving = async {
            // While the person reads, not before the browser opens; a browser that is faster is not turned away, and
            // waits for this only if its answer names a server.
            let issuer = async { sign_in.client.login_support().await.issuer };
            listener.receive_asking(&request, issuer).await
        };
        let callback = tokio::select! {
            callback = receiving => callback,
            problem = sign_in.trial.failure() => return Err(problem),
            () = opening => return Err(Problem::LoginTimedOut),
            () = self.until(deadline) => return Err(Problem::LoginTimedOut),
        };
        let (code, answering) = match callback {
            Callback::Code(code, answering) => (code, answering),
            Callback::Denied { error, answering } => {
                answering.finish(Ending::Denied).await;
                return Err(if error == "access_denied" {
                    Problem::LoginDenied
                } else {
                    Problem::AppRefused { error }
                });
            }
            Callback::WrongIssuer { answering } => {
                answering.finish(Ending::Failed).await;
                return Err(Problem::LoginMixedUp);
            }
        };
        told(LoginTold::Finishing);
        let (client, registration) = (Arc::clone(&sign_in.client), Arc::clone(&sign_in.registration));
        // Goes on to its end when this future is dropped: tokens that come then are given back.
        let links = self.clone();
        let exchange = tokio::spawn(async move {
            let tokens = client.exchange_code(&registration, &request, code).await?;
            Ok(SignedIn::new(client, registration, links.by_our_clock(tokens)))
        });
        let done = async {
            let signed = exchange.await.map_err(|_| interrupted())?;
            let signed = signed.map_err(|problem| Problem::of_login(base, id, problem))?;
            let admitted = Box::pin(admit(sign_in, signed, accept_missing, told)).await?;
            if let Err(problem) = sign_in.trial.passed().await {
                admitted.signed.give_back().await;
                return Err(problem);
            }
            then(admitted).await
        };
        let done = Box::pin(done).await;
        let ending = if done.is_ok() {
            Ending::Linked
        } else {
            Ending::Failed
        };
        answering.finish(ending).await;
        done
    }

    /// Asks for a code, tells it, and waits until somebody has signed in with it.
    pub(crate) async fn sign_in_by_code(
        &self,
        sign_in: &SignIn,
        accept_missing: bool,
        told: Told<'_>,
    ) -> Result<Admitted, Problem> {
        let base = &sign_in.found.base;
        let id = &sign_in.registration.application_id;
        sign_in.trial.now().await?;
        let device = Box::pin(sign_in.client.start_device(id, &sign_in.scopes))
            .await
            .map_err(|problem| match problem {
                GrantProblem::InvalidClient => Problem::AppUnknown {
                    application_id: id.as_str().to_owned(),
                },
                problem => Problem::of_device(base, id, problem),
            })?;
        let left = device
            .expires_at
            .saturating_duration_since(tokio::time::Instant::now());
        let left = SignedDuration::try_from(left).unwrap_or(SignedDuration::ZERO);
        let deadline = self.now().checked_add(left).unwrap_or(Timestamp::MAX);
        told(LoginTold::Code {
            user_code: device.user_code.clone(),
            at: device.verification_uri.to_string(),
            complete: device.verification_uri_complete.to_string(),
            deadline,
        });
        let (client, registration) = (Arc::clone(&sign_in.client), Arc::clone(&sign_in.registration));
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        // A poll that is under way when this future is dropped goes on: tokens that come then are given back.
        let polling = tokio::spawn(poll(self.clone(), client, registration, device, stopped));
        let signed = tokio::select! {
            signed = polling => signed.map_err(|_| interrupted())?,
            () = self.until(deadline) => Err(GrantProblem::Expired),
        };
        drop(stop);
        let signed = signed.map_err(|problem| Problem::of_device(base, id, problem))?;
        told(LoginTold::Finishing);
        Box::pin(admit(sign_in, signed, accept_missing, told)).await
    }

    /// Keeps a login as an account.
    pub(crate) async fn keep_login(
        &self,
        plan: Plan,
        scopes: Vec<String>,
        admitted: Admitted,
        undertaking: Arc<Undertaking>,
    ) -> Result<Account, Problem> {
        let keep = Keep {
            name: plan.name,
            found: plan.found,
            how: plan.how,
            identity: Arc::new(admitted.identity),
            wanted: scopes,
            secret: KeepSecret::App {
                signed: Box::new(admitted.signed),
                new_application: plan.application.is_some(),
            },
        };
        Box::pin(self.keep(keep, undertaking)).await
    }

    /// When the tokens end by the clock everything here goes by. They come with the computer's own.
    pub(crate) fn by_our_clock(&self, mut tokens: TokenSet) -> TokenSet {
        let ahead = self.now().as_second() - Timestamp::now().as_second();
        tokens.expires_at = tokens.expires_at.map(|end| end.saturating_add(ahead));
        tokens
    }

    /// Waits until the clock on the wall says so, also when the computer slept meanwhile.
    async fn until(&self, deadline: Timestamp) {
        while self.now() < deadline {
            sleep(GLANCE).await;
        }
    }
}

/// Polls at the pace GitLab wants until somebody has signed in, the code's time is over, or nobody waits any more. A
/// poll that is under way then goes on to its answer.
async fn poll(
    links: Links,
    client: Arc<Client>,
    registration: Arc<Registration>,
    device: DeviceAuthorization,
    stopped: tokio::sync::oneshot::Receiver<()>,
) -> Result<SignedIn, GrantProblem> {
    let stopped = async { drop(stopped.await) };
    let tokens = Box::pin(client.await_device(&registration, &device, stopped)).await?;
    Ok(SignedIn::new(client, registration, links.by_our_clock(tokens)))
}

/// Finds out who signed in and compares what was granted with what was asked for. What will not do is given back.
async fn admit(
    sign_in: &SignIn,
    signed: SignedIn,
    accept_missing: bool,
    told: Told<'_>,
) -> Result<Admitted, Problem> {
    match Box::pin(identity(sign_in, &signed, accept_missing, told)).await {
        Ok(identity) => Ok(Admitted { signed, identity }),
        Err(problem) => {
            signed.give_back().await;
            Err(problem)
        }
    }
}

async fn identity(
    sign_in: &SignIn,
    signed: &SignedIn,
    accept_missing: bool,
    told: Told<'_>,
) -> Result<Identity, Problem> {
    let tokens = signed.tokens().ok_or_else(interrupted)?;
    let difference = tokens.differs_from(&sign_in.scopes);
    if !difference.missing.is_empty() && !accept_missing {
        return Err(Problem::ScopesDiffer {
            missing: difference.missing,
            beyond: difference.beyond,
        });
    }
    let mut identity = Box::pin(signed.client().identify_app(&tokens.access, sign_in.found.probe))
        .await
        .map_err(|problem| Problem::at(&sign_in.found.base, problem))?;
    // What GitLab said with the tokens counts; where it said nothing, it granted what was asked for (RFC 6749 §5.1).
    match &tokens.scopes {
        Some(granted) => identity.token.scopes = Scopes::Known(granted.clone()),
        None if identity.token.scopes == Scopes::Unknown => {
            identity.token.scopes = Scopes::Known(sign_in.scopes.clone());
        }
        None => {}
    }
    crate::linking::admit(&identity, &sign_in.scopes, accept_missing)?;
    if !difference.beyond.is_empty() {
        told(LoginTold::Wider {
            scopes: difference.beyond,
        });
    }
    Ok(identity)
}

/// Who signed in, for *Is this you?*.
pub(crate) fn person(identity: &Identity) -> Person {
    Person {
        username: identity.user.username.clone(),
        name: identity.user.name.clone(),
        bot: identity.user.bot.unwrap_or(false),
        avatar_url: identity.user.avatar_url.clone(),
        web_url: identity.user.web_url.clone(),
        scopes: match &identity.token.scopes {
            Scopes::Known(scopes) => scopes.clone(),
            Scopes::Unknown => Vec::new(),
        },
    }
}

fn interrupted() -> Problem {
    Problem::Internal {
        detail: "a login was interrupted".to_owned(),
    }
}
