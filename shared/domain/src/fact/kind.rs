//! The kinds of facts.

use crate::keyed::keyed;

keyed! {
    /// The kind of a fact. The label is the event's `detail-type`.
    pub enum FactKind, "fact", "facts" {
        CheckoutCharged = "checkout_charged": "Checkout Charged",
        CheckoutFailed = "checkout_failed": "Checkout Failed",
        OrderCompleted = "order_completed": "Order Completed",
        ProductAddedToOrder = "product_added_to_order": "Product Added To Order",
        ChargeRefunded = "charge_refunded": "Charge Refunded",
        ProspectCreated = "prospect_created": "Prospect Created",
        SubscriptionCharged = "subscription_charged": "Subscription Charged",
        SubscriptionChargeFailed = "subscription_charge_failed": "Subscription Charge Failed",
        SubscriptionStatusChanged = "subscription_status_changed": "Subscription Status Changed",
        SubscriptionCancelScheduled = "subscription_cancel_scheduled": "Subscription Cancel Scheduled",
        SubscriptionCancelScheduledStopped = "subscription_cancel_scheduled_stopped": "Subscription Cancel Scheduled Stopped",
        LeadAdded = "lead_added": "Lead Added",
        CourseStudentAdded = "course_student_added": "Course Student Added",
        CourseStudentRemoved = "course_student_removed": "Course Student Removed",
        CourseStudentStarted = "course_student_started": "Course Student Started",
        CourseStudentFinished = "course_student_finished": "Course Student Finished",
        ProspectAbandoned = "prospect_abandoned": "Prospect Abandoned",
    }
}

impl FactKind {
    /// The kinds that producers publish. Prospect Abandoned, the last of [`ALL`](Self::ALL), is internal: the engine
    /// publishes it with the unchanged detail of a Prospect Created whose delay has passed without a purchase.
    pub const PUBLISHED: &'static [FactKind] = match Self::ALL {
        [published @ .., FactKind::ProspectAbandoned] => published,
        all => all,
    };

    /// The event's `detail-type`.
    pub fn detail_type(self) -> &'static str {
        self.label()
    }

    /// The schema of the event's detail in `events/schemas/`.
    pub fn schema(self) -> &'static str {
        match self {
            FactKind::CheckoutCharged => "checkout-charged.json",
            FactKind::CheckoutFailed => "checkout-failed.json",
            FactKind::OrderCompleted => "order-completed.json",
            FactKind::ProductAddedToOrder => "product-added-to-order.json",
            FactKind::ChargeRefunded => "charge-refunded.json",
            FactKind::SubscriptionCharged => "subscription-charged.json",
            FactKind::SubscriptionChargeFailed => "subscription-charge-failed.json",
            FactKind::SubscriptionStatusChanged => "subscription-status-changed.json",
            FactKind::SubscriptionCancelScheduled => "subscription-cancel-scheduled.json",
            FactKind::SubscriptionCancelScheduledStopped => "subscription-cancel-scheduled-stopped.json",
            FactKind::LeadAdded => "lead-added.json",
            FactKind::CourseStudentAdded => "course-student-added.json",
            FactKind::CourseStudentRemoved => "course-student-removed.json",
            FactKind::CourseStudentStarted => "course-student-started.json",
            FactKind::CourseStudentFinished => "course-student-finished.json",
            FactKind::ProspectCreated | FactKind::ProspectAbandoned => "prospect-created.json",
        }
    }

    /// The kind that the producer published: Prospect Created for a Prospect Abandoned.
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
    fn producers_publish_every_kind_but_the_engines_own() {
        assert_eq!(FactKind::PUBLISHED.len(), 16);
        assert!(!FactKind::PUBLISHED.contains(&FactKind::ProspectAbandoned));
    }
}
