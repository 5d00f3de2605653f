//! The facts by name.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! kinds {
    ($($variant:ident, $key:literal, $detail_type:literal, $schema:literal;)*) => {
        /// What a fact says happened.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum FactKind {
            $(#[doc = $detail_type] $variant,)*
        }

        impl FactKind {
            /// Every kind.
            pub const ALL: &'static [FactKind] = &[$(FactKind::$variant),*];

            /// The name in keys and logs.
            pub fn key(self) -> &'static str {
                match self { $(FactKind::$variant => $key),* }
            }

            /// The event's `detail-type`, which is also the name that people read.
            pub fn detail_type(self) -> &'static str {
                match self { $(FactKind::$variant => $detail_type),* }
            }

            /// The schema of the event's detail in `events/schemas/`.
            pub fn schema(self) -> &'static str {
                match self { $(FactKind::$variant => $schema),* }
            }
        }
    };
}

kinds! {
    CheckoutCharged, "checkout_charged", "Checkout Charged", "checkout-charged.json";
    CheckoutFailed, "checkout_failed", "Checkout Failed", "checkout-failed.json";
    OrderCompleted, "order_completed", "Order Completed", "order-completed.json";
    ProductAddedToOrder, "product_added_to_order", "Product Added To Order", "product-added-to-order.json";
    ChargeRefunded, "charge_refunded", "Charge Refunded", "charge-refunded.json";
    ProspectCreated, "prospect_created", "Prospect Created", "prospect-created.json";
    SubscriptionCharged, "subscription_charged", "Subscription Charged", "subscription-charged.json";
    SubscriptionChargeFailed, "subscription_charge_failed", "Subscription Charge Failed",
        "subscription-charge-failed.json";
    SubscriptionStatusChanged, "subscription_status_changed", "Subscription Status Changed",
        "subscription-status-changed.json";
    CourseStudentAdded, "course_student_added", "Course Student Added", "course-student-added.json";
    CourseStudentRemoved, "course_student_removed", "Course Student Removed", "course-student-removed.json";
    CourseStudentStarted, "course_student_started", "Course Student Started", "course-student-started.json";
    CourseStudentFinished, "course_student_finished", "Course Student Finished", "course-student-finished.json";
    ProspectAbandoned, "prospect_abandoned", "Prospect Abandoned", "prospect-created.json";
}

impl FactKind {
    /// The kinds that producers publish. The last of [`ALL`](Self::ALL), Prospect Abandoned, is the engine's own: the
    /// unchanged detail of a Prospect Created whose delay has passed without a purchase.
    pub const PUBLISHED: &'static [FactKind] = match Self::ALL {
        [published @ .., FactKind::ProspectAbandoned] => published,
        all => all,
    };

    /// The kind that a producer published: a prospect that has waited is still the prospect.
    #[must_use]
    pub fn published(self) -> Self {
        match self {
            FactKind::ProspectAbandoned => FactKind::ProspectCreated,
            kind => kind,
        }
    }

    /// The kind of an event with this `detail-type`.
    pub fn from_detail_type(detail_type: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.detail_type() == detail_type)
    }
}

impl fmt::Display for FactKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.detail_type())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_is_found_by_its_detail_type_and_no_other() {
        for kind in FactKind::ALL {
            assert_eq!(FactKind::from_detail_type(kind.detail_type()), Some(*kind));
        }
        assert_eq!(FactKind::from_detail_type("order completed"), None);
        assert_eq!(FactKind::from_detail_type("Product Saved"), None);
    }

    #[test]
    fn a_name_is_the_same_in_code_and_in_json() {
        for kind in FactKind::ALL {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.key());
        }
    }

    #[test]
    fn producers_publish_every_kind_but_the_engines_own() {
        assert_eq!(FactKind::PUBLISHED.len(), 13);
        assert!(!FactKind::PUBLISHED.contains(&FactKind::ProspectAbandoned));
    }
}
