//! The link flow into the window's view of it.

use links::{Ability, AddressState, BaseUrl, FlowState, Goal, LoginMethod, TokenState, kind_word};

use super::{host, kind, login, problem};
use crate::view::{AbilityView, AddressView, FlowStep, FlowView, LinkGoal, RelinkingView, TokenView, Way};

/// The flow as the window draws it.
pub(in crate::desk) fn flow(flow: &FlowState) -> FlowView {
    FlowView {
        step: match flow.step {
            _ if flow.goal == Some(Goal::SignIn) => FlowStep::AtOnce,
            links::FlowStep::Address => FlowStep::Address,
            links::FlowStep::SignIn => FlowStep::SignIn,
            links::FlowStep::Done => FlowStep::Done,
        },
        way: match flow.way {
            links::Way::GitLabCom => Way::GitlabCom,
            links::Way::Company => Way::Company,
        },
        address_text: flow.address_text.clone(),
        address: address(&flow.address),
        name: flow.name.clone(),
        name_problem: flow.name_problem.as_ref().map(problem),
        can_next: flow.can_next,
        method: login::method(flow.method),
        methods: flow.methods.iter().filter_map(login::choice).collect(),
        asks_for: match flow.method {
            LoginMethod::Token => flow.wanted.clone(),
            LoginMethod::App | LoginMethod::Device => flow.asks_for.clone(),
        },
        app: login::app(&flow.app),
        device: login::device(&flow.device),
        token: token(&flow.token),
        can_link: flow.can_link,
        linking: flow.linking,
        problem: flow.problem.as_ref().map(problem),
        account: flow.account.map(|id| id.to_string()),
        relinking: flow.relinking.as_ref().map(|again| RelinkingView {
            id: again.account.to_string(),
            username: again.username.clone(),
        }),
        somebody_else: flow.somebody_else.as_ref().map(login::person),
    }
}

/// The GitLab the flow has found.
pub(in crate::desk) fn flow_base(flow: &FlowState) -> Option<&BaseUrl> {
    flow.base.as_ref()
}

/// Whose GitLab, as the domain says it.
pub(in crate::desk) fn way(way: Way) -> links::Way {
    match way {
        Way::GitlabCom => links::Way::GitLabCom,
        Way::Company => links::Way::Company,
    }
}

/// What a known GitLab was chosen for, as the domain says it.
pub(in crate::desk) fn goal(goal: LinkGoal) -> Goal {
    match goal {
        LinkGoal::SignIn => Goal::SignIn,
        LinkGoal::Token => Goal::Token,
        LinkGoal::Register => Goal::Register,
    }
}

/// What the window says of what an account can do.
pub(super) fn ability(ability: &Ability) -> AbilityView {
    AbilityView {
        scope: ability.scope.clone(),
        granted: ability.granted,
    }
}

fn address(address: &AddressState) -> AddressView {
    match address {
        AddressState::Empty => AddressView::Empty,
        AddressState::Looking { host } => AddressView::Looking { host: host.clone() },
        AddressState::Found { base, upgraded } => AddressView::Found {
            address: base.as_str().to_owned(),
            host: host(base),
            upgraded: *upgraded,
            plain_http: base.is_plain_http(),
        },
        AddressState::NeedsConsent { host } => AddressView::NeedsConsent { host: host.clone() },
        AddressState::Certificate { problem, can_trust } => AddressView::Certificate {
            problem: self::problem(problem),
            can_trust: *can_trust,
        },
        AddressState::Bad { problem } => AddressView::Bad {
            problem: self::problem(problem),
        },
    }
}

fn token(token: &TokenState) -> TokenView {
    match token {
        TokenState::Empty => TokenView::Empty,
        TokenState::LooksWrong { kind } => TokenView::LooksWrong {
            kind: kind_word(*kind).to_owned(),
        },
        TokenState::Typed => TokenView::Typed,
        TokenState::Checking => TokenView::Checking,
        TokenState::Checked {
            username,
            person,
            kind,
            abilities,
            missing,
            expires_on,
        } => TokenView::Checked {
            username: username.clone(),
            person: person.clone(),
            kind: self::kind(*kind),
            abilities: abilities.iter().map(ability).collect(),
            missing: missing.clone(),
            expires_on: expires_on.map(|day| day.to_string()),
        },
        TokenState::Bad { problem } => TokenView::Bad {
            problem: self::problem(problem),
        },
    }
}
