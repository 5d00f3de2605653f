//! The codes and tokens that an app has issued.
use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::provider::{Consent, Provider};
use crate::exchange::Refusal;
use crate::tokens::{Standing, Tokens};

/// A client that the app knows.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Client {
    #[serde(rename = "client_id")]
    id: String,
    #[serde(rename = "client_secret")]
    secret: String,
    /// The allowed redirect URIs; any URI if the list is empty.
    #[serde(default)]
    redirect_uris: Vec<String>,
}

/// The operator's instruction to an app's OAuth; absent fields are not changed.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Instruction {
    /// The registered clients; without any, every id with every secret is accepted.
    clients: Option<Vec<Client>>,
    /// The lifetime of new access tokens in seconds.
    expires_in: Option<u32>,
    /// The lifetime of new codes in seconds.
    code_lifetime: Option<u32>,
    /// For so many seconds, a used refresh token returns the same pair again, as at apps with a grace period:
    /// <https://www.ory.com/docs/hydra/guides/graceful-token-refresh>.
    reuse: Option<u32>,
    /// Whether new consents are for an agency, in HighLevel.
    company: Option<bool>,
    /// Additional or replaced fields of token responses.
    answer: Option<Map<String, Value>>,
    /// Additional or replaced parameters of the redirect with a code.
    callback: Option<BTreeMap<String, String>>,
    /// Expires every access token now.
    #[serde(default)]
    expire: bool,
    /// Revokes everything issued so far, as if the user removed the client from their account.
    #[serde(default)]
    revoke: bool,
    /// Restricts `expire` and `revoke` to tokens of the same consent as this token, of either kind.
    token: Option<String>,
}

/// A consent whose code has not been exchanged yet.
#[derive(Clone, Debug)]
pub(super) struct Code {
    pub(super) consent: Consent,
    pub(super) redirect_uri: String,
    pub(super) challenge: Option<String>,
    pub(super) expires_at: Timestamp,
}

struct Access {
    consent: u64,
    expires_at: Option<Timestamp>,
    standing: Standing,
}

struct Refresh {
    consent: Consent,
    /// Used or revoked.
    spent: bool,
    /// When it was used, and the response.
    used: Option<(Timestamp, Map<String, Value>)>,
}

/// A kind of call, for the counts.
#[derive(Clone, Copy, Debug)]
pub(super) enum Event {
    Authorize,
    Allow,
    Deny,
    Token,
    Refresh,
    Revoke,
    Refuse,
}

impl Event {
    const ALL: [Self; 7] =
        [Self::Authorize, Self::Allow, Self::Deny, Self::Token, Self::Refresh, Self::Revoke, Self::Refuse];

    fn key(self) -> &'static str {
        match self {
            Self::Authorize => "authorize",
            Self::Allow => "allow",
            Self::Deny => "deny",
            Self::Token => "token",
            Self::Refresh => "refresh",
            Self::Revoke => "revoke",
            Self::Refuse => "refuse",
        }
    }
}

/// One app's codes and tokens, and the operator's instructions.
pub(super) struct Ledger {
    provider: &'static Provider,
    clients: Vec<Client>,
    expires_in: u32,
    code_lifetime: u32,
    reuse: u32,
    company: bool,
    answer: Map<String, Value>,
    callback: BTreeMap<String, String>,
    consents: u64,
    /// The number of codes and tokens so far.
    texts: u64,
    codes: HashMap<String, Code>,
    access: BTreeMap<String, Access>,
    refresh: BTreeMap<String, Refresh>,
    /// The expiry of access tokens that have not expired yet.
    due: BTreeSet<(Timestamp, String)>,
    counts: [u64; Event::ALL.len()],
}

impl Ledger {
    pub(super) fn new(provider: &'static Provider) -> Self {
        let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        Self {
            provider,
            clients: Vec::new(),
            expires_in: provider.expires_in,
            code_lifetime: provider.code_lifetime,
            reuse: 0,
            company: false,
            answer: Map::new(),
            callback: provider.callback.iter().map(own).collect(),
            consents: 0,
            texts: 0,
            codes: HashMap::new(),
            access: BTreeMap::new(),
            refresh: BTreeMap::new(),
            due: BTreeSet::new(),
            counts: [0; Event::ALL.len()],
        }
    }

    pub(super) fn count(&mut self, event: Event) {
        self.counts[event as usize] += 1;
    }

    /// The parameters of the redirect besides the code and `state`.
    pub(super) fn callback(&self) -> &BTreeMap<String, String> {
        &self.callback
    }

