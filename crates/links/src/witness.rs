//! Who watches the durable steps of the work on an account: nobody, or a test that ends the process between them.

/// Told before every durable step.
pub trait Witness: Send + Sync {
    /// The step is about to be taken. May end the process; may not panic.
    fn before(&self, step: Step) {
        let _ = step;
    }
}

/// The witness that does nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoWitness;

impl Witness for NoWitness {}

/// The durable steps, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Step {
    /// Linking: the intent is written.
    LinkIntent,
    /// Linking: the secret of a typed application goes into the vault.
    LinkApplication,
    /// Linking: the secret goes into the vault.
    LinkSecret,
    /// Linking: the account is written.
    LinkRow,
    /// Linking: the intent is cleared, in the same transaction.
    LinkIntentCleared,
    /// Unlinking: the intent is written.
    UnlinkIntent,
    /// Unlinking: GitLab is asked to revoke the token.
    UnlinkRevoke,
    /// Unlinking: the token was revoked, a request proves it dead.
    UnlinkProve,
    /// Unlinking: the account is removed.
    UnlinkRow,
    /// Unlinking: the secret is removed.
    UnlinkSecret,
    /// Unlinking: the intent is cleared.
    UnlinkIntentCleared,
    /// Unlinking before revoking: the account goes, the revocation waits.
    LaterRow,
    /// A revocation that waits: GitLab is asked to revoke the token.
    LaterRevoke,
    /// A revocation that waits: the token was revoked, a request proves it dead.
    LaterProve,
    /// A revocation that waits: it is written down what became of it.
    LaterEnd,
    /// A revocation that waits: the secret is removed.
    LaterSecret,
    /// A revocation that waits: it is forgotten.
    LaterGone,
    /// Renewing: the journal is written into the secret.
    RenewJournal,
    /// Renewing: GitLab is asked.
    RenewRequest,
    /// Renewing: GitLab has answered, the new secret takes the old one's place.
    RenewSecret,
    /// Renewing: the account learns when its tokens end.
    RenewRow,
    /// Rotating: the note that GitLab is asked is written into the secret.
    RotateNote,
    /// Rotating: GitLab is asked.
    RotateRequest,
    /// Rotating: GitLab has answered, the successor takes the token's place and carries it along.
    RotateSecret,
    /// Rotating: the successor is shown to GitLab.
    RotateProve,
    /// Rotating: the account learns of the successor.
    RotateRow,
    /// Rotating: the token before leaves the vault.
    RotateForget,
    /// Linking again, editing permissions: what is to come is written.
    RelinkIntent,
    /// Linking again, editing permissions: the new secret takes the old one's place, and carries along what GitLab is
    /// to take back.
    PermitSecret,
    /// Linking again, editing permissions: the account learns of it, and what was to come is cleared in the same
    /// transaction.
    PermitRow,
    /// Linking again, editing permissions: GitLab takes the old tokens back.
    PermitRevoke,
    /// Linking again, editing permissions: the old tokens leave the vault.
    PermitForget,
    /// An application that was an instance's: its secret leaves the vault.
    FormerSecret,
    /// An application that was an instance's: it is forgotten.
    FormerGone,
}

impl Step {
    /// All of them, in their order.
    pub const ALL: [Self; 34] = [
        Self::LinkIntent,
        Self::LinkApplication,
        Self::LinkSecret,
        Self::LinkRow,
        Self::LinkIntentCleared,
        Self::UnlinkIntent,
        Self::UnlinkRevoke,
        Self::UnlinkProve,
        Self::UnlinkRow,
        Self::UnlinkSecret,
        Self::UnlinkIntentCleared,
        Self::LaterRow,
        Self::LaterRevoke,
        Self::LaterProve,
        Self::LaterEnd,
        Self::LaterSecret,
        Self::LaterGone,
        Self::RenewJournal,
        Self::RenewRequest,
        Self::RenewSecret,
        Self::RenewRow,
        Self::RotateNote,
        Self::RotateRequest,
        Self::RotateSecret,
        Self::RotateProve,
        Self::RotateRow,
        Self::RotateForget,
        Self::RelinkIntent,
        Self::PermitSecret,
        Self::PermitRow,
        Self::PermitRevoke,
        Self::PermitForget,
        Self::FormerSecret,
        Self::FormerGone,
    ];
}
