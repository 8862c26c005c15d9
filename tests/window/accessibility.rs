//! axe finds nothing on any screen, in any state, light or dark.

use anyhow::Result;
use stage::tour::{self, Look};
use stage::{Scheme, Window};

struct Axe(Scheme);

impl Look for Axe {
    async fn at(&self, window: &Window, stop: &str) -> Result<()> {
        assert_eq!(
            window.is_dark().await?,
            self.0 == Scheme::Dark,
            "{stop} is not {}",
            self.0.name()
        );
        window
            .must_be_accessible(&format!("{stop}, {}", self.0.name()))
            .await
    }
}

#[tokio::test]
async fn addresses_light() -> Result<()> {
    tour::addresses(Scheme::Light, &Axe(Scheme::Light)).await
}

#[tokio::test]
async fn addresses_dark() -> Result<()> {
    tour::addresses(Scheme::Dark, &Axe(Scheme::Dark)).await
}

#[tokio::test]
async fn tokens_light() -> Result<()> {
    tour::tokens(Scheme::Light, &Axe(Scheme::Light)).await
}

#[tokio::test]
async fn tokens_dark() -> Result<()> {
    tour::tokens(Scheme::Dark, &Axe(Scheme::Dark)).await
}

#[tokio::test]
async fn homes_light() -> Result<()> {
    tour::homes(Scheme::Light, &Axe(Scheme::Light)).await
}

#[tokio::test]
async fn homes_dark() -> Result<()> {
    tour::homes(Scheme::Dark, &Axe(Scheme::Dark)).await
}

#[tokio::test]
async fn many_accounts_light() -> Result<()> {
    tour::many_accounts(Scheme::Light, &Axe(Scheme::Light)).await
}

#[tokio::test]
async fn many_accounts_dark() -> Result<()> {
    tour::many_accounts(Scheme::Dark, &Axe(Scheme::Dark)).await
}

#[tokio::test]
async fn pages_light() -> Result<()> {
    tour::pages(Scheme::Light, &Axe(Scheme::Light)).await
}

#[tokio::test]
async fn pages_dark() -> Result<()> {
    tour::pages(Scheme::Dark, &Axe(Scheme::Dark)).await
}

#[tokio::test]
async fn dialogs_light() -> Result<()> {
    tour::dialogs(Scheme::Light, &Axe(Scheme::Light)).await
}

#[tokio::test]
async fn dialogs_dark() -> Result<()> {
    tour::dialogs(Scheme::Dark, &Axe(Scheme::Dark)).await
}

#[tokio::test]
async fn recovery_light() -> Result<()> {
    tour::recovery(Scheme::Light, &Axe(Scheme::Light)).await
}

#[tokio::test]
async fn recovery_dark() -> Result<()> {
    tour::recovery(Scheme::Dark, &Axe(Scheme::Dark)).await
}

#[tokio::test]
async fn keychains_light() -> Result<()> {
    tour::keychains(Scheme::Light, &Axe(Scheme::Light)).await
}

#[tokio::test]
async fn keychains_dark() -> Result<()> {
    tour::keychains(Scheme::Dark, &Axe(Scheme::Dark)).await
}

#[tokio::test]
async fn logins_light() -> Result<()> {
    tour::logins(Scheme::Light, &Axe(Scheme::Light)).await
}

#[tokio::test]
async fn logins_dark() -> Result<()> {
    tour::logins(Scheme::Dark, &Axe(Scheme::Dark)).await
}

#[tokio::test]
async fn known_light() -> Result<()> {
    tour::known(Scheme::Light, &Axe(Scheme::Light)).await
}

#[tokio::test]
async fn known_dark() -> Result<()> {
    tour::known(Scheme::Dark, &Axe(Scheme::Dark)).await
}

#[tokio::test]
async fn relinks_light() -> Result<()> {
    tour::relinks(Scheme::Light, &Axe(Scheme::Light)).await
}

#[tokio::test]
async fn relinks_dark() -> Result<()> {
    tour::relinks(Scheme::Dark, &Axe(Scheme::Dark)).await
}

#[tokio::test]
async fn troubles_light() -> Result<()> {
    tour::troubles(Scheme::Light, &Axe(Scheme::Light)).await
}

#[tokio::test]
async fn troubles_dark() -> Result<()> {
    tour::troubles(Scheme::Dark, &Axe(Scheme::Dark)).await
}

#[tokio::test]
async fn trusts_light() -> Result<()> {
    tour::trusts(Scheme::Light, &Axe(Scheme::Light)).await
}

#[tokio::test]
async fn trusts_dark() -> Result<()> {
    tour::trusts(Scheme::Dark, &Axe(Scheme::Dark)).await
}
