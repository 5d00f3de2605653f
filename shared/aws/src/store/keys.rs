//! The keys of every item. This file is the table's design; README.md of this crate lists it.
//!
//! Every key of a merchant's data begins with the marketplace, so each query names its tenant in the key condition. No
//! partition key is written by every event of a marketplace: events and jobs are stored with their buyer, and the two
//! listings that are not by buyer are spread over [`SHARDS`]. Data about all marketplaces, for the operator, has keys
//! of its own, at the end.

use domain::app::App;
use domain::authorization::LoginId;
use domain::effect::Effect;
use domain::id::{
    BuyerKey, EffectKey, EventId, FactKey, IntegrationId, InvalidId, JobId, MarketplaceId, ProductId, RuleId,
    SessionId, time_key, time_of_key,
};
use domain::integration::Connection;
use domain::log::FailedActions;
use domain::page::{ConfigPosition, Position, ReconnectPosition};
use domain::trigger::Trigger;
use jiff::Timestamp;

use super::{Item, StoreError, text};

/// The number of partition keys of a listing. One key takes about 1,000 writes a second.
pub(crate) const SHARDS: u8 = 8;

/// The number of partition keys of the fleet: it is written only when an account is connected, refused or deleted.
pub(crate) const FLEET_SHARDS: u8 = 4;

/// A primary key.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    pub(crate) pk: String,
    pub(crate) sk: String,
}

/// A global secondary index of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Index {
    /// Lists that are not by the table's own keys: events, exceptional actions, an account's rules.
    Listing,
    /// Jobs and requests that wait.
    Due,
    /// The accounts of an app.
    Fleet,
}

impl Index {
    /// All indexes.
    pub const ALL: [Self; 3] = [Self::Listing, Self::Due, Self::Fleet];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Listing => "listing",
            Self::Due => "due",
            Self::Fleet => "fleet",
        }
    }

    /// The names of the attributes that are its partition key and its sort key.
    pub fn keys(self) -> [&'static str; 2] {
        match self {
            Self::Listing => ["listing_pk", "listing_sk"],
            Self::Due => ["due_pk", "due_sk"],
            Self::Fleet => ["fleet_pk", "fleet_sk"],
        }
    }
}

pub(crate) fn marketplace(m: &MarketplaceId) -> String {
    m.to_string()
}

/// The beginning of the sort keys of integrations.
pub(crate) const INTEGRATION: &str = "INTEGRATION#";

pub(crate) fn integration(m: &MarketplaceId, id: &IntegrationId) -> Key {
    Key { pk: marketplace(m), sk: format!("{INTEGRATION}{id}") }
}

/// The beginning of the sort keys of deleted accounts.
pub(crate) const DISCONNECTED: &str = "DISCONNECTED#";

/// The label of a deleted account.
pub(crate) fn disconnected(m: &MarketplaceId, id: &IntegrationId) -> Key {
    Key { pk: marketplace(m), sk: format!("{DISCONNECTED}{id}") }
}

/// The OAuth tokens of an account.
pub(crate) fn tokens(m: &MarketplaceId, id: &IntegrationId) -> Key {
    Key { pk: marketplace(m), sk: format!("TOKEN#{id}") }
}

/// A login under way: a merchant who was sent to an app to authorize access.
pub(crate) fn authorization(login: &LoginId) -> Key {
    Key { pk: marketplace(&login.marketplace), sk: format!("AUTHORIZE#{}", login.nonce) }
}

/// The option lists of an account: for each list a head, and the parts of the generation that the head names.
pub(crate) fn options(m: &MarketplaceId, id: &IntegrationId) -> String {
    format!("{m}#OPTIONS#{id}")
}

/// A portal session.
pub(crate) fn session(m: &MarketplaceId, id: &SessionId) -> Key {
    Key { pk: marketplace(m), sk: format!("SESSION#{id}") }
}

/// The direct call that a marketplace waits for.
pub(crate) fn direct_call(m: &MarketplaceId) -> Key {
    Key { pk: marketplace(m), sk: "DIRECT_CALL".to_owned() }
}

/// The test of a rule that has not run yet.
pub(crate) fn trial(m: &MarketplaceId) -> Key {
    Key { pk: marketplace(m), sk: "TRIAL".to_owned() }
}

/// A slot for one of the direct calls of all marketplaces.
pub(crate) fn direct_call_slot(slot: u8) -> Key {
    Key { pk: "DIRECT_CALLS".to_owned(), sk: format!("SLOT#{slot}") }
}

/// The response to a create with an `Idempotency-Key`.
pub(crate) fn idempotency(m: &MarketplaceId, key: &str) -> Key {
    Key { pk: format!("{m}#IDEMPOTENCY#{key}"), sk: "ANSWER".to_owned() }
}

/// Keeps a label unique in its marketplace.
pub(crate) fn label(m: &MarketplaceId, label: &str) -> Key {
    Key { pk: marketplace(m), sk: format!("LABEL#{}", label.trim().to_lowercase()) }
}

