//! An authorization code on its way from the browser to the exchange.

use zeroize::Zeroizing;

/// The longest code taken, in bytes: 64 hex digits today, GitLab.com's identity service may give longer ones
/// (contract §2.1).
const LIMIT: usize = 4096;

/// An authorization code: good for one exchange within 600 s (contract §3.1). Cannot be printed, serialized or copied;
/// cleared when it is dropped.
pub struct Code(Zeroizing<String>);

impl Code {
    /// Takes a code of 1 to 4096 visible ASCII characters; `None` for anything else.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        Self::take(text.to_owned())
    }

    /// As [`read`](Self::read), of a text that is given away.
    pub(crate) fn take(text: String) -> Option<Self> {
        let text = Zeroizing::new(text);
        let fine = (1..=LIMIT).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
        fine.then_some(Self(text))
    }

    /// The secret itself. Whoever calls this answers for where it goes.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}
