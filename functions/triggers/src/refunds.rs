//! Triggers of refunds.

pub mod product_partially_refunded;
pub mod product_refunded;
pub mod subscription_charge_partially_refunded;
pub mod subscription_charge_refunded;

use domain::fact::{Body, ChargeKind, Extent, Fact};
use domain::firing::Subject;

/// The lines of a refund whose refunds reach this extent.
fn refunded(fact: &Fact, kind: ChargeKind, extent: Extent) -> Vec<Subject> {
    let Body::ChargeRefunded(refund) = &fact.body else { return Vec::new() };
    if refund.charge_kind != kind {
        return Vec::new();
    }
    let lines = refund.items.iter().enumerate();
    lines.filter(|(_, line)| line.extent() == Some(extent)).map(|(index, _)| Subject::Line(index)).collect()
}