/// The prefix of the sort keys of rules by id.
pub(crate) const RULE: &str = "RULE#";

pub(crate) fn rule(m: &MarketplaceId, id: &RuleId) -> Key {
    Key { pk: marketplace(m), sk: format!("{RULE}{id}") }
}

/// The product catalogue.
pub(crate) fn products(m: &MarketplaceId) -> String {
    format!("{m}#PRODUCTS")
}

/// The prefix of the sort keys of products.
pub(crate) const PRODUCT: &str = "PRODUCT#";

pub(crate) fn product(m: &MarketplaceId, id: &ProductId) -> Key {
    Key { pk: products(m), sk: format!("{PRODUCT}{id}") }
}

/// The marker of a buyer's erasure.
pub(crate) fn erasure(m: &MarketplaceId, buyer: BuyerKey) -> Key {
    Key { pk: marketplace(m), sk: format!("ERASED#{buyer}") }
}

/// The beginning of a group of failed actions.
pub(crate) fn failed_actions(group: &FailedActions) -> Key {
    let FailedActions { marketplace, integration, status, until, number, .. } = group;
    Key {
        pk: self::marketplace(marketplace),
        sk: format!("FAILED#{integration}#{}#{status}#{number}", time_key(*until)),
    }
}

/// The request to the sweeper to release an account's held jobs.
pub(crate) fn release(m: &MarketplaceId, id: &IntegrationId) -> Key {
    Key { pk: marketplace(m), sk: format!("RELEASE#{id}") }
}

/// The rules of one account (index `listing`).
pub(crate) fn rules_of_integration(m: &MarketplaceId, id: &IntegrationId) -> String {
    format!("{m}#RULES#{id}")
}

/// The global rules of one trigger.
pub(crate) fn global_rules(m: &MarketplaceId, trigger: Trigger) -> String {
    format!("{m}#IF#{trigger}")
}

/// The [groups](ProductId::group) of the products that rules of one trigger name. The item is beside the global rules, so that one query
/// reads both.
pub(crate) fn product_groups(m: &MarketplaceId, trigger: Trigger) -> Key {
    Key { pk: global_rules(m, trigger), sk: "GROUPS".to_owned() }
}

/// Sorts before the ids of rules, which are the sort keys of their copies, and after the groups of products.
pub(crate) const BEFORE_COPIES: &str = "rul";

/// The rules of one trigger that name one product.
pub(crate) fn product_rules(m: &MarketplaceId, trigger: Trigger, product: &ProductId) -> String {
    format!("{m}#IF#{trigger}#{product}")
}

/// All events and jobs of one buyer, by time; each event is next to its jobs.
pub(crate) fn buyer(m: &MarketplaceId, buyer: BuyerKey) -> String {
    format!("{m}#BUYER#{buyer}")
}

pub(crate) fn event(m: &MarketplaceId, id: &EventId) -> Key {
    Key { pk: buyer(m, id.buyer), sk: format!("{}#{}", time_key(id.at), id.fact) }
}

/// The event and the marketplace of a key: attributes that the key contains are not stored again in the item.
pub(crate) fn read_event(pk: &str, sk: &str) -> Result<(MarketplaceId, EventId), InvalidId> {
    let (marketplace, buyer) = pk.split_once("#BUYER#").unwrap_or_default();
    let (at, fact) = sk.split_once('#').unwrap_or_default();
    Ok((marketplace.parse()?, EventId::new(time_of_key(at)?, buyer.parse()?, fact.parse()?)))
}

/// The position of an event's or a job's key in a listing.
fn place(pk: &str, sk: &str) -> Result<Position, InvalidId> {
    let (_, buyer) = pk.split_once("#BUYER#").unwrap_or_default();
    let mut parts = sk.split('#');
    let mut part = || parts.next().unwrap_or_default();
    let (at, fact) = (time_of_key(part())?, part().parse()?);
    Ok(Position { at, fact, part: parts.next().map(str::parse).transpose()?, buyer: buyer.parse()? })
}

/// The position of an event or a job in a listing.
pub(super) fn place_of(item: &Item) -> Result<Position, StoreError> {
    let (pk, sk) = (text(item, "pk"), text(item, "sk"));
    place(&pk, &sk).map_err(|source| StoreError::Corrupt {
        pk,
        sk,
        what: "an event's or a job's key",
        source: source.into(),
    })
}

/// The sort key of the item at a position, in the table and in the index `listing`.
pub(crate) fn sort_key(place: &Position) -> String {
    let event = at(place.at, &place.fact.to_string());
    place.part.map(|part| format!("{event}#{part}")).unwrap_or(event)
}

/// Sorts before every key that begins with a time; the table does not allow an empty key.
pub(crate) const START_OF_TIME: &str = "0";

/// Sorts after every key that begins with a time.
pub(crate) const END_OF_TIME: &str = "~";

pub(crate) fn job(m: &MarketplaceId, id: &JobId) -> Key {
    at_position(m, &Position::of_job(id))
}

