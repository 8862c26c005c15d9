//! What the simulator signs: bearer tokens of the registry (contract §7.2) and deliveries of webhooks (§6.3). HMAC-SHA256
//! (RFC 2104) alone; nothing here keeps a key.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// Bytes SHA-256 takes at a time.
const BLOCK: usize = 64;

/// The HMAC-SHA256 of a message.
pub(crate) fn hmac_sha256(key: &[u8], message: &[u8]) -> Vec<u8> {
    let mut padded = if key.len() > BLOCK {
        Sha256::digest(key).to_vec()
    } else {
        key.to_vec()
    };
    padded.resize(BLOCK, 0);
    let with = |mask: u8| padded.iter().map(|byte| byte ^ mask).collect::<Vec<u8>>();
    let inner = Sha256::new()
        .chain_update(with(0x36))
        .chain_update(message)
        .finalize();
    Sha256::new()
        .chain_update(with(0x5c))
        .chain_update(inner)
        .finalize()
        .to_vec()
}

/// A JSON Web Token, signed by HS256. GitLab signs by RS256; who carries a token to a registry cannot tell.
pub(crate) fn json_web_token(key: &[u8], claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let head = format!(
        "{}.{}",
        part(&json!({ "typ": "JWT", "alg": "HS256" })),
        part(claims)
    );
    let signature = URL_SAFE_NO_PAD.encode(hmac_sha256(key, head.as_bytes()));
    format!("{head}.{signature}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(bytes: &[u8]) -> String {
        bytes
            .iter()
            .fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
    }

    /// RFC 4231, cases 2 and 6.
    #[test]
    fn signs_as_the_standard_says() {
        assert_eq!(
            hex(&hmac_sha256(b"Jefe", b"what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
        assert_eq!(
            hex(&hmac_sha256(
                &[0xaa; 131],
                b"Test Using Larger Than Block-Size Key - Hash Key First"
            )),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
        );
    }
}
