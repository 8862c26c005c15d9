//! A link profile under review into the window's view of it.

use links::{Authority, Difference, LinkProfile, Review};

use super::{host, problem};
use crate::{
    desk::Reviewing,
    view::{DifferenceView, ProfileOutcome, ProfileReviewView},
};

/// The review as the window draws it.
pub(in crate::desk) fn reviewing(reviewing: &Reviewing) -> ProfileReviewView {
    let profile = reviewing.profile.as_ref();
    let text = |part: fn(&LinkProfile) -> String| profile.map(part).unwrap_or_default();
    ProfileReviewView {
        address: text(|profile| profile.address.as_str().to_owned()),
        host: text(|profile| host(&profile.address)),
        application_id: text(|profile| profile.application_id.clone()),
        scopes: profile.map(|profile| profile.scopes.clone()).unwrap_or_default(),
        authority: profile.and_then(|profile| authority(&profile.authorities)),
        outcome: outcome(reviewing.review.as_ref()),
        differences: match &reviewing.review {
            Some(Review::Differs(differences)) => differences.iter().map(difference).collect(),
            _ => Vec::new(),
        },
        problem: reviewing.problem.as_ref().map(problem),
    }
}

/// Whom the first of the extra authorities names; its fingerprint where it names nobody.
pub(in crate::desk) fn authority(authorities: &[Authority]) -> Option<String> {
    authorities.first().map(|authority| {
        authority
            .subject()
            .unwrap_or_else(|| format!("SHA-256 {}", authority.sha256_fingerprint()))
    })
}

fn outcome(review: Option<&Review>) -> ProfileOutcome {
    match review {
        None => ProfileOutcome::Invalid,
        Some(Review::New) => ProfileOutcome::New,
        Some(Review::Same) => ProfileOutcome::Same,
        Some(Review::Differs(_)) => ProfileOutcome::Differs,
        Some(Review::Locked) => ProfileOutcome::Locked,
    }
}

fn difference(difference: &Difference) -> DifferenceView {
    DifferenceView {
        host: host(&difference.instance),
        what: difference.terms.as_str().to_owned(),
        here: difference.here.clone(),
        there: difference.there.clone(),
    }
}
