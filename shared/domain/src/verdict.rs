//! What the planner decided about a rule, and why.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::condition::{Field, Operator};
use crate::id::{JobId, RuleId};

/// What the engine made of one rule, for one thing that fired.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RuleVerdict {
    /// The rule.
    pub rule: RuleId,
    /// The order line, where the trigger fires per line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<String>,
    /// What was made of it.
    pub verdict: Verdict,
    /// The parts of a rule for which other rules act: of one that fired, those without an action; of one that did not, all,
    /// where they have different reasons.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<LeftOut>,
}

/// A contact and target of a rule, for which another rule acts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOut {
    /// The target, such as a tag, where the rule names several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// The contact's address, where the rule acts for several: a gift's recipient, or the buyer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recipient: Option<String>,
    /// Why.
    pub why: Loss,
}

/// Why a rule that fired does not act: another rule does, for the same fact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Loss {
    /// It asks for the same effect.
    Duplicate {
        /// That rule.
        of: RuleId,
    },
    /// It asks for the opposite effect; removing wins.
    Superseded {
        /// That rule.
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

/// What the engine made of a rule, and why.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Verdict {
    /// It fired.
    Fired {
        /// Its jobs: one for each contact on each target.
        jobs: Vec<JobId>,
    },
    /// It is switched off.
    Disabled,
    /// It names other products.
    OtherProducts,
    /// A condition does not hold.
    ConditionFailed {
        /// Which, counted from 1.
        number: usize,
        /// What was looked at.
        field: Field,
        /// How it was compared.
        operator: Operator,
        /// With what.
        expected: Value,
        /// What the fact holds.
        actual: Value,
    },
    /// Another rule asks for the same effect, for the same fact.
    Duplicate {
        /// That rule.
        of: RuleId,
    },
    /// Another rule asks for the opposite effect, for the same fact; removing wins.
    Superseded {
        /// That rule.
        by: RuleId,
    },
    /// The app does not offer what the rule says.
    NotOffered {
        /// What is missing.
        what: String,
    },
}
