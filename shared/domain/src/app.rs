//! The apps we integrate with.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

macro_rules! apps {
    ($($variant:ident, $key:literal, $label:literal;)*) => {
        /// A third-party tool that the engine acts in.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "lowercase")]
        pub enum App {
            $(#[doc = $label] $variant,)*
        }

        impl App {
            /// Every app.
            pub const ALL: &'static [App] = &[$(App::$variant),*];

            /// The name in rules, queues and folders.
            pub fn key(self) -> &'static str {
                match self { $(App::$variant => $key),* }
            }

            /// The name that a merchant reads.
            pub fn label(self) -> &'static str {
                match self { $(App::$variant => $label),* }
            }
        }
    };
}

apps! {
    Mailchimp, "mailchimp", "Mailchimp";
    Kit, "kit", "Kit";
    HighLevel, "highlevel", "HighLevel";
    Circle, "circle", "Circle";
    Kajabi, "kajabi", "Kajabi";
    Thinkific, "thinkific", "Thinkific";
    Webhook, "webhook", "Webhook";
}

/// A name that is no app's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("app `{0}` does not exist; the apps are: {list}", list = list())]
pub struct UnknownApp(pub String);

fn list() -> String {
    App::ALL.iter().map(|app| app.key()).collect::<Vec<_>>().join(", ")
}

impl fmt::Display for App {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.key())
    }
}

impl FromStr for App {
    type Err = UnknownApp;
    fn from_str(text: &str) -> Result<Self, UnknownApp> {
        let found = App::ALL.iter().copied().find(|app| app.key() == text);
        found.ok_or_else(|| UnknownApp(text.to_owned()))
    }
}
