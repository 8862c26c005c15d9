//! The domain's types into the window's, one function a type. Nothing here decides anything.

mod flow;
mod login;
mod profile;

use std::{collections::BTreeMap, path::Path};

use jiff::Timestamp;
use links::{
    Account, BaseUrl, Health, Instance, Keychain, LedgerEntry, Method, Place, Policy, Problem, ProblemCode,
    PutAside, Reach, RecoveredWhat, Revocation, Scopes, StepState, TokenKind, UnlinkStep,
};

pub(super) use self::{
    flow::{flow, flow_base, goal, way},
    login::{browser, chosen},
    profile::{authority, reviewing},
};
use crate::view::{
    AccountView, AppLoginState, Attention, EventView, HealthView, InstanceView, KeychainView, KindView,
    MethodView, PlaceView, ProblemView, ReachView, RecoveredView, RotationView, WaitingView,
};

/// A problem that needs no values.
pub(crate) fn code(code: &str) -> ProblemView {
    ProblemView {
        code: code.to_owned(),
        values: BTreeMap::new(),
        detail: None,
    }
}

/// The app is ending, or a task of it has died.
pub(super) fn ending() -> ProblemView {
    code("interrupted")
}

/// A problem of the domain: its code, its values, its details.
pub(super) fn problem(problem: &Problem) -> ProblemView {
    ProblemView {
        code: problem.code().to_owned(),
        values: problem
            .values()
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect(),
        detail: problem.detail(),
    }
}

/// Why managed policy cannot be used, where it cannot.
pub(super) fn policy(policy: &Policy, file: &Path) -> Option<ProblemView> {
    let Policy::Broken { detail } = policy else {
        return None;
    };
    let broken = Problem::PolicyBroken {
        detail: detail.clone(),
    };
    let mut told = problem(&broken);
    told.values.insert("place".to_owned(), file.display().to_string());
    Some(told)
}

/// A moment as the window reads it: RFC 3339, in UTC.
pub(super) fn time(at: Timestamp) -> String {
    at.to_string()
}

/// The address for people: host, port if any, path; in Unicode where that cannot be taken for another name.
pub(crate) fn host(base: &BaseUrl) -> String {
    let port = base.port().map(|port| format!(":{port}")).unwrap_or_default();
    format!("{}{port}{}", base.unicode_host(), base.path())
}

/// Whether what became of a rotation tells more of an account than its state does.
fn says_more(state: &str, trouble: ProblemCode) -> bool {
    match trouble {
        ProblemCode::RotationUnsure => matches!(state, "linked" | "expiring" | "revoked"),
        ProblemCode::RotationExpiry => matches!(state, "linked" | "expiring"),
        ProblemCode::LostRenewal => state == "revoked",
        _ => false,
    }
}

/// An account with what happened to it.
pub(super) fn account(
    account: &Account,
    happened: &[LedgerEntry],
    checking: bool,
    rotating: bool,
) -> AccountView {
    let login = account.login.as_ref();
    AccountView {
        id: account.id.to_string(),
        name: account.name.clone(),
        user_id: account.user.id,
        username: account.user.username.clone(),
        person: account.user.name.clone(),
        bot: account.user.bot,
        address: account.instance.as_str().to_owned(),
        host: host(&account.instance),
        plain_http: account.plain_http,
        method: method(account.method),
        kind: kind(account.kind),
        scopes: scopes(&account.scopes),
        abilities: account.abilities().iter().map(flow::ability).collect(),
        wider: account.wider(),
        git: reach(&account.git()),
        registry: reach(&account.registry()),
        health: health(&account.health),
        clock: account
            .clock_ahead
            .map(|seconds| problem(&Problem::ClockOff { seconds })),
        // The instances decide with these two, see the snapshot.
        attention: Attention::Well,
        can_trust: false,
        moved_to: account.moved_to.clone(),
        checking,
        expires_on: account.expires_on.map(|day| day.to_string()),
        created_at: account.token_created_at.map(time),
        last_used_at: account.last_used_at.map(time),
        checked_at: account.checked_at.map(time),
        linked_at: time(account.linked_at),
        token_name: account.token_name.clone(),
        token_id: account.token_id,
        renews_by_itself: account.renews_by_itself(),
        rotation: account.rotation.map(|rotation| RotationView {
            on: rotation.on,
            hindrance: rotation.hindrance.map(|why| why.code().to_string()),
            trouble: rotation
                .trouble
                .filter(|code| says_more(account.health.state(), *code))
                .map(|code| code.to_string()),
            running: rotating,
        }),
        renews_at: login
            .and_then(|login| login.renews_at)
            .or(account
                .rotation
                .filter(|rotation| rotation.on)
                .and_then(|rotation| rotation.due))
            .map(time),
        application_id: login.map(|login| login.application_id.clone()),
        secret_in: place(account.secret_in),
        events: happened.iter().map(event).collect(),
    }
}