/// The key of the event or the job at a position.
pub(crate) fn at_position(m: &MarketplaceId, place: &Position) -> Key {
    Key { pk: buyer(m, place.buyer), sk: sort_key(place) }
}

/// The job and the marketplace of a key.
pub(crate) fn read_job(pk: &str, sk: &str) -> Result<(MarketplaceId, JobId), InvalidId> {
    let (event, part) = sk.rsplit_once('#').unwrap_or_default();
    let (marketplace, event) = read_event(pk, event)?;
    Ok((marketplace, JobId { event, part: part.parse()? }))
}

/// The events of one marketplace, by time (index `listing`).
pub(crate) fn events_listing(m: &MarketplaceId, shard: u8) -> String {
    format!("{m}#EVENTS#{shard}")
}

/// The jobs of one marketplace that are [exceptions](domain::log::JobRecord::is_exception), by time (index `listing`).
pub(crate) fn exceptions_listing(m: &MarketplaceId, shard: u8) -> String {
    format!("{m}#EXCEPTIONS#{shard}")
}

/// The ledger's item for one effect.
pub(crate) fn claim(m: &MarketplaceId, effect: &Effect) -> Key {
    claim_of(m, effect.key)
}

/// The same for an effect's key.
pub(crate) fn claim_of(m: &MarketplaceId, effect: EffectKey) -> Key {
    Key { pk: format!("{m}#EFFECT#{effect}"), sk: "CLAIM".to_owned() }
}

/// Parked jobs of all marketplaces, by due time (index `due`).
pub(crate) fn due(shard: u8) -> String {
    format!("DUE#{shard}")
}

/// Requests to the sweeper, by due time (index `due`). They have a partition of their own, so that no backlog of jobs
/// delays them.
pub(crate) const REQUESTS: &str = "REQUESTS";

/// Held jobs of one account, oldest fact first (index `due`).
pub(crate) fn held(m: &MarketplaceId, id: &IntegrationId) -> String {
    format!("{m}#HELD#{id}")
}

/// The Configuration Log of a marketplace, or without a marketplace the log of changes that affect all marketplaces: no
/// marketplace has an empty id. Changes are rare, so one partition is enough.
pub(crate) fn config_log(m: Option<&MarketplaceId>) -> String {
    format!("{}#CONFIG", m.map_or("", MarketplaceId::as_str))
}

/// An entry of the Configuration Log.
pub(crate) fn config_entry(m: Option<&MarketplaceId>, place: &ConfigPosition) -> Key {
    Key { pk: config_log(m), sk: place.to_string() }
}

/// A marketplace in the directory of all marketplaces. It is kept when its last account is deleted.
pub(crate) fn listed(m: &MarketplaceId) -> Key {
    Key { pk: directory(fleet_shard(m)), sk: m.to_string() }
}

/// One shard of the directory of marketplaces.
pub(crate) fn directory(shard: u8) -> String {
    format!("MARKETPLACES#{shard}")
}

/// The accounts of one app, of all marketplaces (index `fleet`).
pub(crate) fn fleet(app: App, shard: u8) -> String {
    format!("FLEET#{app}#{shard}")
}

/// The prefix of a [`standing`] if the app refuses the credentials; sorts before [`OK`].
pub(crate) const REFUSED: &str = "NEEDS_RECONNECT#";
/// The prefix of a [`standing`] if the account works.
pub(crate) const OK: &str = "OK#";

/// The position of an account in its app's fleet: accounts that have to be reconnected come first, longest first.
pub(crate) fn standing(connection: &Connection, m: &MarketplaceId, id: &IntegrationId) -> String {
    match connection {
        Connection::NeedsReconnect { since, .. } => {
            refused(&ReconnectPosition { since: *since, marketplace: m.clone(), integration: id.clone() })
        }
        Connection::Connected => format!("{OK}{m}#{id}"),
    }
}

/// The standing of the account at this position.
pub(crate) fn refused(place: &ReconnectPosition) -> String {
    format!("{REFUSED}{place}")
}

pub(crate) fn fleet_shard(m: &MarketplaceId) -> u8 {
    FactKey::of(&[m.as_str()]).shard(FLEET_SHARDS)
}

/// The pause of an app for all merchants.
pub(crate) fn app_pause(app: App) -> Key {
    Key { pk: format!("APP#{app}"), sk: "PAUSE".to_owned() }
}

/// The request to the sweeper to send the jobs that waited for an app's pause to end.
pub(crate) fn app_resume(app: App) -> Key {
    Key { pk: format!("APP#{app}"), sk: "RESUME".to_owned() }
}

/// Jobs that wait for their app's pause to end, oldest fact first (index `due`).
pub(crate) fn paused(app: App, shard: u8) -> String {
    format!("PAUSED#{app}#{shard}")
}

/// A sort key that orders by time and then by `rest`.
pub(crate) fn at(time: Timestamp, rest: &str) -> String {
    format!("{}#{rest}", time_key(time))
}
