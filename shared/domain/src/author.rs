//! The author of a change.

use serde::{Deserialize, Serialize};

use crate::blank;
use crate::id::SessionId;

/// The most characters of an actor's id or name.
pub const LONGEST_ACTOR_TEXT: usize = 128;

/// The ids of authors that are not portal sessions. An actor cannot have them.
const ENGINE: &str = "engine";
const OPERATOR: &str = "operator";

/// The person who uses a portal session, as the operator's platform identifies them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Actor {
    /// The platform's id of the person.
    pub id: String,
    /// The person's name, for display.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// The field of an actor that is not valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidActor {
    /// The id.
    #[error(
        "give 1 to {LONGEST_ACTOR_TEXT} characters, none of them a control character or an invisible one, and neither `{ENGINE}` nor `{OPERATOR}`"
    )]
    Id,
    /// The name.
    #[error(
        "give 1 to {LONGEST_ACTOR_TEXT} characters, none of them a control character or an invisible one"
    )]
    Name,
}

impl Actor {
    /// Trims both texts and checks them.
    pub fn new(id: &str, name: Option<&str>) -> Result<Self, InvalidActor> {
        let id = text(id).filter(|id| ![ENGINE, OPERATOR].contains(&id.as_str())).ok_or(InvalidActor::Id)?;
        let name = name.map(|name| text(name).ok_or(InvalidActor::Name)).transpose()?;
        Ok(Self { id, name })
    }
}

fn text(text: &str) -> Option<String> {
    let text = text.trim();
    let fits = (1..=LONGEST_ACTOR_TEXT).contains(&text.chars().count()) && !blank::has_unprintable(text);
    fits.then(|| text.to_owned())
}

/// The author of a change, for the Configuration Log.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum Author {
    /// The engine, for example a connector whose credentials the app rejects.
    #[default]
    Engine,
    /// The operator, with a request that is signed with IAM.
    Operator,
    /// A portal session.
    Session {
        /// The session.
        session: SessionId,
        /// The session's actor, if the platform has set it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        actor: Option<Actor>,
    },
}

impl Author {
    /// The actor's id, `operator` or `engine`; `None` for a session without an actor.
    pub fn id(&self) -> Option<&str> {
        match self {
            Self::Engine => Some(ENGINE),
            Self::Operator => Some(OPERATOR),
            Self::Session { actor, .. } => actor.as_ref().map(|actor| actor.id.as_str()),
        }
    }

    /// The actor's name, if it has one.
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Session { actor: Some(actor), .. } => actor.name.as_deref(),
            Self::Engine | Self::Operator | Self::Session { actor: None, .. } => None,
        }
    }

    /// The portal session; `None` for the operator and the engine.
    pub fn session(&self) -> Option<&SessionId> {
        match self {
            Self::Session { session, .. } => Some(session),
            Self::Engine | Self::Operator => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_actor_has_bounded_texts_and_cannot_pass_for_the_operator_or_the_engine() {
        let actor = Actor::new(" usr_7 ", Some(" Ada Lovelace ")).unwrap();
        assert_eq!((actor.id.as_str(), actor.name.as_deref()), ("usr_7", Some("Ada Lovelace")));
        let longest = "ü".repeat(LONGEST_ACTOR_TEXT);
        assert_eq!(Actor::new(&longest, None), Ok(Actor { id: longest.clone(), name: None }));
        for wrong in ["", " ", "a\nb", "a\u{200b}b", &format!("{longest}x")] {
            assert_eq!(Actor::new(wrong, None), Err(InvalidActor::Id), "{wrong:?}");
            assert_eq!(Actor::new("usr_7", Some(wrong)), Err(InvalidActor::Name), "{wrong:?}");
        }
        for author in [Author::Engine, Author::Operator] {
            assert_eq!(Actor::new(author.id().unwrap(), None), Err(InvalidActor::Id), "{author:?}");
        }
    }
}
