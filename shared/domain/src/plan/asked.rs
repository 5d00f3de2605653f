//! Decides whether a rule still requests a job. It needs only the job and the rule, so a waiting job can be judged by
//! its connector. A test compares it with [`plan`](super::plan): a replay and a retry repeat exactly the jobs that are
//! still requested here.

use super::part::Targets;
use crate::job::Job;
use crate::options;
use crate::rule::{Rule, Scope};

/// The change of a rule because of which it no longer requests a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Withdrawal {
    /// The rule acts in another integration.
    Integration,
    /// The rule has another action.
    Action,
    /// The rule has another trigger.
    Trigger,
    /// The rule is for other products.
    Products,
    /// The rule is about the buyer, and the job is about a gift's recipient.
    Recipient,
    /// The rule is about the gifts' recipients, and the job is about the buyer, who has none of its products.
    Buyer,
    /// The rule's settings name another target, such as another list or tag.
    Target,
}

impl Job {
    /// The reason why the current rule does not request this job; `None` if it does.
    pub fn withdrawal(&self, rule: &Rule) -> Option<Withdrawal> {
        self.target_in(rule).err()
    }

    /// The job with the current settings of its rule; `None` if the rule does not request it.
    pub fn with_settings_of(&self, rule: &Rule) -> Option<Self> {
        let (targets, number) = self.target_in(rule).ok()?;
        let settings = targets.settings(number);
        let typed = options::typed(targets.action, &settings, &rule.labels);
        Some(Self { settings, typed, ..self.clone() })
    }

    fn target_in<'a>(&self, rule: &'a Rule) -> Result<(Targets<'a>, usize), Withdrawal> {
        if rule.integration != self.integration {
            return Err(Withdrawal::Integration);
        }
        let targets = Targets::of_rule(rule).filter(|_| rule.action == self.action);
        let targets = targets.ok_or(Withdrawal::Action)?;
        if rule.trigger != self.trigger {
            return Err(Withdrawal::Trigger);
        }
        let mut named = self.products.iter().filter(|product| rule.scope.names(product)).peekable();
        if rule.scope != Scope::Global && named.peek().is_none() {
            return Err(Withdrawal::Products);
        }
        if self.gift && !rule.use_gift_recipient {
            return Err(Withdrawal::Recipient);
        }
        if rule.use_gift_recipient
            && !self.gifted.is_empty()
            && named.all(|product| self.gifted.contains(product))
        {
            return Err(Withdrawal::Buyer);
        }
        // The checks above compare all other parts of the effect's key.
        let own = Targets::of(targets.action, &self.settings).named(0);
        let number = targets.all().position(|target| target == own);
        Ok((targets, number.ok_or(Withdrawal::Target)?))
    }
}
