//! Pasted addresses: any text becomes a list of base addresses it may stand for, or a reason why not.

use crate::base_url::{AddressProblem, BaseUrl};
use crate::host::is_loopback;
use crate::pages::{Cut, cut};
use crate::read::{Shape, shape_of, unwrapped};

/// The most base addresses one pasted address stands for.
const MOST: usize = 8;

/// The base addresses a pasted address may stand for.
#[derive(Clone, PartialEq, Debug)]
pub struct Candidates {
    /// The longest path first, the host's root last; at least one, at most 8. On a loopback host without a scheme all
    /// of https stand before all of http.
    pub bases: Vec<BaseUrl>,
    /// Whether http or https was typed, rather than assumed.
    pub stated_scheme: bool,
}

/// Reads a pasted address: a bare host, any page of an instance, a clone address over https or ssh.
pub fn read_address(pasted: &str) -> Result<Candidates, AddressProblem> {
    let shape = shape_of(unwrapped(pasted))?;
    let deepest = match cut(&shape.segments) {
        Cut::Nowhere => shape.segments.len(),
        Cut::InstancePage(at) | Cut::WithinGroup(at) => at,
    };
    let schemes: &[&'static str] = if both_schemes(&shape) {
        &["https", "http"]
    } else {
        &[shape.scheme()]
    };
    // Of a very deep path the short beginnings are kept: instances live near the root.
    let deepest = deepest.min(MOST / schemes.len() - 1);
    let mut bases = Vec::new();
    for scheme in schemes {
        for depth in (0..=deepest).rev() {
            let segments = shape.segments.get(..depth).unwrap_or_default();
            bases.push(BaseUrl::build(scheme, &shape.host, shape.port, segments)?);
        }
    }
    Ok(Candidates {
        bases,
        stated_scheme: shape.stated.is_some(),
    })
}

/// The one base address a pasted address stands for when no server may be asked: pages of an instance are cut, of
/// clone addresses and pages within a project or group the host's root is taken, and everything else is believed.
pub fn offline_base(pasted: &str) -> Result<BaseUrl, AddressProblem> {
    let shape = shape_of(unwrapped(pasted))?;
    let depth = match cut(&shape.segments) {
        _ if shape.repository || shape.within_group || is_gitlab_com(&shape) => 0,
        Cut::Nowhere => shape.segments.len(),
        Cut::InstancePage(at) => at,
        Cut::WithinGroup(_) => 0,
    };
    BaseUrl::from_shape(&shape, depth)
}

/// GitLab.com is known to live at its host's root: whatever stands behind it is a page.
fn is_gitlab_com(shape: &Shape) -> bool {
    (shape.host.as_str(), shape.port) == ("gitlab.com", None)
}

/// http is never guessed, but where the network cannot listen.
fn both_schemes(shape: &Shape) -> bool {
    shape.stated.is_none() && !shape.repository && is_loopback(&shape.host)
}
