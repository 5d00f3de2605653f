//! The planner's decision about a rule, and the reason.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::condition::{Field, Operator};
use crate::id::{JobId, RuleId};

/// The verdict on one rule for one firing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RuleVerdict {
    /// The rule.
    pub rule: RuleId,
    /// The order line, if the trigger fires per line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<String>,
    /// The decision.
    pub verdict: Verdict,
    /// The parts of the rule for which other rules act. For a rule that fired: the parts without a job. For a rule that
    /// did not: all parts, if they have different reasons.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<LeftOut>,
}

/// A contact and target of a rule for which another rule acts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOut {
    /// The target, such as a tag, if the rule names several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// The contact's address, if the rule acts for several: a gift's recipient, or the buyer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recipient: Option<String>,
    /// The reason.
    pub why: Loss,
}

/// The reason why a rule that fired does not act: another rule does, for the same fact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Loss {
    /// It requests the same effect.
    Duplicate {
        /// The rule that acts.
        of: RuleId,
    },
    /// It requests the opposite effect; removing wins.
    Superseded {
        /// The rule that acts.
        by: RuleId,
    },
}

impl From<Loss> for Verdict {
    fn from(loss: Loss) -> Self {
        match loss {
            Loss::Duplicate { of } => Verdict::Duplicate { of },
            Loss::Superseded { by } => Verdict::Superseded { by },
        }
    }
}

/// The planner's decision about a rule, and the reason.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Verdict {
    /// It fired.
    Fired {
        /// Its jobs: one for each contact and target.
        jobs: Vec<JobId>,
    },
    /// The rule is disabled.
    Disabled,
    /// The rule names other products.
    OtherProducts,
    /// A condition does not hold.
    ConditionFailed {
        /// The number of the condition, counted from 1.
        number: usize,
        /// The field.
        field: Field,
        /// The comparison.
        operator: Operator,
        /// The condition's value.
        expected: Value,
        /// The fact's value.
        actual: Value,
    },
    /// Another rule requests the same effect, for the same fact.
    Duplicate {
        /// The rule that acts.
        of: RuleId,
    },
    /// Another rule requests the opposite effect, for the same fact; removing wins.
    Superseded {
        /// The rule that acts.
        by: RuleId,
    },
    /// The app does not offer the rule's action, or not for its trigger.
    NotOffered {
        /// The part that is missing.
        missing: Missing,
        /// The missing part, in words.
        what: String,
    },
}

/// The part of a rule that its app does not offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Missing {
    /// The app itself: it is not deployed.
    App,
    /// The action.
    Action,
    /// The trigger, for the action.
    Trigger,
}

impl Missing {
    /// The stored names.
    pub const KEYS: [&str; 3] = ["app", "action", "trigger"];
}