/// How an account signs in.
pub(super) fn method(method: Method) -> MethodView {
    match method {
        Method::App => MethodView::App,
        Method::Token => MethodView::Token,
    }
}

fn event(entry: &LedgerEntry) -> EventView {
    EventView {
        at: time(entry.at),
        what: entry.what.clone(),
        detail: entry.detail.clone(),
        address: entry.address.as_deref().map(bare),
        times: entry.times,
        last_at: time(entry.last_at),
    }
}

/// An address of the ledger as people say it; `http://` is worth saying.
fn bare(address: &str) -> String {
    address.strip_prefix("https://").unwrap_or(address).to_owned()
}

fn reach(reach: &Reach) -> ReachView {
    ReachView {
        can: reach.as_str().to_owned(),
        missing: reach.missing().iter().map(|scope| (*scope).to_owned()).collect(),
    }
}

/// Raw scope names; none where the server cannot tell.
fn scopes(scopes: &Scopes) -> Option<Vec<String>> {
    match scopes {
        Scopes::Known(names) => Some(names.clone()),
        Scopes::Unknown => None,
    }
}

/// A kind of token.
fn kind(kind: TokenKind) -> KindView {
    match kind {
        TokenKind::Personal => KindView::Personal,
        TokenKind::Project => KindView::Project,
        TokenKind::Group => KindView::Group,
        TokenKind::ServiceAccount => KindView::ServiceAccount,
        TokenKind::FineGrained => KindView::FineGrained,
        TokenKind::Unknown => KindView::Unknown,
    }
}

fn health(health: &Health) -> HealthView {
    match health {
        Health::Linked => HealthView::Linked,
        Health::Expiring { days } => HealthView::Expiring { days: *days },
        Health::Expired { on } => HealthView::Expired {
            on: on.map(|day| day.to_string()),
        },
        Health::Revoked { noticed_at } => HealthView::Revoked {
            noticed_at: noticed_at.map(time),
        },
        Health::TooNarrow { missing } => HealthView::TooNarrow {
            missing: missing.clone(),
        },
        Health::Refused { why } => HealthView::Refused { why: why.to_string() },
        Health::Unreachable { why } => HealthView::Unreachable { why: why.to_string() },
        Health::Unknown { why } => HealthView::Unknown {
            why: why.map(|why| why.to_string()),
        },
    }
}

/// Where a secret is. Memory is a place of tests; the window has no word for it.
pub(super) fn place(place: Place) -> PlaceView {
    match place {
        Place::GnomeKeyring => PlaceView::GnomeKeyring,
        Place::KWallet => PlaceView::Kwallet,
        Place::SecretService | Place::Memory => PlaceView::SecretService,
        Place::MacKeychain => PlaceView::MacKeychain,
        Place::WindowsCredentialManager => PlaceView::WindowsCredentialManager,
        Place::EncryptedFile => PlaceView::EncryptedFile,
    }
}

