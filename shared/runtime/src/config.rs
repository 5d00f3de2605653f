//! The environment variables that the template gives a function, read once.

use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;

use aws::bus::Bus;
use aws::clients;
use aws::dead_letters::DeadLetters;
use aws::functions::Functions;
use aws::queue::{FactsQueue, Queues};
use aws::schedules::{SchedulePlace, Schedules};
use aws::secrets::Secrets;
use aws::signer::Signer;
use aws::store::Store;
use aws::vault::Vault;
use aws_config::SdkConfig;
use aws_credential_types::Credentials;
use domain::app::App;
use domain::digest::{DigestSecret, ShortSecret};
use domain::manifest::Catalog;
use jiff::SignedDuration;

use crate::world;

/// A variable is missing or cannot be read: the template and the function disagree.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The variable is not set.
    #[error(
        "environment variable {0} is not set: Lambda or infra/template.yaml gives it to every function that needs it"
    )]
    Missing(&'static str),
    /// The variable is set and cannot be read.
    #[error("environment variable {name} is `{value}`: {why}")]
    Invalid {
        /// Its name.
        name: &'static str,
        /// Its value.
        value: String,
        /// Why the value is invalid.
        why: String,
    },
    /// A secret is set and cannot be used. Its value is left out.
    #[error("environment variable {name} cannot be used: {why}")]
    Secret {
        /// Its name.
        name: &'static str,
        /// Why the value is invalid.
        why: ShortSecret,
    },
}

#[expect(clippy::disallowed_methods, reason = "this is where the environment is read")]
fn read(name: &str) -> Option<String> {
    let value = world::ask(|world| world.environment.get(name).cloned());
    value.unwrap_or_else(|| std::env::var(name).ok()).filter(|value| !value.is_empty())
}

/// A required variable.
pub fn required(name: &'static str) -> Result<String, ConfigError> {
    read(name).ok_or(ConfigError::Missing(name))
}

/// A variable that may be absent or empty.
pub fn optional(name: &'static str) -> Option<String> {
    read(name)
}

/// A required variable that is parsed into a type other than text.
pub fn parsed<T>(name: &'static str) -> Result<T, ConfigError>
where
    T: FromStr,
    T::Err: std::fmt::Display,
{
    let value = required(name)?;
    value.parse().map_err(|why| ConfigError::Invalid { name, why: T::Err::to_string(&why), value })
}

/// `APPS`: the apps that are deployed.
pub fn apps() -> Result<BTreeSet<App>, ConfigError> {
    const NAME: &str = "APPS";
    let value = required(NAME)?;
    let apps: Result<_, _> = value.split(',').map(str::parse::<App>).collect();
    apps.map_err(|why| ConfigError::Invalid { name: NAME, why: why.to_string(), value })
}

/// A variable that names a resource of every deployed app: `{app}` in it is the app's id.
pub fn by_app(name: &'static str) -> Result<BTreeMap<App, String>, ConfigError> {
    let pattern = required(name)?;
    Ok(apps()?.into_iter().map(|app| (app, pattern.replace("{app}", app.key()))).collect())
}

/// `DIGEST_SECRET`. CloudFormation resolves it from Secrets Manager when it deploys the function.
pub fn digest_secret() -> Result<DigestSecret, ConfigError> {
    const NAME: &str = "DIGEST_SECRET";
    required(NAME)?.parse().map_err(|why| ConfigError::Secret { name: NAME, why })
}

/// The engine's AWS services as the environment names them.
#[derive(Debug)]
pub struct Services {
    sdk: SdkConfig,
}

impl Services {
    /// `AWS_REGION`, `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and `AWS_SESSION_TOKEN`, which Lambda sets, and
    /// `AWS_ENDPOINT_URL`, which local AWS sets.
    pub fn load() -> Result<Self, ConfigError> {
        if let Some(sdk) = world::ask(|world| world.sdk.clone()) {
            return Ok(Self { sdk });
        }
        let (id, secret) = (required("AWS_ACCESS_KEY_ID")?, required("AWS_SECRET_ACCESS_KEY")?);
        let role = Credentials::new(id, secret, optional("AWS_SESSION_TOKEN"), None, "Lambda");
        let sdk = clients::of_function(required("AWS_REGION")?, optional("AWS_ENDPOINT_URL"), role);
        Ok(Self { sdk })
    }

    /// `TABLE_NAME` and `LOG_TTL_DAYS`.
    pub fn store(&self) -> Result<Store, ConfigError> {
        let days: i64 = parsed("LOG_TTL_DAYS")?;
        Ok(Store::new(&self.sdk, required("TABLE_NAME")?, SignedDuration::from_hours(days * 24)))
    }

    /// `APPS`: the manifests of the deployed apps.
    pub fn catalog(&self) -> Result<Catalog, ConfigError> {
        Ok(Catalog::get().only(&apps()?))
    }

    /// `JOBS_QUEUE_URL`, by app.
    pub fn queues(&self) -> Result<Queues, ConfigError> {
        Ok(Queues::new(&self.sdk, by_app("JOBS_QUEUE_URL")?))
    }

    /// `DEAD_LETTERS_URL`, by app.
    pub fn dead_letters(&self) -> Result<BTreeMap<App, DeadLetters>, ConfigError> {
        Ok(DeadLetters::of_apps(&self.sdk, by_app("DEAD_LETTERS_URL")?))
    }

    /// `FACTS_QUEUE_URL`, to read the facts stored there.
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

    /// Functions that are invoked synchronously.
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
