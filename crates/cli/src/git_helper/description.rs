//! What git says on standard input: one attribute a line, up to an empty line or the end (git-credential(1)). Strict in
//! what would make two readers see two things, deaf to what it does not know.

use std::io::Read;

use links::Question;
use zeroize::Zeroizing;

use crate::exit::ExitStatus;
use crate::failure::Failure;

/// The most that is read, in bytes.
const LIMIT: usize = 64 * 1024;

/// What git asks about, or tells.
#[derive(Default)]
pub(crate) struct Description {
    protocol: Option<String>,
    host: Option<String>,
    path: Option<String>,
    username: Option<String>,
    password: Option<Zeroizing<String>>,
    /// Whether something of it is in no encoding known here. Whose address it is can be told all the same.
    not_text: bool,
}

/// Why it cannot be understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Malformed {
    Unreadable,
    TooLong,
    Nul,
    CarriageReturn,
    NoEquals,
    NotText,
    Repeated,
    Address,
}

impl Description {
    /// Reads one from standard input.
    pub(crate) fn read(reader: &mut dyn Read) -> Result<Self, Failure> {
        text(reader)
            .and_then(|bytes| Self::parse(&bytes))
            .map_err(failure)
    }

    fn parse(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut description = Self::default();
        for line in bytes.split(|byte| *byte == b'\n') {
            if line.is_empty() {
                break;
            }
            if line.contains(&0) {
                return Err(Malformed::Nul);
            }
            // A reader that takes it for the end of a line would see another host. (Passwords are others' affair, and
            // none of ours has one.)
            if line.contains(&b'\r') && !line.starts_with(b"password=") {
                return Err(Malformed::CarriageReturn);
            }
            let at = line
                .iter()
                .position(|byte| *byte == b'=')
                .ok_or(Malformed::NoEquals)?;
            let (key, value) = line.split_at(at);
            description.take(key, value.get(1..).unwrap_or_default())?;
        }
        Ok(description)
    }

    fn take(&mut self, key: &[u8], value: &[u8]) -> Result<(), Malformed> {
        let (slot, told) = match key {
            b"protocol" => (&mut self.protocol, utf8(value)?),
            b"host" => (&mut self.host, utf8(value)?),
            // A repository of somebody else's may have any name: only what is ours has to be text.
            b"path" | b"username" => {
                self.not_text |= utf8(value).is_err();
                let told = String::from_utf8_lossy(value).into_owned();
                let path = key == b"path";
                (if path { &mut self.path } else { &mut self.username }, told)
            }
            b"password" => {
                // What is no text is none of our tokens.
                let told = std::str::from_utf8(value).unwrap_or_default().to_owned();
                let before = self.password.replace(Zeroizing::new(told));
                return before.map_or(Ok(()), |_| Err(Malformed::Repeated));
            }
            b"url" => return self.take_url(&utf8(value)?),
            // Lists (`capability[]`, `wwwauth[]`, `state[]`) and whatever later versions of git may say.
            _ => return Ok(()),
        };
        // git says everything once; of two hosts, nobody knows which one it means.
        match slot.replace(told) {
            None => Ok(()),
            Some(_) => Err(Malformed::Repeated),
        }
    }

    /// git-credential(1): an address stands for its parts. git itself never says it to a helper; who does, and says a part
    /// as well, may mean either.
    fn take_url(&mut self, url: &str) -> Result<(), Malformed> {
        let (protocol, rest) = url.split_once("://").ok_or(Malformed::Address)?;
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        let (user, host) = match authority.rsplit_once('@') {
            Some((user, host)) => (Some(user), host),
            None => (None, authority),
        };
        // Nothing in them is decoded here, so nothing in them may need it.
        if url.contains(|c: char| c.is_control() || c == '?' || c == '#')
            || user.is_some_and(|user| user.contains(['%', '@', ':']))
        {
            return Err(Malformed::Address);
        }
        self.take(b"protocol", protocol.as_bytes())?;
        self.take(b"host", host.as_bytes())?;
        if !path.is_empty() {
            self.take(b"path", path.trim_end_matches('/').as_bytes())?;
        }
        user.map_or(Ok(()), |user| self.take(b"username", user.as_bytes()))
    }

    /// For which address it asks; `None` where that can be none of ours.
    pub(crate) fn question(&self) -> Option<Question> {
        Question::read(
            self.protocol.as_deref()?,
            self.host.as_deref()?,
            self.path.as_deref(),
            self.username.as_deref(),
        )
    }

    /// Fails where something that was said is no text.
    pub(crate) fn must_be_text(&self) -> Result<(), Failure> {
        if self.not_text {
            return Err(failure(Malformed::NotText));
        }
        Ok(())
    }

    /// The password told.
    pub(crate) fn password(&self) -> Option<&str> {
        self.password.as_deref().map(String::as_str)
    }
}

fn utf8(value: &[u8]) -> Result<String, Malformed> {
    String::from_utf8(value.to_vec()).map_err(|_| Malformed::NotText)
}

/// Everything up to the first empty line or the end, whichever comes first: whoever asks may keep its end open.
fn text(reader: &mut dyn Read) -> Result<Zeroizing<Vec<u8>>, Malformed> {
    // Room for all from the start: a buffer that grows leaves copies behind.
    let mut bytes = Zeroizing::new(vec![0; LIMIT + 1]);
    let mut length = 0;
    loop {
        let free = bytes.get_mut(length..).unwrap_or_default();
        if free.is_empty() {
            return Err(Malformed::TooLong);
        }
        let read = match reader.read(free) {
            Ok(read) => read,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(_) => return Err(Malformed::Unreadable),
        };
        length += read;
        let so_far = bytes.get(..length).unwrap_or_default();
        if read == 0 || so_far.starts_with(b"\n") || so_far.windows(2).any(|two| two == b"\n\n") {
            break;
        }
    }
    if length > LIMIT {
        return Err(Malformed::TooLong);
    }
    bytes.truncate(length);
    Ok(bytes)
}

fn failure(malformed: Malformed) -> Failure {
    let message = match malformed {
        Malformed::Unreadable => return Failure::new("input_unreadable", ExitStatus::Usage),
        Malformed::TooLong => "What git asks is longer than any question.",
        Malformed::Nul => "What git asks contains a NUL character.",
        Malformed::CarriageReturn => "What git asks contains a carriage return.",
        Malformed::NoEquals => "What git asks contains a line without “=”.",
        Malformed::NotText => "What git asks is not text.",
        Malformed::Repeated => "What git asks says one thing twice.",
        Malformed::Address => "What git asks contains an address that cannot be read.",
    };
    Failure::usage(
        message,
        "Nothing is answered; check the address of the repository.",
    )
}

#[cfg(test)]
mod tests;
