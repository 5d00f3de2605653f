//! What a trigger is: the fact it listens to, the filter on the bus, and what of the fact it fires for.

use domain::fact::{Fact, FactKind, Item};
use domain::firing::Subject;
use domain::trigger::Trigger;
use serde_json::{Value, json};

/// A trigger's definition. The template's event pattern is held against it.
#[derive(Debug, Clone, Copy)]
pub struct Definition {
    /// The trigger.
    pub trigger: Trigger,
    /// The fact it listens to.
    pub fact: FactKind,
    /// When it fires, as a merchant reads it.
    pub description: &'static str,
    /// The trigger that fires whenever this one does. It stores the fact where this one has nothing to add, so that a
    /// fact that wakes several triggers is not written by each of them.
    pub stored_by: Option<Trigger>,
    /// What the bus filters of the fact's detail, so that nobody pays for a fact that cannot fire the trigger.
    pub filter: fn() -> Value,
    /// What of a fact it fires for. The filter is a necessary condition; this is the whole one.
    pub fires: fn(&Fact) -> Vec<Subject>,
}

impl Definition {
    /// The pattern of the trigger's rule on the bus, where producers publish as `source`.
    /// <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html>
    pub fn pattern(&self, source: &str) -> Value {
        let source = match self.fact {
            FactKind::ProspectAbandoned => aws::bus::ENGINE_SOURCE,
            _ => source,
        };
        let mut pattern = json!({ "source": [source], "detail-type": [self.fact.detail_type()] });
        let filter = (self.filter)();
        if filter != no_filter() {
            pattern["detail"] = filter;
        }
        pattern
    }
}

/// Every fact of its kind fires the trigger.
pub fn no_filter() -> Value {
    json!({})
}

/// Fires once, for the fact as a whole.
pub fn whole() -> Vec<Subject> {
    vec![Subject::Whole]
}

/// Fires for each line that counts.
pub fn lines(fact: &Fact, counts: impl Fn(&Item) -> bool) -> Vec<Subject> {
    fact.items().filter(|(_, item)| counts(item)).map(|(index, _)| Subject::Line(index)).collect()
}
