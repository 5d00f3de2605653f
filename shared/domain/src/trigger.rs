//! The If of a rule: the triggers. Their definitions are in `functions/triggers`.

use serde::{Deserialize, Serialize};

use crate::keyed::keyed;

/// The group of a trigger in the rule form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Family {
    /// Orders, refunds, prospects, leads, subscriptions.
    Ecommerce,
    /// Actions of students in courses.
    Courses,
}

keyed! {
    /// The If of a rule, in the order of the product's documents. The key is also the `Handler` of its function.
    pub enum Trigger, "trigger", "triggers" {
        ProductPurchased = "product_purchased": "Product Purchased",
        ProductRefunded = "product_refunded": "Product Refunded",
        ProductPartiallyRefunded = "product_partially_refunded": "Product Partially Refunded",
        ProductAddedToOrder = "product_added_to_order": "Product Added to Order",
        ProspectCreated = "prospect_created": "Prospect Created",
        SubscriptionStarted = "subscription_started": "Subscription Started",
        SubscriptionCharged = "subscription_charged": "Subscription Charged",
        SubscriptionChargeFailed = "subscription_charge_failed": "Subscription Charge Failed",
        SubscriptionRecovered = "subscription_recovered": "Subscription Recovered",
        SubscriptionDelinquent = "subscription_delinquent": "Subscription Delinquent",
        SubscriptionCanceled = "subscription_canceled": "Subscription Canceled",
        SubscriptionRestarted = "subscription_restarted": "Subscription Restarted",
        SubscriptionCompleted = "subscription_completed": "Subscription Completed",
        SubscriptionChargeRefunded = "subscription_charge_refunded": "Subscription Charge Refunded",
        SubscriptionChargePartiallyRefunded = "subscription_charge_partially_refunded": "Subscription Charge Partially Refunded",
        OrderCompleted = "order_completed": "Order Completed",
        UpsellPurchased = "upsell_purchased": "Upsell Purchased",
        CheckoutCharged = "checkout_charged": "Checkout Charged",
        CheckoutFailed = "checkout_failed": "Checkout Failed",
        SubscriptionCancelScheduled = "subscription_cancel_scheduled": "Subscription Cancel Scheduled",
        SubscriptionCancelScheduledStopped = "subscription_cancel_scheduled_stopped": "Subscription Cancel Scheduled Stopped",
        LeadAdded = "lead_added": "Lead Added",
        CourseStudentAdded = "course_student_added": "Course Student Added",
        CourseStudentRemoved = "course_student_removed": "Course Student Removed",
        CourseStudentStarted = "course_student_started": "Course Student Started",
        CourseStudentFinished = "course_student_finished": "Course Student Finished",
    }
}

impl Trigger {
    /// The group of the trigger in the rule form.
    pub fn family(self) -> Family {
        match self {
            Trigger::CourseStudentAdded
            | Trigger::CourseStudentRemoved
            | Trigger::CourseStudentStarted
            | Trigger::CourseStudentFinished => Family::Courses,
            _ => Family::Ecommerce,
        }
    }
}
