//! A trigger's definition: the fact, the filter on the bus, and the subjects that it fires for.

use domain::fact::{Fact, FactKind, Item};
use domain::firing::Subject;
use domain::trigger::Trigger;
use serde_json::{Value, json};

/// A trigger's definition. A test compares the template's event pattern with it.
#[derive(Debug, Clone, Copy)]
pub struct Definition {
    /// The trigger.
    pub trigger: Trigger,
    /// The fact that can fire the trigger.
    pub fact: FactKind,
    /// The description that merchants read.
    pub description: &'static str,
    /// A trigger that always fires together with this one. If this trigger has no verdicts to store, the other one
    /// stores the fact, so that only one trigger writes a fact that invokes several.
    pub stored_by: Option<Trigger>,
    /// The bus's filter on the fact's detail: a fact that cannot fire the trigger invokes no function and costs
    /// nothing.
    pub filter: fn() -> Value,
    /// The subjects that the trigger fires for. The filter is necessary, this function is sufficient.
    pub fires: fn(&Fact) -> Vec<Subject>,
}

impl Definition {
    /// The event pattern of the trigger's rule on the bus. Producers publish with `source`.
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

/// No filter: every fact of its kind invokes the trigger.
pub fn no_filter() -> Value {
    json!({})
}

/// Fires once, for the fact as a whole.
pub fn whole() -> Vec<Subject> {
    vec![Subject::Whole]
}

/// Fires for each line for which `counts` returns true.
pub fn lines(fact: &Fact, counts: impl Fn(&Item) -> bool) -> Vec<Subject> {
    fact.items().filter(|(_, item)| counts(item)).map(|(index, _)| Subject::Line(index)).collect()
}
