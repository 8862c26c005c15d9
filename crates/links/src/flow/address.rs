//! The first step: whose GitLab, where it is, and what the account is called.

use gitlab::{Authority, BaseUrl, Found, MetadataProbe, Unanswered};

use super::{AddressState, Agreed, FlowEffect, LinkFlow, Way};
use crate::instance::GITLAB_COM;
use crate::looking::Look;
use crate::names::Name;
use crate::problem::Problem;

impl LinkFlow {
    pub(super) fn way(&mut self, way: Way, effects: &mut Vec<FlowEffect>) {
        self.state.way = way;
        self.unfind();
        match way {
            Way::GitLabCom => match GITLAB_COM.parse() {
                // Built in: there is nothing to find out by asking.
                Ok(base) => {
                    let found = Found {
                        base,
                        upgraded_from: None,
                        probe: MetadataProbe::Metadata,
                    };
                    self.looked(Ok(found), effects);
                }
                Err(problem) => {
                    self.state.address = AddressState::Bad {
                        problem: Problem::Address(problem),
                    }
                }
            },
            Way::Company => self.look(effects),
        }
    }

    pub(super) fn address(&mut self, text: String, effects: &mut Vec<FlowEffect>) {
        if text == self.state.address_text && self.state.way == Way::Company {
            return;
        }
        self.state.way = Way::Company;
        self.state.address_text = text;
        self.unfind();
        if self.state.address_text.trim().is_empty() {
            return;
        }
        if let Ok(candidates) = gitlab::read_address(&self.state.address_text) {
            let host = candidates
                .bases
                .first()
                .map(BaseUrl::unicode_host)
                .unwrap_or_default();
            self.state.address = AddressState::Looking { host };
        }
        let number = self.number();
        self.waiting.address = Some(number);
        effects.push(FlowEffect::PauseAddress(number));
    }

    /// What was found out about an address that no longer stands.
    pub(super) fn unfind(&mut self) {
        self.found = None;
        self.state.goal = None;
        self.offered = None;
        self.waiting.address = None;
        self.waiting.suggestion = None;
        self.forget_application();
        self.state.address = AddressState::Empty;
        self.state.problem = None;
        if !self.name_typed {
            self.state.name.clear();
            self.state.name_problem = None;
            self.waiting.name = None;
        }
    }

    pub(super) fn look(&mut self, effects: &mut Vec<FlowEffect>) {
        let pasted = self.state.address_text.clone();
        self.unfind();
        if pasted.trim().is_empty() {
            return;
        }
        let candidates = match gitlab::read_address(&pasted) {
            Ok(candidates) => candidates,
            Err(problem) => {
                self.state.address = AddressState::Bad {
                    problem: Problem::Address(problem),
                };
                return;
            }
        };
        let host = candidates
            .bases
            .first()
            .map(BaseUrl::unicode_host)
            .unwrap_or_default();
        self.state.address = AddressState::Looking { host };
        let how = self.agreed_here();
        let number = self.number();
        self.waiting.address = Some(number);
        effects.push(FlowEffect::Look { number, pasted, how });
    }

    pub(super) fn looked(&mut self, looked: Result<Found, Problem>, effects: &mut Vec<FlowEffect>) {
        match looked {
            Ok(found) => {
                let upgraded = found.upgraded_from.is_some();
                self.state.address = AddressState::Found {
                    base: found.base.clone(),
                    upgraded,
                };
                let number = self.number();
                self.waiting.suggestion = Some(number);
                effects.push(FlowEffect::Suggest {
                    number,
                    base: found.base.clone(),
                });
                self.waiting.application = Some(number);
                self.found = Some(found);
                self.rest();
            }
            Err(Problem::HttpNeedsConsent { host }) => {
                self.state.address = AddressState::NeedsConsent { host }
            }
            Err(Problem::Unanswered(Unanswered::Tls(tls))) => {
                self.offered = tls
                    .trustable_pem()
                    .and_then(|pem| Authority::from_pem(pem.as_bytes()).ok())
                    .and_then(|all| all.into_iter().next());
                let can_trust = self.offered.is_some();
                let problem = Problem::Unanswered(Unanswered::Tls(tls));
                self.state.address = AddressState::Certificate { problem, can_trust };
            }
            Err(problem) => self.state.address = AddressState::Bad { problem },
        }
    }

    /// Host and port of the typed address: what is agreed to counts there and nowhere else.
    pub(super) fn place(&self) -> Option<String> {
        if self.state.way == Way::GitLabCom {
            return None;
        }
        let candidates = gitlab::read_address(&self.state.address_text).ok()?;
        let base = candidates.bases.first()?;
        Some(base.port().map_or_else(
            || base.host().to_owned(),
            |port| format!("{}:{port}", base.host()),
        ))
    }

    pub(super) fn agreed_here(&self) -> Look {
        let place = self.place();
        self.agreed
            .as_ref()
            .filter(|agreed| Some(&agreed.place) == place.as_ref())
            .map(|agreed| agreed.how.clone())
            .unwrap_or_default()
    }

    pub(super) fn agree(&mut self, to: impl FnOnce(&mut Look)) {
        let mut how = self.agreed_here();
        to(&mut how);
        self.agreed = self.place().map(|place| Agreed { place, how });
    }

    pub(super) fn name_is_good(&self) -> bool {
        self.state.name_problem.is_none()
            && self.waiting.name.is_none()
            && Name::read(&self.state.name).is_ok()
    }

    pub(super) fn check_name(&mut self, effects: &mut Vec<FlowEffect>) {
        self.waiting.name = None;
        match Name::read(&self.state.name) {
            Ok(_) => {
                self.state.name_problem = None;
                let number = self.number();
                self.waiting.name = Some(number);
                effects.push(FlowEffect::CheckName {
                    number,
                    name: self.state.name.clone(),
                });
            }
            Err(problem) => self.state.name_problem = Some(problem.into()),
        }
    }
}
