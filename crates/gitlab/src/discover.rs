//! Discovery: which of the addresses a person may have meant is a GitLab, asked without any credential.

use std::time::Duration;

use futures_util::future::{Either, join_all, select};
use http::Method;
use tokio::time::{Instant, timeout};
use url::Url;

use crate::address::Candidates;
use crate::base_url::BaseUrl;
use crate::connection::{Connection, Reach};
use crate::discovery::{Discovery, Found, MetadataProbe, Software, Wall};
use crate::evidence::{Evidence, as_typed, gitea, github, is_sign_in, is_upgrade, judge, target};
use crate::problem::Unusable;
use crate::shown::shown;
use crate::tls::TlsKind;
use crate::unanswered::Unanswered;
use crate::wire::{Fault, deadline};

/// How long https may still take on a loopback address after http has already proved to be GitLab.
const GRACE: Duration = Duration::from_secs(2);

/// How many redirects within one origin are followed to tell a loop from a way.
const HOPS: usize = 8;

/// Finds out which of the candidates is a GitLab. All are asked at the same time and without a credential; the longest
/// path that proves to be GitLab wins, and if none does, the answer that tells most is given. Ends within
/// [`Timeouts::whole`](crate::Timeouts::whole).
pub async fn discover(candidates: &Candidates, connection: &Connection) -> Discovery {
    let Some(first) = candidates.bases.first() else {
        return Discovery::Unusable(Unusable::NotHttp);
    };
    let scout = match connection.reach(first) {
        Ok(reach) => Scout {
            end: deadline(&reach),
            reach,
        },
        Err(problem) => return Discovery::Unanswered(problem.into()),
    };
    if !connection.permits(first) {
        return Box::pin(scout.without_consent(&candidates.bases)).await;
    }
    let (http, https): (Vec<_>, Vec<_>) = candidates.bases.iter().partition(|base| base.is_plain_http());
    let all = Box::pin(scout.both(&https, &http)).await;
    scout.name_software(choose(all), first).await
}

/// One discovery under way.
struct Scout {
    reach: Reach,
    end: Instant,
}

impl Scout {
    /// The verdicts over https, then over http. A program that speaks plain http may leave a TLS greeting unanswered
    /// for ever, so https is waited for only a little once http is proved.
    async fn both(&self, https: &[&BaseUrl], http: &[&BaseUrl]) -> Vec<Discovery> {
        let secure = Box::pin(join_all(https.iter().map(|base| self.look(base))));
        let plain = Box::pin(join_all(http.iter().map(|base| self.look(base))));
        match select(secure, plain).await {
            Either::Left((mut verdicts, plain)) => {
                if !verdicts
                    .iter()
                    .any(|verdict| matches!(verdict, Discovery::GitLab(_)))
                {
                    verdicts.extend(plain.await);
                }
                verdicts
            }
            Either::Right((plain, secure)) => {
                let proved = plain
                    .iter()
                    .any(|verdict| matches!(verdict, Discovery::GitLab(_)));
                let mut verdicts = if proved {
                    timeout(GRACE, secure).await.unwrap_or_default()
                } else {
                    secure.await
                };
                verdicts.extend(plain);
                verdicts
            }
        }
    }

