//! Whatever stands in a keychain where a record in parts is expected is read whole or called damaged.
#![no_main]

use std::sync::Arc;
use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use vault::memory::MemoryBackend;
use vault::{Backend, Key, Secret, Vault};

fuzz_target!(|stored: Vec<String>| {
    let backend = Arc::new(MemoryBackend::new().limit(2560));
    let Ok(key) = Key::new("account") else { return };
    for (at, text) in stored.iter().take(8).enumerate() {
        // The head, then the parts of both slots, by the names parts have.
        let item = match at {
            0 => key.as_str().to_owned(),
            at => format!(
                "{}.{}{}",
                key.as_str(),
                if at % 2 == 0 { "a" } else { "b" },
                (at - 1) / 2
            ),
        };
        let text = if at == 0 {
            format!("lablink-record-in-parts/1 {text}")
        } else {
            text.clone()
        };
        let _ = backend.put(&item, "fuzz", &Secret::new(text));
    }
    let vault = Vault::with_backend(backend, Duration::from_secs(5));
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
    else {
        return;
    };
    let _ = runtime.block_on(vault.get(&key));
});
