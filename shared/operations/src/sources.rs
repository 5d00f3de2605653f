//! The sources of the events that the bus rules match.

use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

use aws::bus::ENGINE_SOURCE;
use domain::fact::FactKind;

/// The sources of the producers: the template's parameter `Source`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sources(Vec<String>);

impl Sources {
    /// The sources of events with this name that bus rules match. The engine publishes abandoned prospects itself.
    #[must_use]
    pub fn of(&self, detail_type: &str) -> Self {
        let is_ours = detail_type == FactKind::ProspectAbandoned.detail_type();
        if is_ours { Self(vec![ENGINE_SOURCE.to_owned()]) } else { self.clone() }
    }

    /// Whether this is one of the sources.
    pub fn has(&self, source: &str) -> bool {
        self.0.iter().any(|known| known == source)
    }
}

impl FromStr for Sources {
    type Err = Infallible;

    /// Sources separated by commas, as the parameter has them.
    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self(text.split(',').map(|source| source.trim().to_owned()).collect()))
    }
}

impl fmt::Display for Sources {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_come_from_a_known_source_and_abandoned_prospects_from_the_engine() {
        let sources: Sources = "commerce, shop".parse().unwrap();
        assert_eq!(sources.to_string(), "commerce, shop");
        for (source, detail_type, accepted) in [
            ("commerce", "Order Completed", true),
            ("shop", "Product Saved", true),
            ("Shop", "Order Completed", false),
            (ENGINE_SOURCE, "Order Completed", false),
            (ENGINE_SOURCE, "Prospect Abandoned", true),
            ("shop", "Prospect Abandoned", false),
        ] {
            assert_eq!(sources.of(detail_type).has(source), accepted, "{source} {detail_type}");
        }
    }
}