    /// Over plain http without consent nothing of what was typed is sent but the host, and only a redirect is of
    /// interest: to https, where all is asked, or elsewhere.
    async fn without_consent(&self, bases: &[BaseUrl]) -> Discovery {
        let Some(root) = bases.last() else {
            return Discovery::Unusable(Unusable::NotHttp);
        };
        let url = root.join(MetadataProbe::Metadata.path());
        let evidence = match self.reach.ask(Method::GET, &url, None, self.end).await {
            Ok(answer) => judge(&answer, &url),
            Err(_) => {
                return Discovery::NeedsHttpConsent {
                    host: root.host().to_owned(),
                };
            }
        };
        let to = match evidence {
            Evidence::Redirect(to) if is_upgrade(root, &to) => None,
            Evidence::Redirect(to) => Some(to),
            Evidence::Wall(kind @ Wall::Network) => {
                return Discovery::SignInWall {
                    base: root.clone(),
                    kind,
                    host: None,
                };
            }
            _ => {
                return Discovery::NeedsHttpConsent {
                    host: root.host().to_owned(),
                };
            }
        };
        if let Some(to) = to {
            return self.redirected(root, root.clone(), &url, &to).await;
        }
        let encrypted: Vec<BaseUrl> = bases.iter().filter_map(BaseUrl::with_https).collect();
        let all = join_all(encrypted.iter().map(|base| self.look(base))).await;
        match choose(all) {
            Discovery::GitLab(found) => {
                let upgraded_from = encrypted
                    .iter()
                    .zip(bases)
                    .find(|(https, _)| **https == found.base);
                let upgraded_from = upgraded_from.map(|(_, http)| http.clone());
                Discovery::GitLab(Found {
                    upgraded_from,
                    ..found
                })
            }
            Discovery::RedirectElsewhere { from, to, .. }
                if Url::parse(&to).is_ok_and(|to| root.covers(&to)) =>
            {
                Discovery::RedirectElsewhere {
                    from,
                    to,
                    loop_: true,
                }
            }
            other => match encrypted.first() {
                Some(first) => self.name_software(other, first).await,
                None => other,
            },
        }
    }

    async fn look(&self, asked: &BaseUrl) -> Discovery {
        let mut base = asked.clone();
        let mut probe = MetadataProbe::Metadata;
        loop {
            let url = base.join(probe.path());
            let evidence = match self.reach.ask(Method::GET, &url, None, self.end).await {
                Ok(answer) => judge(&answer, &url),
                Err(Fault::Unanswered(unanswered)) => return Discovery::Unanswered(unanswered),
                Err(Fault::Unusable(unusable)) => return Discovery::Unusable(unusable),
            };
            match evidence {
                Evidence::Proof => {
                    let upgraded_from = (base != *asked).then(|| asked.clone());
                    return Discovery::GitLab(Found {
                        base,
                        upgraded_from,
                        probe,
                    });
                }
                Evidence::NoSuchRoute if probe == MetadataProbe::Metadata => probe = MetadataProbe::Version,
                Evidence::NoSuchRoute => {
                    return Discovery::NotGitLab {
                        software: Software::Json,
                        base,
                    };
                }
                Evidence::Redirect(to) => match base.with_https() {
                    Some(https) if is_upgrade(&base, &to) => {
                        base = https;
                        probe = MetadataProbe::Metadata;
                    }
                    _ => return self.redirected(asked, base, &url, &to).await,
                },
                Evidence::Wall(kind) => {
                    return Discovery::SignInWall {
                        base,
                        kind,
                        host: None,
                    };
                }
                Evidence::Other(software) => return Discovery::NotGitLab { software, base },
                Evidence::NotNow(unanswered) => return Discovery::Unanswered(unanswered),
                Evidence::Unusable(unusable) => return Discovery::Unusable(unusable),
            }
        }
    }

    /// A redirect that is no upgrade: to a sign-in, elsewhere, or in a circle.
    async fn redirected(&self, asked: &BaseUrl, base: BaseUrl, url: &Url, to: &Url) -> Discovery {
        let back = base != *asked && asked.covers(to);
        if !back && is_sign_in(url, to) {
            let same = to.host_str() == Some(base.host())
                && to.port_or_known_default() == Some(base.effective_port());
            let place = to.host_str().map(|host| match to.port() {
                Some(port) => shown(&format!("{host}:{port}")),
                None => shown(host),
            });
            let host = place.filter(|_| !same);
            let kind = if host.is_some() {
                Wall::IdentityProvider
            } else {
                Wall::HtmlLogin
            };
            return Discovery::SignInWall { base, kind, host };
        }
        let loop_ = back || self.circles(url, to).await;
        Discovery::RedirectElsewhere {
            from: base,
            to: as_typed(to),
            loop_,
        }
    }

    /// Whether redirects within one origin never end. Nothing but the way itself is looked at.
    async fn circles(&self, url: &Url, to: &Url) -> bool {
        let mut seen = vec![url.clone()];
        let mut next = to.clone();
        while next.origin() == url.origin() {
            if seen.contains(&next) || seen.len() > HOPS {
                return true;
            }
            let Ok(answer) = self.reach.ask(Method::GET, &next, None, self.end).await else {
                return false;
            };
            let further = if (300..400).contains(&answer.status) {
                target(&answer, &next).ok()
            } else {
                None
            };
            let Some(further) = further else { return false };
            seen.push(std::mem::replace(&mut next, further));
        }
        false
    }