    /// Whether the client may use this redirect URI.
    pub(super) fn welcomes(&self, client_id: &str, redirect_uri: &str) -> bool {
        let known = |client: &&Client| client.id == client_id;
        !client_id.is_empty()
            && (self.clients.is_empty()
                || self.clients.iter().find(known).is_some_and(|client| {
                    client.redirect_uris.is_empty()
                        || client.redirect_uris.iter().any(|uri| uri == redirect_uri)
                }))
    }

    /// Whether the client id and secret belong together.
    pub(super) fn knows(&self, client_id: &str, client_secret: &str) -> bool {
        let same = |client: &Client| client.id == client_id && client.secret == client_secret;
        !client_id.is_empty()
            && !client_secret.is_empty()
            && (self.clients.is_empty() || self.clients.iter().any(same))
    }

    /// Records a user's consent to a client and returns the code.
    pub(super) fn allow(
        &mut self,
        client_id: &str,
        scope: &str,
        redirect_uri: &str,
        challenge: Option<String>,
        at: Timestamp,
    ) -> String {
        let consent = Consent {
            id: self.consents + 1,
            client_id: client_id.to_owned(),
            scope: scope.to_owned(),
            company: self.company,
        };
        self.consents += 1;
        let code = self.random("code");
        let expires_at = later(at, self.code_lifetime);
        let redirect_uri = redirect_uri.to_owned();
        self.codes.insert(code.clone(), Code { consent, redirect_uri, challenge, expires_at });
        code
    }

    /// The code, if it is valid and belongs to this client.
    pub(super) fn code(&self, code: &str, client_id: &str, at: Timestamp) -> Option<&Code> {
        let alive = |code: &&Code| code.expires_at > at && code.consent.client_id == client_id;
        self.codes.get(code).filter(alive)
    }

    /// Exchanges a code for tokens. The code is then used up.
    pub(super) fn redeem(&mut self, code: &str, at: Timestamp) -> Option<Map<String, Value>> {
        let code = self.codes.remove(code)?;
        Some(self.issue(code.consent, at))
    }

    /// Exchanges a refresh token for a new pair. The refresh token is then used up, and the previous access token is
    /// revoked. Whether the vendors revoke it is not documented; this choice finds a client that continues with an old
    /// token. Within the time for reuse, a used token returns its pair again.
    pub(super) fn renew(
        &mut self,
        token: &str,
        client_id: &str,
        at: Timestamp,
        tokens: &Tokens,
    ) -> Option<Map<String, Value>> {
        let refresh = self.refresh.get_mut(token).filter(|one| one.consent.client_id == client_id)?;
        if let Some((used_at, answer)) = &refresh.used
            && at < later(*used_at, self.reuse)
        {
            return Some(answer.clone());
        }
        if std::mem::replace(&mut refresh.spent, true) {
            return None;
        }
        let consent = refresh.consent.clone();
        self.withdraw(|access| access.consent == consent.id, Standing::Revoked, tokens);
        let answer = self.issue(consent, at);
        if let Some(refresh) = self.refresh.get_mut(token) {
            refresh.used = Some((at, answer.clone()));
        }
        Some(answer)
    }

    /// Revokes the consent of a token of either kind.
    pub(super) fn give_back(&mut self, token: &str, client_id: &str, tokens: &Tokens) {
        let Some(consent) = self.consent(token) else { return };
        let of =
            |refresh: &&mut Refresh| refresh.consent.id == consent && refresh.consent.client_id == client_id;
        let mut theirs = false;
        for refresh in self.refresh.values_mut().filter(of) {
            (refresh.spent, refresh.used) = (true, None);
            theirs = true;
        }
        if theirs {
            self.withdraw(|access| access.consent == consent, Standing::Revoked, tokens);
        }
    }

    /// Whether a token is a refresh token.
    pub(super) fn is_refresh(&self, token: &str) -> bool {
        self.refresh.contains_key(token)
    }

    /// The consent of a token of either kind.
    fn consent(&self, token: &str) -> Option<u64> {
        let by_access = self.access.get(token).map(|access| access.consent);
        by_access.or_else(|| self.refresh.get(token).map(|refresh| refresh.consent.id))
    }

    /// Whether an access token was issued by this ledger.
    pub(super) fn issued(&self, token: &str) -> bool {
        self.access.contains_key(token)
    }

    /// Records the access tokens that have expired.
    pub(super) fn settle(&mut self, at: Timestamp, tokens: &Tokens) {
        while let Some((_, token)) = self.due.first().filter(|(due, _)| *due <= at).cloned() {
            self.withdraw_one(&token, Standing::Expired, tokens);
        }
    }

