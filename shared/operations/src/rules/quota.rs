//! The limits on the number and the size of a marketplace's rules, so that every export can be imported.

use domain::integration::Integration;
use domain::rule::{MOST_RULES, Rule};

use super::document::Drafts;

/// The maximum size in bytes of all rules as one document. It is below a document's maximum, because labels of accounts
/// can become longer, and two requests that save at the same time do not see each other's rules.
const LARGEST: usize = 750_000;

/// The limit that the rules would exceed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Full {
    /// The number of rules.
    #[error(
        "the marketplace would have {0} rules; the maximum is {MOST_RULES}: name several products in one rule, or make \
         one rule for all products"
    )]
    Rules(usize),
    /// The size of all rules together.
    #[error(
        "the marketplace's rules would have {0} bytes as one document; the maximum is {LARGEST}: \
         shorten their settings and conditions"
    )]
    Bytes(usize),
}

/// Checks that the rules `after` are within the limits, or do not exceed them more than the rules `before`.
pub(super) fn room(before: &[Rule], after: &[Rule], accounts: &[Integration]) -> Result<(), Full> {
    count(before.len(), after.len())?;
    let bytes = |rules: &[Rule]| Drafts::of(rules, accounts).to_yaml().map_or(usize::MAX, |text| text.len());
    let is = bytes(after);
    if is > LARGEST && is > bytes(before) { Err(Full::Bytes(is)) } else { Ok(()) }
}

/// Checks the number of rules in the same way.
pub(super) fn count(before: usize, after: usize) -> Result<(), Full> {
    if after > MOST_RULES.max(before) { Err(Full::Rules(after)) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::rules::document::{self, Source};

    fn rules(count: usize, text: &str) -> Vec<Rule> {
        let rule = |number: usize| {
            serde_json::from_value(json!({
                "id": format!("rul_{number}"), "marketplace": "demo", "scope": { "kind": "global" },
                "trigger": "product_purchased", "integration": "int_1", "app": "mailchimp", "action": "add_tag",
                "settings": { "list_id": "a1", "tag": [text] }, "enabled": true,
            }))
            .unwrap()
        };
        (0..count).map(rule).collect()
    }

    #[test]
    fn a_marketplace_that_has_too_much_may_have_less_and_no_more() {
        let many = rules(MOST_RULES + 1, "VIP");
        assert_eq!(room(&many[1..], &many, &[]), Err(Full::Rules(MOST_RULES + 1)));
        assert_eq!(room(&many, &many, &[]), Ok(()));
        assert_eq!(room(&many, &many[1..], &[]), Ok(()));
        let large = rules(60, &"x".repeat(15_000));
        assert!(matches!(room(&large[1..], &large, &[]), Err(Full::Bytes(_))));
        assert_eq!(room(&large, &large[1..], &[]), Ok(()));
    }

    #[test]
    fn as_much_as_a_marketplace_may_have_reads_as_a_document() {
        for (count, text) in [
            (MOST_RULES, "VIP".to_owned()),
            (20, "\u{e9}\u{1}\"\\\n".repeat(1_500)),
            (24, "x".repeat(15_000)),
        ] {
            let rules = rules(count, &text);
            assert_eq!(room(&[], &rules, &[]), Ok(()), "{count}");
            let text = Drafts::of(&rules, &[]).to_yaml().unwrap();
            assert!(text.len() <= document::LARGEST);
            assert_eq!(Source::new("all.yaml".into(), text).parse().unwrap().rules.len(), count);
        }
    }
}