    /// Asks what it is that is no GitLab, by the endpoints other programs are known by (contract §1.2).
    async fn name_software(&self, verdict: Discovery, first: &BaseUrl) -> Discovery {
        let base = match &verdict {
            Discovery::NotGitLab {
                software: Software::OtherWeb { .. } | Software::Json | Software::Html,
                base,
            }
            | Discovery::SignInWall {
                base,
                kind: Wall::Unnamed,
                ..
            } => base.clone(),
            _ => return verdict,
        };
        let mut places = vec![base.clone()];
        if first.scheme() == base.scheme() && *first != base {
            places.push(first.clone());
        }
        let questions = places
            .iter()
            .flat_map(|place| [("api/v1/version", place), ("api/v3/meta", place)]);
        let named = join_all(questions.map(|(path, place)| async move {
            let answer = self
                .reach
                .ask(Method::GET, &place.join(path), None, self.end)
                .await
                .ok()?;
            let software = if path.starts_with("api/v1") {
                gitea(&answer)
            } else {
                github(&answer)
            };
            software.map(|software| Discovery::NotGitLab {
                software,
                base: place.clone(),
            })
        }))
        .await;
        named.into_iter().flatten().next().unwrap_or(verdict)
    }
}

/// The first GitLab; else the verdict that tells most, of several the one nearest the host's root over https.
fn choose(verdicts: Vec<Discovery>) -> Discovery {
    let mut best: Option<(u8, bool, usize, Discovery)> = None;
    for (at, verdict) in verdicts.into_iter().enumerate() {
        if matches!(verdict, Discovery::GitLab(_)) {
            return verdict;
        }
        let (rank, plain) = (rank(&verdict), is_plain(&verdict));
        let better = best.as_ref().is_none_or(|(best_rank, best_plain, best_at, _)| {
            (rank, plain, std::cmp::Reverse(at)) < (*best_rank, *best_plain, std::cmp::Reverse(*best_at))
        });
        if better {
            best = Some((rank, plain, at, verdict));
        }
    }
    best.map_or(Discovery::Unusable(Unusable::NotHttp), |(.., verdict)| verdict)
}

/// How much a verdict tells; the least number tells most.
fn rank(verdict: &Discovery) -> u8 {
    match verdict {
        Discovery::GitLab(_) => 0,
        Discovery::Unanswered(Unanswered::Tls(problem))
            if !matches!(problem.kind, TlsKind::NotTls | TlsKind::Other) =>
        {
            1
        }
        Discovery::NotGitLab { software, .. }
            if !matches!(
                software,
                Software::OtherWeb { .. } | Software::Json | Software::Html
            ) =>
        {
            2
        }
        Discovery::SignInWall { kind, .. } if *kind != Wall::Unnamed => 3,
        Discovery::RedirectElsewhere { .. } => 4,
        Discovery::Unanswered(
            Unanswered::RateLimited { .. }
            | Unanswered::ServerError { .. }
            | Unanswered::Maintenance
            | Unanswered::Proxy { .. }
            | Unanswered::ProxyVariable { .. },
        ) => 5,
        Discovery::SignInWall { .. } => 6,
        Discovery::NotGitLab { .. } => 7,
        Discovery::Unusable(_) => 8,
        Discovery::NeedsHttpConsent { .. } => 9,
        Discovery::Unanswered(Unanswered::Silent { .. } | Unanswered::ConnectionLost) => 10,
        Discovery::Unanswered(Unanswered::Tls(_)) => 11,
        Discovery::Unanswered(_) => 12,
    }
}

fn is_plain(verdict: &Discovery) -> bool {
    match verdict {
        Discovery::NotGitLab { base, .. }
        | Discovery::SignInWall { base, .. }
        | Discovery::RedirectElsewhere { from: base, .. } => base.is_plain_http(),
        _ => false,
    }
}
