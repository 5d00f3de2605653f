//! Whether a rule still asks for a job of it. Nothing but the job is needed for that, so that what waits can be judged
//! where it runs. A test holds this to [`plan`](super::plan): a replay and a retry can make again what is asked for here, and
//! nothing else.

use super::part::Targets;
use crate::effect::Effect;
use crate::job::Job;
use crate::options;
use crate::rule::{Rule, Scope};

/// What a rule has been changed in so that it does not ask for a job any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Withdrawal {
    /// It acts in another integration.
    Integration,
    /// It has another action.
    Action,
    /// It has another trigger.
    Trigger,
    /// It is for other products.
    Products,
    /// It is about the buyer, and the job is about a gift's recipient.
    Recipient,
    /// Its settings name another target, such as another list or tag.
    Target,
}

impl Job {
    /// Why the rule as it is now does not ask for this job; `None`: it does.
    pub fn withdrawal(&self, rule: &Rule) -> Option<Withdrawal> {
        self.target_in(rule).err()
    }

    /// The job with the settings that its rule has now; `None`: the rule does not ask for it.
    pub fn with_settings_of(&self, rule: &Rule) -> Option<Self> {
        let (targets, number) = self.target_in(rule).ok()?;
        let settings = targets.settings(number);
        let typed = options::typed(targets.action, &settings, &rule.labels);
        Some(Self { settings, typed, ..self.clone() })
    }

    /// What a rule with this job's trigger, integration and action asks for, if it fires for this contact.
    pub fn effects_of(&self, rule: &Rule) -> Vec<Effect> {
        let targets = Targets::of_rule(rule);
        targets.map(|targets| self.effects(&targets, rule).collect()).unwrap_or_default()
    }

    fn effects(&self, targets: &Targets<'_>, rule: &Rule) -> impl Iterator<Item = Effect> {
        let email = self.contact.email.to_lowercase();
        (0..targets.count())
            .map(move |number| targets.effect(number, rule, &email, self.id.event.fact, self.line.as_deref()))
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
        if let Scope::Products { products } = &rule.scope
            && !products.iter().any(|product| self.products.contains(product))
        {
            return Err(Withdrawal::Products);
        }
        if self.gift && !rule.use_gift_recipient {
            return Err(Withdrawal::Recipient);
        }
        let number = self.effects(&targets, rule).position(|effect| effect.key == self.effect.key);
        Ok((targets, number.ok_or(Withdrawal::Target)?))
    }
}