/// An instance.
pub(super) fn instance(instance: &Instance) -> InstanceView {
    InstanceView {
        address: instance.address.as_str().to_owned(),
        host: host(&instance.address),
        source: instance.source.as_str().to_owned(),
        plain_http: instance.plain_http,
        extra_authority: !instance.authorities.is_empty(),
        version: instance.version.clone(),
        accounts: instance.accounts,
        managed: instance.source == links::Source::Managed,
        authority: authority(&instance.authorities),
        app_login: match instance.client_id {
            Some(_) => AppLoginState::Ready,
            None => AppLoginState::NotSetUp,
        },
        application_id: instance.client_id.clone(),
        confidential: instance.confidential,
        registering: login::registering(&links::Registering::new(
            &instance.address,
            &instance
                .scopes
                .clone()
                .unwrap_or_else(|| links::WANTED.map(str::to_owned).to_vec()),
        )),
    }
}

/// How the keychain is.
pub(super) fn keychain(keychain: &Keychain) -> KeychainView {
    match keychain {
        Keychain::Ready { place } => KeychainView::Ready {
            place: self::place(*place),
        },
        Keychain::Locked { place } => KeychainView::Locked {
            place: self::place(*place),
        },
        Keychain::Absent => KeychainView::Absent,
        Keychain::NeedsPassphrase { wrong } => KeychainView::NeedsPassphrase { wrong: *wrong },
        Keychain::Broken { problem } => KeychainView::Broken {
            code: problem.code().to_owned(),
            detail: problem.detail().unwrap_or_default(),
        },
    }
}

/// A token that waits to be revoked.
pub(super) fn waiting(one: &Revocation) -> WaitingView {
    WaitingView {
        id: one.id.to_string(),
        name: one.name.clone(),
        username: one.username.clone(),
        host: host(&one.instance),
        since: time(one.since),
        why: one.why.map(|why| why.to_string()),
    }
}

/// The damaged database, by the file it is kept in.
pub(super) fn put_aside(aside: &PutAside) -> RecoveredView {
    RecoveredView {
        what: "put_aside".to_owned(),
        name: aside.file.display().to_string(),
    }
}

/// Secrets that no account here knows, by their labels.
pub(super) fn orphans(labels: &[String]) -> RecoveredView {
    let shown = Problem::SecretsOrphaned {
        labels: labels.to_vec(),
    };
    RecoveredView {
        what: "orphaned".to_owned(),
        name: shown.values().remove("labels").unwrap_or_default(),
    }
}

/// What a start put right.
pub(super) fn recovered(what: RecoveredWhat) -> &'static str {
    match what {
        RecoveredWhat::LinkUndone => "link_undone",
        RecoveredWhat::LinkFinished => "link_finished",
        RecoveredWhat::UnlinkFinished => "unlink_finished",
        RecoveredWhat::UnlinkUndone => "unlink_undone",
        RecoveredWhat::RelinkUndone => "relink_undone",
        RecoveredWhat::RelinkFinished => "relink_finished",
    }
}

/// What GitLab did not take back of an account that was linked again.
pub(super) fn left_alive(method: Method) -> &'static str {
    match method {
        Method::Token => "old_token_lives",
        Method::App => "old_login_lives",
    }
}

/// A step of unlinking.
pub(super) fn step(step: UnlinkStep) -> &'static str {
    match step {
        UnlinkStep::Revoke => "revoke",
        UnlinkStep::Prove => "prove",
        UnlinkStep::ForgetSecret => "forget_secret",
        UnlinkStep::ForgetAccount => "forget_account",
    }
}

/// How a step of unlinking stands.
pub(super) fn step_state(state: StepState) -> &'static str {
    match state {
        StepState::Busy => "busy",
        StepState::Done => "done",
        StepState::Skipped => "skipped",
        StepState::Failed => "failed",
        StepState::Later => "later",
    }
}
