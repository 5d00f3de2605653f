//! Fair order: no marketplace waits for another's backlog.

use std::collections::HashMap;
use std::hash::Hash;

/// The first `most` items in turn: the first of each group, then the second of each, and so on. Within a group the
/// order is kept.
pub(crate) fn in_turn<T, G: Hash + Eq>(due: Vec<T>, group: impl Fn(&T) -> G, most: usize) -> Vec<T> {
    let mut before: HashMap<G, usize> = HashMap::new();
    let ranked = due.into_iter().map(|one| {
        let rank = before.entry(group(&one)).or_default();
        *rank += 1;
        (*rank, one)
    });
    let mut ranked: Vec<(usize, T)> = ranked.collect();
    ranked.sort_by_key(|(rank, _)| *rank);
    ranked.truncate(most);
    ranked.into_iter().map(|(_, one)| one).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_hundred_thousand_of_one_marketplace_delay_no_other_by_a_sweep() {
        let backlog = (0..100_000).map(|number| ("busy", number));
        let others = (0..30).map(|number| (["a", "b", "c"][number % 3], number));
        let turns = in_turn(backlog.chain(others).collect(), |(group, _)| *group, 8_000);
        let mut went: BTreeMap<&str, usize> = BTreeMap::new();
        for (group, _) in &turns {
            *went.entry(group).or_default() += 1;
        }
        assert_eq!(went, [("a", 10), ("b", 10), ("busy", 7_970), ("c", 10)].into());
        assert_eq!(turns[..4], [("busy", 0), ("a", 0), ("b", 1), ("c", 2)]);
    }

    proptest! {
        #[test]
        fn the_nth_of_a_group_waits_for_n_of_each_other_group_at_most(
            groups in prop::collection::vec(0u8..5, 0..200), most in 0usize..250,
        ) {
            let due: Vec<(u8, usize)> = groups.iter().copied().zip(0..).collect();
            let turns = in_turn(due.clone(), |(group, _)| *group, most);
            prop_assert_eq!(turns.len(), most.min(due.len()));
            for group in 0..5 {
                let own: Vec<_> = turns.iter().filter(|(of, _)| *of == group).collect();
                prop_assert!(own.is_sorted_by_key(|(_, number)| *number));
                for (n, one) in (1..).zip(own) {
                    let place = turns.iter().position(|other| other == one).unwrap();
                    prop_assert!(place < n * 5);
                }
            }
        }
    }
}
