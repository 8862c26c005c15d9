//! https with an authority of its own, and the certificates no client should accept.

use simulator::{Options, TlsFault};

use crate::here::{Here, client, send};

async fn over_tls(tls_fault: Option<TlsFault>) -> Here {
    let options = Options {
        tls: true,
        tls_fault,
        ..Options::default()
    };
    let here = Here::start(options).await;
    assert!(here.running.address().starts_with("https://127.0.0.1:"));
    here
}

/// A client that trusts what the simulator says should be trusted, and nothing else.
fn trusting(here: &Here) -> reqwest::Client {
    let pem = std::fs::read(here.running.ready().ca_file.as_ref().unwrap()).unwrap();
    client()
        .tls_certs_only([reqwest::Certificate::from_pem(&pem).unwrap()])
        .build()
        .unwrap()
}

/// What the client's TLS says went wrong, all the way down.
async fn refusal(http: &reqwest::Client, url: String) -> String {
    let fault = http.get(url).send().await.map(|_| ()).unwrap_err();
    let mut text = fault.to_string();
    let mut source = std::error::Error::source(&fault);
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

#[tokio::test]
async fn a_client_that_trusts_the_authority_is_served() {
    let here = over_tls(None).await;
    let port = url::Url::parse(here.running.address()).unwrap().port().unwrap();
    for origin in [
        format!("https://127.0.0.1:{port}"),
        format!("https://localhost:{port}"),
    ] {
        let answer = send(
            trusting(&here)
                .get(format!("{origin}/api/v4/user"))
                .bearer_auth(&here.ada),
        )
        .await;
        assert_eq!(answer.json()["username"], "ada");
    }
}

#[tokio::test]
async fn a_client_that_does_not_is_not() {
    let here = over_tls(None).await;
    let text = refusal(&client().build().unwrap(), here.url("/")).await;
    assert!(text.contains("UnknownIssuer"), "{text}");
}

#[tokio::test]
async fn expired_and_other_host_fail_with_the_authority_trusted() {
    for (fault, words) in [
        (TlsFault::Expired, "expired"),
        (TlsFault::OtherHost, "not valid for name"),
    ] {
        let here = over_tls(Some(fault)).await;
        let text = refusal(&trusting(&here), here.url("/")).await.to_lowercase();
        assert!(text.contains(words), "{fault:?}: {text}");
    }
}

#[tokio::test]
async fn self_signed_and_unknown_authority_tell_nothing_to_trust() {
    for fault in [TlsFault::SelfSigned, TlsFault::UnknownAuthority] {
        let here = over_tls(Some(fault)).await;
        assert_eq!(here.running.ready().ca_file, None);
        let text = refusal(&client().build().unwrap(), here.url("/")).await;
        assert!(text.contains("certificate"), "{fault:?}: {text}");
    }
}
