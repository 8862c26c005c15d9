//! OAuth applications (contract §3.2).

/// One registered application.
pub(crate) struct Application {
    pub(crate) id: u64,
    pub(crate) name: String,
    /// What the API calls `application_id`: 64 hexadecimal digits.
    pub(crate) uid: String,
    pub(crate) secret: String,
    pub(crate) confidential: bool,
    /// Its users are not asked for consent.
    pub(crate) trusted: bool,
    /// Whose it is; nobody's are the instance's own.
    pub(crate) owner: Option<u64>,
    pub(crate) scopes: Vec<String>,
    pub(crate) redirect_uris: Vec<String>,
}
