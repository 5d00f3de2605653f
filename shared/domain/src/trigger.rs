//! The If of a rule: the triggers, by name. What fires each of them is defined in `functions/triggers`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Which group of the rule form a trigger stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Family {
    /// Orders, refunds, prospects, subscriptions.
    Ecommerce,
    /// What students do in courses.
    Courses,
}

macro_rules! triggers {
    ($($variant:ident, $key:literal, $label:literal, $family:ident;)*) => {
        /// The If of a rule.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Trigger {
            $(#[doc = $label] $variant,)*
        }

        impl Trigger {
            /// Every trigger, in the order of the product's documents.
            pub const ALL: &'static [Trigger] = &[$(Trigger::$variant),*];

            /// The name in rules, logs and `Handler`s.
            pub fn key(self) -> &'static str {
                match self { $(Trigger::$variant => $key),* }
            }

            /// The name that a merchant reads.
            pub fn label(self) -> &'static str {
                match self { $(Trigger::$variant => $label),* }
            }

            /// The group of the rule form.
            pub fn family(self) -> Family {
                match self { $(Trigger::$variant => Family::$family),* }
            }
        }
    };
}

triggers! {
    ProductPurchased, "product_purchased", "Product Purchased", Ecommerce;
    ProductRefunded, "product_refunded", "Product Refunded", Ecommerce;
    ProductPartiallyRefunded, "product_partially_refunded", "Product Partially Refunded", Ecommerce;
    ProductAddedToOrder, "product_added_to_order", "Product Added to Order", Ecommerce;
    ProspectCreated, "prospect_created", "Prospect Created", Ecommerce;
    SubscriptionStarted, "subscription_started", "Subscription Started", Ecommerce;
    SubscriptionCharged, "subscription_charged", "Subscription Charged", Ecommerce;
    SubscriptionChargeFailed, "subscription_charge_failed", "Subscription Charge Failed", Ecommerce;
    SubscriptionRecovered, "subscription_recovered", "Subscription Recovered", Ecommerce;
    SubscriptionDelinquent, "subscription_delinquent", "Subscription Delinquent", Ecommerce;
    SubscriptionCanceled, "subscription_canceled", "Subscription Canceled", Ecommerce;
    SubscriptionRestarted, "subscription_restarted", "Subscription Restarted", Ecommerce;
    SubscriptionCompleted, "subscription_completed", "Subscription Completed", Ecommerce;
    SubscriptionChargeRefunded, "subscription_charge_refunded", "Subscription Charge Refunded", Ecommerce;
    SubscriptionChargePartiallyRefunded, "subscription_charge_partially_refunded",
        "Subscription Charge Partially Refunded", Ecommerce;
    OrderCompleted, "order_completed", "Order Completed", Ecommerce;
    UpsellPurchased, "upsell_purchased", "Upsell Purchased", Ecommerce;
    CheckoutCharged, "checkout_charged", "Checkout Charged", Ecommerce;
    CheckoutFailed, "checkout_failed", "Checkout Failed", Ecommerce;
    CourseStudentAdded, "course_student_added", "Course Student Added", Courses;
    CourseStudentRemoved, "course_student_removed", "Course Student Removed", Courses;
    CourseStudentStarted, "course_student_started", "Course Student Started", Courses;
    CourseStudentFinished, "course_student_finished", "Course Student Finished", Courses;
}

/// A name that is no trigger's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("trigger `{0}` does not exist; the triggers are: {list}", list = list())]
pub struct UnknownTrigger(pub String);

fn list() -> String {
    Trigger::ALL.iter().map(|trigger| trigger.key()).collect::<Vec<_>>().join(", ")
}

impl fmt::Display for Trigger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.key())
    }
}

impl FromStr for Trigger {
    type Err = UnknownTrigger;
    fn from_str(text: &str) -> Result<Self, UnknownTrigger> {
        let found = Trigger::ALL.iter().copied().find(|trigger| trigger.key() == text);
        found.ok_or_else(|| UnknownTrigger(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_the_same_in_code_and_in_json() {
        for trigger in Trigger::ALL {
            assert_eq!(serde_json::to_value(trigger).unwrap(), trigger.key());
            assert_eq!(trigger.key().parse::<Trigger>().unwrap(), *trigger);
        }
    }

    #[test]
    fn an_unknown_name_gets_the_list() {
        let error = "product_bought".parse::<Trigger>().unwrap_err().to_string();
        assert!(error.contains("`product_bought`") && error.contains("product_purchased"), "{error}");
    }
}
