//! Takes what looks like a token out of text a person typed, before it is said back to them. Touches nothing.

/// What stands where a token stood.
pub const WITHHELD: &str = "[withheld]";

/// Prefixes GitLab gives to its secrets (contract §2.1), and GitHub's, which are pasted by mistake.
/// What begins with one is withheld, however short.
const PREFIXES: [&str; 18] = [
    "glpat-",
    "gloas-",
    "gldt-",
    "glrt-",
    "glrtr-",
    "glcbt-",
    "glptt-",
    "glft-",
    "glimt-",
    "glagent-",
    "glwt-",
    "glsoat-",
    "glffct-",
    "gliamac-",
    "gliamat-",
    "gliamrt-",
    "ghp_",
    "github_pat_",
];

/// Length from which the rest of a word of the shape `gl…-` counts as a secret's.
const LONG: usize = 16;

/// Whether the text holds what looks like a token of GitLab's.
#[must_use]
pub fn looks_secret(text: &str) -> bool {
    words(text).any(|(_, word)| is_secret(word))
}

/// `text` with every word that looks like a token withheld.
#[must_use]
pub fn redact(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut copied = 0;
    for (start, word) in words(text) {
        if is_secret(word) {
            out.push_str(text.get(copied..start).unwrap_or_default());
            out.push_str(WITHHELD);
            copied = start + word.len();
        }
    }
    out.push_str(text.get(copied..).unwrap_or_default());
    out
}

/// Runs of the characters tokens are made of (contract §2.1: base64url, dots of the routable format), with their places.
fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '=');
    let mut rest = 0;
    std::iter::from_fn(move || {
        let start = rest + text.get(rest..)?.find(part)?;
        let tail = text.get(start..)?;
        let length = tail.find(|c| !part(c)).unwrap_or(tail.len());
        rest = start + length;
        Some((start, tail.get(..length)?))
    })
}

/// Whether one word is a secret, or assigns one (`token=glpat-…`).
fn is_secret(word: &str) -> bool {
    // Where a secret may begin: at the start, and after anything that is no letter or digit.
    let mut parts = vec![word];
    parts.extend(
        word.match_indices(['=', '-', '.', '_'])
            .filter_map(|(at, _)| word.get(at + 1..)),
    );
    parts.into_iter().any(begins_secret) || word.contains("_gitlab_session=")
}

/// Whether a text begins with a known prefix and has something behind it, or is long and has the shape an instance-wide
/// prefix gives.
fn begins_secret(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    if PREFIXES
        .iter()
        .any(|prefix| lower.strip_prefix(prefix).is_some_and(|body| !body.is_empty()))
    {
        return true;
    }
    let Some((prefix, body)) = lower.split_once('-') else {
        return false;
    };
    let shaped = prefix.strip_prefix("gl").is_some_and(|kind| {
        (2..=8).contains(&kind.len()) && kind.bytes().all(|byte| byte.is_ascii_lowercase())
    });
    let mixed = text
        .bytes()
        .any(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase());
    shaped && body.len() >= LONG && mixed
}

#[cfg(test)]
mod tests {
    use super::{looks_secret, redact};

    #[test]
    fn tokens_are_withheld_wherever_they_stand() {
        for (text, said) in [
            (
                "unexpected argument 'glpat-abc' found",
                "unexpected argument '[withheld]' found",
            ),
            ("--token=glpat-a.b_C-1", "[withheld]"),
            ("https://u:glpat-x@h/", "https://u:[withheld]@h/"),
            ("GLPAT-x and gloas-y", "[withheld] and [withheld]"),
            ("glacme-0123456789abcdefABCD", "[withheld]"),
            ("cookie _gitlab_session=ab", "cookie [withheld]"),
        ] {
            assert_eq!(redact(text), said);
            assert!(looks_secret(text), "{text}");
        }
    }

    #[test]
    fn ordinary_words_stay() {
        for text in [
            "--token=x",
            "mygldt-host.test",
            "glpat-",
            "a-glft",
            "gitlab.example.test",
            "glue-maker",
            "glade-of-pines-by-the-sea",
            "Wörk",
            "",
            "'",
        ] {
            assert_eq!(redact(text), text);
            assert!(!looks_secret(text), "{text}");
        }
    }
}
