//! Any file given as a certificate authority is one, whole, or a reason.
#![no_main]

use gitlab::Authority;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|file: &[u8]| {
    for authority in Authority::from_pem(file).unwrap_or_default() {
        let _ = (authority.subject(), authority.sha256_fingerprint());
        assert!(Authority::from_pem(authority.to_pem().as_bytes()).is_ok());
    }
});
