//! Proof Key for Code Exchange (RFC 7636), as far as the server insists: not at all unless the client began it (§3.5).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};

use crate::asked::Asked;
use crate::state::grant::ChallengeMethod;

/// The challenge of an authorization request; an error for one without a known method.
pub(super) fn challenge(asked: &Asked) -> Result<Option<(String, ChallengeMethod)>, &'static str> {
    let Some(challenge) = asked.param("code_challenge") else {
        return Ok(None);
    };
    match asked.param("code_challenge_method").as_deref() {
        Some("S256") => Ok(Some((challenge, ChallengeMethod::S256))),
        Some("plain") => Ok(Some((challenge, ChallengeMethod::Plain))),
        _ => Err("The code_challenge_method must be one of plain, S256."),
    }
}

/// Whether a verifier answers a challenge. A verifier nobody asked for is wrong.
pub(super) fn fits(challenge: Option<&(String, ChallengeMethod)>, verifier: Option<&str>) -> bool {
    match (challenge, verifier) {
        (None, None) => true,
        (Some((challenge, ChallengeMethod::Plain)), Some(verifier)) => challenge == verifier,
        (Some((challenge, ChallengeMethod::S256)), Some(verifier)) => {
            *challenge == URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_rfc_7636_appendix_b_fits() {
        let challenge = (
            "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM".to_owned(),
            ChallengeMethod::S256,
        );
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        assert!(fits(Some(&challenge), Some(verifier)));
        assert!(!fits(Some(&challenge), Some("other")));
        assert!(!fits(Some(&challenge), None));
        assert!(!fits(None, Some(verifier)));
    }
}
