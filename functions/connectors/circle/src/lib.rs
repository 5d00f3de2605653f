//! The Circle connector: members of a community, its spaces and space groups, its events, and member tags.
//!
//! `manifest.json` lists what a merchant can configure; each action has its module in [`actions`]. Circle's monthly
//! limit counts every call, rejected ones too, so no action makes an unnecessary call.

pub mod actions;
pub mod client;
pub mod error;
mod options;
pub mod target;

use connector::call::{Access, Call, Connector, Identity};
use connector::http::{AppHttp, HttpSettings, HttpSetupError, Origin};
use domain::app::App;
use domain::options::OptionItem;
use domain::outcome::{Outcome, Setback};

use crate::actions::{invite_member, member_tag, membership, remove_member};
use crate::client::{Client, CommunityUrl};
use crate::error::Failure;
use crate::target::{EVENT, SPACE, SPACE_GROUP};

/// The connector, one per process: it holds the HTTP client.
#[derive(Debug, Clone)]
pub struct Circle {
    http: AppHttp,
    origin: Origin,
}

impl Circle {
    /// Builds the HTTP client. All communities share one address: the token identifies the community.
    ///
    /// # Errors
    /// The HTTP client cannot be built.
    pub fn new(settings: &HttpSettings) -> Result<Self, HttpSetupError> {
        let http = AppHttp::new(App::CIRCLE, settings)?;
        let origin = http.origin("https://app.circle.so")?;
        Ok(Self { http, origin })
    }

    fn client<'a>(&'a self, access: &Access<'a>) -> Result<Client<'a>, Failure> {
        Client::new(&self.http, &self.origin, access)
    }

    async fn act(&self, call: &Call<'_>) -> Result<Outcome, Failure> {
        let client = self.client(&call.access())?;
        match call.job.action.as_str() {
            "invite_member" => invite_member::perform(&client, call).await,
            "remove_member" => remove_member::perform(&client, call).await,
            "add_member_to_space" => membership::add(&client, call, &SPACE).await,
            "remove_member_from_space" => membership::remove(&client, call, &SPACE).await,
            "add_member_to_space_group" => membership::add(&client, call, &SPACE_GROUP).await,
            "remove_member_from_space_group" => membership::remove(&client, call, &SPACE_GROUP).await,
            "rsvp_member_for_events" => membership::add(&client, call, &EVENT).await,
            "un_rsvp_member_for_events" => membership::remove(&client, call, &EVENT).await,
            "add_member_tag" => member_tag::add(&client, call).await,
            "remove_member_tag" => member_tag::remove(&client, call).await,
            _ => Ok(call.unknown_action()),
        }
    }
}

impl Connector for Circle {
    fn app(&self) -> App {
        App::CIRCLE
    }

    async fn perform(&self, call: &Call<'_>) -> Outcome {
        self.act(call).await.unwrap_or_else(Outcome::from)
    }

    async fn identify(&self, access: &Access<'_>) -> Result<Identity, Setback> {
        let url = CommunityUrl::of(access.credentials)?;
        let client = self.client(access)?;
        let community = client.community().await?;
        Ok(Identity { account: Some(community.account(&url)) })
    }

    async fn options(&self, access: &Access<'_>, list: &str) -> Result<Vec<OptionItem>, Setback> {
        let client = self.client(access)?;
        options::pull(&client, list).await
    }
}
