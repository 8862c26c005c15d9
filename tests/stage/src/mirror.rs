//! A GitLab behind a mirror: whatever goes to it and comes from it is seen as it is, secrets included, and the answers
//! of its token endpoint can be exchanged. Nobody behind the mirror notices it.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::simulator::Simulator;

/// What stands in a good token answer's place.
#[derive(Debug, Clone, Default)]
pub enum Bent {
    /// The answer itself.
    #[default]
    Not,
    /// These of its fields, `null` for those that are left out.
    Fields(Value),
    /// Another body of this content type.
    Body(&'static str, Vec<u8>),
}

/// The mirror. It serves until the program ends.
pub struct Mirror {
    address: String,
    overheard: Arc<Mutex<Vec<u8>>>,
    bent: Arc<Mutex<Bent>>,
}

impl Mirror {
    /// A GitLab with these options, and the mirror in front of it; GitLab takes the mirror's address for its own.
    pub fn before(options: &[&str]) -> Result<(Simulator, Self)> {
        let door = TcpListener::bind("127.0.0.1:0").context("no mirror")?;
        let address = format!("http://{}", door.local_addr()?);
        let simulator = Simulator::with(&[options, &["--canonical", &address]].concat())?;
        let behind = simulator.host().split('/').next().unwrap_or_default().to_owned();
        let mirror = Self {
            address,
            overheard: Arc::default(),
            bent: Arc::default(),
        };
        let (overheard, bent) = (Arc::clone(&mirror.overheard), Arc::clone(&mirror.bent));
        thread::spawn(move || {
            for guest in door.incoming().flatten() {
                let (behind, overheard, bent) = (behind.clone(), Arc::clone(&overheard), Arc::clone(&bent));
                // Whoever goes away in the middle has nobody to tell.
                thread::spawn(move || serve(guest, &behind, &overheard, &bent));
            }
        });
        Ok((simulator, mirror))
    }

    /// Where the GitLab is for everybody but the test.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// From now on good token answers are like this.
    pub fn bend(&self, bent: Bent) {
        *self.bent.lock().unwrap_or_else(PoisonError::into_inner) = bent;
    }

    /// Every value that stood behind this name, in a query, a form or JSON; each once.
    #[must_use]
    pub fn values(&self, name: &str) -> Vec<String> {
        let overheard = self.overheard.lock().unwrap_or_else(PoisonError::into_inner);
        let overheard = String::from_utf8_lossy(&overheard);
        let mut found = Vec::new();
        for start in [format!("{name}="), format!("\"{name}\":\"")] {
            let mut rest: &str = &overheard;
            while let Some((before, behind)) = rest.split_once(&start) {
                // Not the end of a longer name.
                if !before.ends_with(|last: char| last.is_ascii_alphanumeric() || last == '_') {
                    let end = behind.find(|c: char| !c.is_ascii_alphanumeric() && !"-_.~".contains(c));
                    found.extend(behind.get(..end.unwrap_or(behind.len())).map(str::to_owned));
                }
                rest = behind;
            }
        }
        found.sort();
        found.dedup();
        found
    }
}

fn serve(mut guest: TcpStream, behind: &str, overheard: &Mutex<Vec<u8>>, bent: &Mutex<Bent>) -> Option<()> {
    let (head, body) = request(&mut guest)?;
    let line = head.lines().next().unwrap_or_default();
    let is_token = line.starts_with("POST ") && line.contains("/oauth/token HTTP");
    keep(overheard, head.as_bytes(), &body);
    let mut server = TcpStream::connect(behind).ok()?;
    server.write_all(without_connection(&head).as_bytes()).ok()?;
    server.write_all(&body).ok()?;
    let mut answer = Vec::new();
    server.read_to_end(&mut answer).ok()?;
    let end = end_of_head(&answer)?;
    let (head, body) = answer.split_at_checked(end)?;
    let head = String::from_utf8_lossy(head).into_owned();
    keep(overheard, head.as_bytes(), body);
    let good = head.lines().next().is_some_and(|line| line.contains(" 200"));
    let bent = bent.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let (kind, body) = match bent {
        Bent::Fields(fields) if is_token && good => ("application/json", changed(body, &fields)?),
        Bent::Body(kind, body) if is_token && good => (kind, body),
        _ => return guest.write_all(&answer).ok(),
    };
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    guest.write_all(head.as_bytes()).ok()?;
    guest.write_all(&body).ok()
}

/// A request's head with the empty line, and its body.
fn request(guest: &mut TcpStream) -> Option<(String, Vec<u8>)> {
    let (mut bytes, mut chunk) = (Vec::new(), [0; 16_384]);
    loop {
        if let Some(end) = end_of_head(&bytes) {
            let (head, body) = bytes.split_at_checked(end)?;
            let head = String::from_utf8_lossy(head).into_owned();
            let lengths = head.lines().filter_map(|line| line.split_once(':'));
            let length = lengths
                .filter(|(name, _)| name.eq_ignore_ascii_case("content-length"))
                .find_map(|(_, value)| value.trim().parse().ok());
            if body.len() >= length.unwrap_or(0) {
                return Some((head, body.to_vec()));
            }
        }
        match guest.read(&mut chunk) {
            Ok(read) if read > 0 => bytes.extend_from_slice(chunk.get(..read)?),
            _ => return None,
        }
    }
}

fn end_of_head(bytes: &[u8]) -> Option<usize> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
    Some(end + 4)
}

/// One request a connection, so that an answer ends with it.
fn without_connection(head: &str) -> String {
    let lines = head.trim_end().lines();
    let mut kept: Vec<&str> = lines
        .filter(|line| !line.to_ascii_lowercase().starts_with("connection:"))
        .collect();
    kept.extend(["Connection: close", "", ""]);
    kept.join("\r\n")
}

fn changed(body: &[u8], fields: &Value) -> Option<Vec<u8>> {
    let mut answer: Value = serde_json::from_slice(body).ok()?;
    let all = answer.as_object_mut()?;
    for (name, value) in fields.as_object()? {
        if value.is_null() {
            all.remove(name);
        } else {
            all.insert(name.clone(), value.clone());
        }
    }
    serde_json::to_vec(&answer).ok()
}

fn keep(overheard: &Mutex<Vec<u8>>, head: &[u8], body: &[u8]) {
    let mut overheard = overheard.lock().unwrap_or_else(PoisonError::into_inner);
    overheard.extend_from_slice(head);
    overheard.extend_from_slice(body);
    overheard.extend_from_slice(b"\r\n");
}
