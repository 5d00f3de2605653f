//! References to connected accounts by label or id.

use domain::integration::Integration;

/// Finds an account by id, or else by label. Labels are compared without regard to case and surrounding blanks.
pub fn find<'a>(all: &'a [Integration], reference: &str) -> Option<&'a Integration> {
    let by_id = all.iter().find(|integration| integration.id.as_str() == reference);
    let wanted = reference.trim().to_lowercase();
    by_id.or_else(|| all.iter().find(|integration| integration.label.trim().to_lowercase() == wanted))
}

/// "are: `Main audience` (mailchimp), `Orders` (webhook)".
pub fn known(all: &[Integration]) -> String {
    if all.is_empty() {
        return "are none yet: connect one first".to_owned();
    }
    let named = all.iter().map(|integration| format!("`{}` ({})", integration.label, integration.app));
    format!("are: {}", named.collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::account;

    #[test]
    fn an_account_is_found_by_id_and_by_label_however_it_is_written() {
        let all = [account("int_1", "Main audience"), account("int_2", "int_1")];
        assert_eq!(find(&all, "int_1").unwrap().label, "Main audience");
        assert_eq!(find(&all, " main AUDIENCE").unwrap().id.as_str(), "int_1");
        assert!(find(&all, "Main").is_none());
    }
}
