//! The simulator behind a mirror: everything that goes through is seen as it is, secrets included, and answers for tokens
//! can be bent.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use serde_json::Value;

type Bend = Box<dyn Fn(&mut Value) + Send + Sync>;

pub(crate) struct Mirror {
    address: String,
    seen: Arc<Mutex<Vec<String>>>,
    swallows: Arc<AtomicBool>,
}

impl Mirror {
    /// In front of the simulator at `address`, bending good answers of the token endpoint.
    pub(crate) fn of(address: &str, bend: impl Fn(&mut Value) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let own = listener.local_addr().unwrap().to_string();
        let behind = address.strip_prefix("http://").unwrap();
        let (behind, path) = behind
            .split_once('/')
            .map_or((behind, ""), |(host, path)| (host, path));
        let mirror = Self {
            address: format!("http://{own}/{path}").trim_end_matches('/').to_owned(),
            seen: Arc::default(),
            swallows: Arc::default(),
        };
        let (seen, behind, bend): (_, _, Bend) =
            (Arc::clone(&mirror.seen), behind.to_owned(), Box::new(bend));
        let bend = Arc::new(bend);
        let swallows = Arc::clone(&mirror.swallows);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (seen, behind, own, bend) =
                    (Arc::clone(&seen), behind.clone(), own.clone(), Arc::clone(&bend));
                let swallows = Arc::clone(&swallows);
                std::thread::spawn(move || serve(stream, &behind, &own, &seen, &bend, &swallows));
            }
        });
        mirror
    }

    pub(crate) fn address(&self) -> String {
        self.address.clone()
    }

    /// From now on revocations of app logins are answered well, and nobody hears of them; or not any more.
    pub(crate) fn swallow_revocations(&self, swallows: bool) {
        self.swallows.store(swallows, Ordering::SeqCst);
    }

    /// Whole requests and answers, as text.
    pub(crate) fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }

    /// The values of a field of the forms that were posted and of the JSON answers.
    pub(crate) fn values(&self, field: &str) -> Vec<String> {
        let mut found = Vec::new();
        for text in self.seen() {
            let body = text.split_once("\r\n\r\n").map_or("", |(_, body)| body);
            if let Ok(json) = serde_json::from_str::<Value>(body) {
                found.extend(json[field].as_str().map(str::to_owned));
            } else {
                let fields = url::form_urlencoded::parse(body.as_bytes());
                found.extend(
                    fields
                        .filter(|(name, _)| name == field)
                        .map(|(_, value)| value.into_owned()),
                );
            }
        }
        found.dedup();
        found
    }
}

fn serve(
    mut client: TcpStream,
    behind: &str,
    own: &str,
    seen: &Mutex<Vec<String>>,
    bend: &Bend,
    swallows: &AtomicBool,
) {
    let Some(request) = message(&mut client) else {
        return;
    };
    seen.lock().unwrap().push(request.clone());
    if swallows.load(Ordering::SeqCst) && request.contains("/oauth/revoke HTTP") {
        let fine = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}";
        let _ = client.write_all(fine.as_bytes());
        return;
    }
    let is_token = request.starts_with("POST ") && request.contains("/oauth/token HTTP");
    let Ok(mut server) = TcpStream::connect(behind) else {
        return;
    };
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    // One request a connection; a body's length does not change.
    let head: Vec<_> = head
        .lines()
        .filter(|line| !line.to_ascii_lowercase().starts_with("connection:"))
        .collect();
    let head = head.join("\r\n").replace(own, behind);
    if write!(server, "{head}\r\nConnection: close\r\n\r\n{body}").is_err() {
        return;
    }
    let mut answer = Vec::new();
    if server.read_to_end(&mut answer).is_err() {
        return;
    }
    let answer = String::from_utf8_lossy(&answer).replace(behind, own);
    let Some((head, body)) = answer.split_once("\r\n\r\n") else {
        return;
    };
    let mut body = if head.to_ascii_lowercase().contains("transfer-encoding: chunked") {
        super::sim::dechunk(body)
    } else {
        body.to_owned()
    };
    if is_token && head.contains(" 200 ") {
        let mut json: Value = serde_json::from_str(&body).unwrap();
        bend(&mut json);
        body = json.to_string();
    }
    let head: Vec<_> = head
        .lines()
        .filter(|line| {
            let line = line.to_ascii_lowercase();
            !line.starts_with("content-length:")
                && !line.starts_with("transfer-encoding:")
                && !line.starts_with("connection:")
        })
        .collect();
    let whole = format!(
        "{}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        head.join("\r\n"),
        body.len()
    );
    seen.lock().unwrap().push(whole.clone());
    let _ = client.write_all(whole.as_bytes());
}

/// A request with its body, by its length.
fn message(stream: &mut TcpStream) -> Option<String> {
    let mut bytes = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head
                .lines()
                .filter_map(|line| line.split_once(':'))
                .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
                .and_then(|(_, value)| value.trim().parse().ok())
                .unwrap_or(0);
            if body.len() >= length {
                return Some(text);
            }
        }
        match stream.read(&mut chunk) {
            Ok(read) if read > 0 => bytes.extend_from_slice(&chunk[..read]),
            _ => return None,
        }
    }
}
