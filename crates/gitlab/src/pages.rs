//! Which part of a path is surely a page, an endpoint or a repository, and no part of an instance's address.

/// Where a pasted path stops being a possible base address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cut {
    /// Nothing in it says so: it may all be the base.
    Nowhere,
    /// From this segment on it is a page of the instance itself: what stands before is the base.
    InstancePage(usize),
    /// From this segment on it belongs to a project or group (`/-/`, `*.git`): what stands before is the base *and*
    /// perhaps groups.
    WithinGroup(usize),
}

/// Finds the cut in the path segments of an address. GitLab reserves these names at the top of its paths, so that no
/// group can be called by them.
pub(crate) fn cut(segments: &[String]) -> Cut {
    for (at, segment) in segments.iter().enumerate() {
        let segment = segment.to_ascii_lowercase();
        let next = segments.get(at + 1).map(|next| next.to_ascii_lowercase());
        let next = next.as_deref();
        match segment.as_str() {
            "-" if next.is_some_and(is_of_the_instance) => return Cut::InstancePage(at),
            "-" => return Cut::WithinGroup(at),
            "groups" if segments.iter().skip(at + 2).any(|behind| behind == "-") => {
                return Cut::InstancePage(at);
            }
            "api" if matches!(next, Some("v3" | "v4" | "graphql")) => return Cut::InstancePage(at),
            "users"
                if matches!(
                    next,
                    Some(
                        "sign_in" | "sign_up" | "sign_out" | "password" | "confirmation" | "unlock" | "auth"
                    )
                ) =>
            {
                return Cut::InstancePage(at);
            }
            "oauth" if next.is_some() => return Cut::InstancePage(at),
            "jwt" if next == Some("auth") => return Cut::InstancePage(at),
            ".well-known" | "help" | "explore" | "dashboard" | "admin" => return Cut::InstancePage(at),
            name if is_repository(name) => return Cut::WithinGroup(at),
            _ => {}
        }
    }
    Cut::Nowhere
}

/// Whether `/-/` before this segment is the instance's own and not a project's: pages of the signed-in person, among them
/// the one tokens are made on, and what programs ask a GitLab (contract §1.1, §2.6).
fn is_of_the_instance(segment: &str) -> bool {
    matches!(
        segment,
        "user_settings"
            | "profile"
            | "manifest.json"
            | "health"
            | "liveness"
            | "readiness"
            | "kubernetes-agent"
    )
}

/// Whether the segment names a repository: something in front of `.git`.
pub(crate) fn is_repository(segment: &str) -> bool {
    segment.len() > 4 && segment.to_ascii_lowercase().ends_with(".git")
}
