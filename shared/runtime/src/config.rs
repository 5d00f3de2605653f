//! The environment that the template gives a function, read once.

use std::collections::BTreeMap;
use std::str::FromStr;

use aws::bus::Bus;
use aws::dead_letters::DeadLetters;
use aws::functions::Functions;
use aws::queue::{FactsQueue, Queues};
use aws::schedules::{SchedulePlace, Schedules};
use aws::secrets::Secrets;
use aws::signer::Signer;
use aws::store::Store;
use aws::vault::Vault;
use aws_config::SdkConfig;
use domain::app::App;
use jiff::SignedDuration;
use serde::de::DeserializeOwned;

/// A variable that is missing or does not read: the template and the function disagree.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// It is not there.
    #[error(
        "environment variable {0} is not set: infra/template.yaml gives it to every function that needs it"
    )]
    Missing(&'static str),
    /// It is there and does not read.
    #[error("environment variable {name} is `{value}`: {why}")]
    Invalid {
        /// Its name.
        name: &'static str,
        /// Its value.
        value: String,
        /// What is wrong with it.
        why: String,
    },
}

#[expect(clippy::disallowed_methods, reason = "this is where the environment is read")]
fn read(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// A variable that must be there.
pub fn required(name: &'static str) -> Result<String, ConfigError> {
    read(name).ok_or(ConfigError::Missing(name))
}

/// A variable that may be absent or empty.
pub fn optional(name: &'static str) -> Option<String> {
    read(name)
}

/// A variable that is read as something else than text, where it is there.
pub fn parsed<T>(name: &'static str) -> Result<Option<T>, ConfigError>
where
    T: FromStr,
    T::Err: std::fmt::Display,
{
    let parse = |value: String| match value.parse() {
        Ok(parsed) => Ok(parsed),
        Err(why) => Err(ConfigError::Invalid { name, value, why: T::Err::to_string(&why) }),
    };
    read(name).map(parse).transpose()
}

/// A variable that holds JSON.
pub fn json<T: DeserializeOwned>(name: &'static str) -> Result<T, ConfigError> {
    let text = required(name)?;
    serde_json::from_str(&text).map_err(|why| ConfigError::Invalid {
        name,
        value: text,
        why: why.to_string(),
    })
}

/// The engine's AWS services as the environment names them.
#[derive(Debug)]
pub struct Services {
    sdk: SdkConfig,
}

impl Services {
    /// Reads the SDK's own configuration.
    pub async fn load() -> Self {
        Self { sdk: aws::clients::load().await }
    }

    /// `TABLE_NAME` and `LOG_TTL_DAYS`.
    pub fn store(&self) -> Result<Store, ConfigError> {
        let days: i64 = parsed("LOG_TTL_DAYS")?.unwrap_or(35);
        Ok(Store::new(&self.sdk, required("TABLE_NAME")?, SignedDuration::from_hours(days * 24)))
    }

    /// `QUEUE_URL_<APP>`, as many as the function was given.
    pub fn queues(&self) -> Result<Queues, ConfigError> {
        let url = |app: &App| {
            let name = format!("QUEUE_URL_{}", app.key().to_uppercase());
            read(&name).map(|url| (*app, url))
        };
        let urls: BTreeMap<_, _> = App::ALL.iter().filter_map(url).collect();
        if urls.is_empty() {
            Err(ConfigError::Missing("QUEUE_URL_<APP>"))
        } else {
            Ok(Queues::new(&self.sdk, urls))
        }
    }

    /// `DEAD_LETTERS`: the queues' addresses, a JSON object by app.
    pub fn dead_letters(&self) -> Result<BTreeMap<App, DeadLetters>, ConfigError> {
        let urls: BTreeMap<App, String> = json("DEAD_LETTERS")?;
        Ok(urls.into_iter().map(|(app, url)| (app, DeadLetters::new(&self.sdk, url))).collect())
    }

    /// `FACTS_QUEUE_URL`, to look at what lies there.
    pub fn kept_facts(&self) -> Result<DeadLetters, ConfigError> {
        Ok(DeadLetters::new(&self.sdk, required("FACTS_QUEUE_URL")?))
    }

    /// `FACTS_QUEUE_URL`.
    pub fn facts_queue(&self) -> Result<FactsQueue, ConfigError> {
        Ok(FactsQueue::new(&self.sdk, required("FACTS_QUEUE_URL")?))
    }

    /// `KMS_KEY_ID`.
    pub fn vault(&self) -> Result<Vault, ConfigError> {
        Ok(Vault::new(&self.sdk, required("KMS_KEY_ID")?))
    }

    /// Functions that are called for their answer.
    pub fn functions(&self) -> Functions {
        Functions::new(&self.sdk)
    }

    /// `SIGNING_KEY_ID`.
    pub fn signer(&self) -> Result<Signer, ConfigError> {
        Ok(Signer::new(&self.sdk, required("SIGNING_KEY_ID")?))
    }

    /// The operator's own secrets.
    pub fn secrets(&self) -> Secrets {
        Secrets::new(&self.sdk)
    }

    /// `BUS_NAME`.
    pub fn bus(&self) -> Result<Bus, ConfigError> {
        Ok(Bus::new(&self.sdk, required("BUS_NAME")?))
    }

    /// `SCHEDULE_GROUP`, `SCHEDULE_ROLE_ARN` and `SCHEDULE_DLQ_ARN`.
    pub fn schedules(&self) -> Result<Schedules, ConfigError> {
        let place = SchedulePlace {
            group: required("SCHEDULE_GROUP")?,
            role: required("SCHEDULE_ROLE_ARN")?,
            dead_letters: required("SCHEDULE_DLQ_ARN")?,
        };
        Ok(Schedules::new(&self.sdk, place))
    }
}