    fn issue(&mut self, consent: Consent, at: Timestamp) -> Map<String, Value> {
        let access = self.random("access");
        let expires_at = (self.expires_in > 0).then(|| later(at, self.expires_in));
        if let Some(due) = expires_at {
            self.due.insert((due, access.clone()));
        }
        let mut answer = self.provider.beside(&consent, at);
        answer.insert("access_token".to_owned(), json!(access));
        answer.insert("expires_in".to_owned(), json!(self.expires_in));
        self.access.insert(access, Access { consent: consent.id, expires_at, standing: Standing::Valid });
        if self.provider.refresh {
            let refresh = self.random("refresh");
            answer.insert("refresh_token".to_owned(), json!(refresh));
            self.refresh.insert(refresh, Refresh { consent, spent: false, used: None });
        }
        answer.extend(self.answer.clone());
        answer
    }

    fn withdraw(&mut self, which: impl Fn(&Access) -> bool, standing: Standing, tokens: &Tokens) {
        let valid = |access: &Access| access.standing == Standing::Valid && which(access);
        let those: Vec<String> =
            self.access.iter().filter(|(_, access)| valid(access)).map(|(token, _)| token.clone()).collect();
        for token in those {
            self.withdraw_one(&token, standing, tokens);
        }
    }

    fn withdraw_one(&mut self, token: &str, standing: Standing, tokens: &Tokens) {
        let Some(access) = self.access.get_mut(token) else { return };
        access.standing = standing;
        if let Some(due) = access.expires_at {
            self.due.remove(&(due, token.to_owned()));
        }
        tokens.set(self.provider.app, token.to_owned(), standing);
    }

    /// A text that cannot be guessed. In alphabetical order, the newest text is the last.
    fn random(&mut self, kind: &str) -> String {
        self.texts += 1;
        format!("{kind}-{:06}-{:032x}", self.texts, rand::random::<u128>())
    }

    /// Applies the operator's instruction.
    pub(super) fn instruct(&mut self, told: Instruction, tokens: &Tokens) -> Result<(), Refusal> {
        if told.company == Some(true) && self.provider.app != "highlevel" {
            return Err(Refusal::new(format!("company: {} has no agencies", self.provider.label)));
        }
        let unknown = || Refusal::new("token: it was not issued here");
        let only = told.token.map(|token| self.consent(&token).ok_or_else(unknown)).transpose()?;
        let meant = move |consent: u64| only.is_none_or(|only| only == consent);
        self.clients = told.clients.unwrap_or_else(|| std::mem::take(&mut self.clients));
        self.expires_in = told.expires_in.unwrap_or(self.expires_in);
        self.code_lifetime = told.code_lifetime.unwrap_or(self.code_lifetime);
        self.reuse = told.reuse.unwrap_or(self.reuse);
        self.company = told.company.unwrap_or(self.company);
        self.answer.extend(told.answer.unwrap_or_default());
        self.callback.extend(told.callback.unwrap_or_default());
        if told.expire {
            self.withdraw(|access| meant(access.consent), Standing::Expired, tokens);
        }
        if told.revoke {
            self.withdraw(|access| meant(access.consent), Standing::Revoked, tokens);
            self.codes.retain(|_, code| !meant(code.consent.id));
            for refresh in self.refresh.values_mut().filter(|refresh| meant(refresh.consent.id)) {
                (refresh.spent, refresh.used) = (true, None);
            }
        }
        Ok(())
    }

    /// The whole state except the clients' secrets.
    pub(super) fn show(&self) -> Value {
        let counts = Event::ALL.map(|event| (event.key().to_owned(), json!(self.counts[event as usize])));
        let access = self.access.iter().map(|(token, access)| {
            json!({
                "token": token, "consent": access.consent, "expires_at": access.expires_at,
                "standing": access.standing,
            })
        });
        let refresh = self.refresh.iter().map(|(token, refresh)| {
            let consent = &refresh.consent;
            json!({
                "token": token, "consent": consent.id, "client_id": consent.client_id, "scope": consent.scope,
                "spent": refresh.spent,
            })
        });
        json!({
            "counts": counts.into_iter().collect::<Map<_, _>>(),
            "clients": self.clients.iter().map(|client| &client.id).collect::<Vec<_>>(),
            "expires_in": self.expires_in,
            "code_lifetime": self.code_lifetime,
            "reuse": self.reuse,
            "company": self.company,
            "codes": self.codes.len(),
            "access_tokens": access.collect::<Vec<_>>(),
            "refresh_tokens": refresh.collect::<Vec<_>>(),
        })
    }
}

fn later(at: Timestamp, seconds: u32) -> Timestamp {
    at.saturating_add(SignedDuration::from_secs(seconds.into())).unwrap_or(at)
}
