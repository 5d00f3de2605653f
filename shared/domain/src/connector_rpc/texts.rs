//! Jobs as JSON texts: a job's payload is passed on unparsed, which the tag of a request does not allow.

use serde::de::{Deserialize, Deserializer, Error as _};
use serde::ser::{Error as _, Serialize, Serializer};

use crate::job::Job;

pub(super) fn serialize<S: Serializer>(jobs: &[Job], serializer: S) -> Result<S::Ok, S::Error> {
    let texts: Result<Vec<_>, _> = jobs.iter().map(serde_json::to_string).collect();
    texts.map_err(S::Error::custom)?.serialize(serializer)
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Job>, D::Error> {
    let texts = Vec::<String>::deserialize(deserializer)?;
    let jobs = texts.iter().map(|text| serde_json::from_str(text).map_err(D::Error::custom));
    jobs.collect()
}
