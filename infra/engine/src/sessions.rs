//! `engine sessions`: opens, lists and ends portal sessions.

use std::io::{self, Write};

use domain::id::{MarketplaceId, SessionId};
use domain::session::{Permission, Session};
use jiff::Timestamp;
use operations::StoreError;
use runtime::clock;
use serde::{Deserialize, Serialize};
use serde_json::json;
use url::Url;

use crate::api::ApiError;
use crate::json;
use crate::reading::Format;
use crate::stack::{Stack, StackError};
use crate::table::{Table, when};

/// Open, list and end portal sessions
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Open a session, and print its token, which is shown only once
    Open {
        /// The permission of the session
        #[arg(long, value_enum)]
        permission: Allowed,
        /// The lifetime in minutes
        #[arg(long, value_name = "N", default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..=60))]
        minutes: u32,
        /// The web origin of the portal's page, such as `https://app.example.com` [default: any]
        #[arg(long, value_name = "ORIGIN")]
        origin: Option<Url>,
        #[command(flatten)]
        format: Format,
    },
    /// List the sessions of the last day
    List {
        #[command(flatten)]
        format: Format,
    },
    /// End a session, with effect from the next call on
    End {
        /// The session's id
        session: SessionId,
    },
}

/// The permission of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Allowed {
    /// Read
    Read,
    /// Read and change
    Write,
}

/// The reason why a command on sessions failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SessionsError {
    /// No deployment or no marketplace is given.
    #[error(transparent)]
    Stack(#[from] StackError),
    /// The session cannot be opened.
    #[error(transparent)]
    Api(#[from] ApiError),
    /// The session does not exist.
    #[error(
        "session {session} does not exist in {marketplace}; `engine sessions list` lists those of the last day"
    )]
    Unknown {
        /// The session.
        session: SessionId,
        /// The marketplace.
        marketplace: MarketplaceId,
    },
    /// DynamoDB did not respond.
    #[error("the sessions cannot be read or written")]
    Store(#[from] StoreError),
    /// The API's response is not an open session.
    #[error("the management API returned no session")]
    Unreadable(#[source] serde_json::Error),
    /// Standard output is closed.
    #[error("the result cannot be written")]
    Output(#[from] io::Error),
}

/// Runs a command on sessions.
pub(crate) async fn run(command: Command, stack: &Stack, out: &mut impl Write) -> Result<(), SessionsError> {
    let (m, now) = (stack.marketplace()?, clock::now());
    match command {
        Command::Open { permission, minutes, origin, format } => {
            let opened = open(stack, &m, permission, minutes, origin.as_ref()).await?;
            if format.json {
                return Ok(json::lines([json!(opened)], out)?);
            }
            let Opened { session, token, expires_at } = opened;
            writeln!(out, "Opened {session} for {m} until {expires_at}. Its token:")?;
            writeln!(out, "{token}")?;
        }
        Command::List { format } => {
            let mut found = stack.engine()?.sessions().list(&m, now).await?;
            found.sort_by_key(|session| std::cmp::Reverse(session.created_at));
            if format.json {
                return Ok(json::lines(found.iter().map(|session| json!(session)), out)?);
            }
            if found.is_empty() {
                writeln!(out, "{m} has had no portal session in the last day.")?;
                return Ok(());
            }
            let rows: Vec<_> = found.iter().map(|session| row(session, now)).collect();
            Table::new(["ID", "PERMISSION", "ORIGIN", "OPENED", "STATE"]).write(&rows, out)?;
        }
        Command::End { session } => {
            if !stack.engine()?.sessions().revoke(&m, &session, now).await? {
                return Err(SessionsError::Unknown { session, marketplace: m });
            }
            writeln!(out, "Ended {session} of {m}.")?;
        }
    }
    Ok(())
}

/// An open session, as the API returns it.
#[derive(Serialize, Deserialize)]
pub(crate) struct Opened {
    /// The session's id.
    pub(crate) session: SessionId,
    /// Its token.
    pub(crate) token: String,
    /// When the token expires.
    pub(crate) expires_at: Timestamp,
}

/// Opens a session for pages of the origin of a URL.
pub(crate) async fn open(
    stack: &Stack,
    marketplace: &MarketplaceId,
    permission: Allowed,
    minutes: u32,
    page: Option<&Url>,
) -> Result<Opened, SessionsError> {
    let permission = match permission {
        Allowed::Read => Permission::Read,
        Allowed::Write => Permission::Write,
    };
    let mut body =
        json!({ "marketplace_id": marketplace, "permission": permission, "expires_in": minutes * 60 });
    if let Some(page) = page {
        body["origin"] = page.origin().ascii_serialization().into();
    }
    let opened = stack.operator_api()?.post("/operator/sessions", &body).await?;
    serde_json::from_value(opened).map_err(SessionsError::Unreadable)
}

fn row(session: &Session, now: Timestamp) -> [String; 5] {
    let state = match session.revoked_at {
        Some(at) => format!("ended {}", when(at)),
        None if session.expires_at <= now => format!("expired {}", when(session.expires_at)),
        None => format!("open until {}", when(session.expires_at)),
    };
    let permission = match session.permission {
        Permission::Read => "read",
        Permission::Write => "write",
    };
    let origin = session.origin.clone().unwrap_or_else(|| "any".to_owned());
    [session.id.to_string(), permission.to_owned(), origin, when(session.created_at), state]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_open_expired_or_ended() {
        let now: Timestamp = "2026-05-04T10:30:00Z".parse().unwrap();
        let state = |fields: serde_json::Value| {
            let mut session = json!({ "id": "ses_1", "marketplace": "demo", "permission": "read",
                "created_at": "2026-05-04T10:00:00Z", "expires_at": "2026-05-04T11:00:00Z" });
            session.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
            row(&serde_json::from_value(session).unwrap(), now)[4].clone()
        };
        assert_eq!(state(json!({})), "open until 2026-05-04 11:00:00Z");
        assert_eq!(state(json!({ "expires_at": "2026-05-04T10:30:00Z" })), "expired 2026-05-04 10:30:00Z");
        assert_eq!(state(json!({ "revoked_at": "2026-05-04T10:10:00Z" })), "ended 2026-05-04 10:10:00Z");
    }
}
