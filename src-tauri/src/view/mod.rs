//! What the window may see: plain values without secrets, drawn by `ui/` as they are.
//!
//! Everything that crosses to the web view is defined here and nowhere else; `ui/src/generated/` holds the same
//! types for TypeScript, written by `ts-rs`. No type here may hold a token, and none does: the canary test and a
//! test over the generated files watch it. Values are codes and data; the words are in `ui/src/messages/`.

mod account;
mod dialog;
mod flow;
mod instance;
mod keychain;
mod outside;
mod profile;
mod settings;
mod snapshot;

pub use self::{
    account::{
        AbilityView, AccountView, Attention, EventView, HealthView, KindView, MethodView, ReachView,
        RotationView,
    },
    dialog::{PermissionsStage, PermissionsView, UnlinkStage, UnlinkStepView, UnlinkView, WaitingView},
    flow::{
        AddressView, AppLoginView, BrowserView, DeviceView, FlowStep, FlowView, LinkGoal, LoginMethodView,
        MethodChoice, PersonView, RelinkingView, TokenView, Way,
    },
    instance::{AppLoginState, InstanceView, RegisteringView, TrustStage, TrustView},
    keychain::{KeychainView, PlaceView},
    outside::{ApplicationsOf, CallView, Destination},
    profile::{DifferenceView, ExportHow, ProfileExportView, ProfileOutcome, ProfileReviewView},
    settings::{Choice, SettingsView},
    snapshot::{ProblemView, RecoveredView, Snapshot, Unasked},
};
