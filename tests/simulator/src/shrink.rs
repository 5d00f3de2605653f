//! Finds the shortest history that still breaks an invariant.

/// Removes parts of `steps`, first halves and last single steps, as long as `fails` returns true for the rest.
pub fn shortest<T: Clone>(steps: &[T], mut fails: impl FnMut(&[T]) -> bool) -> Vec<T> {
    let mut kept = steps.to_vec();
    let mut size = kept.len().div_ceil(2);
    while size > 0 {
        let (mut at, before) = (0, kept.len());
        while at < kept.len() {
            let end = (at + size).min(kept.len());
            let without: Vec<T> = kept[..at].iter().chain(&kept[end..]).cloned().collect();
            if fails(&without) {
                kept = without;
            } else {
                at = end;
            }
        }
        // After the last pass that removed nothing, every step is needed.
        size = if size == 1 && kept.len() < before { 1 } else { size / 2 };
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_needed_steps_stay_in_their_order() {
        let steps: Vec<u32> = (0..100).collect();
        let needed = [3, 50, 51, 99];
        let mut tries = 0;
        let found = shortest(&steps, |steps| {
            tries += 1;
            needed.iter().all(|step| steps.contains(step))
        });
        assert_eq!(found, needed);
        assert!(tries < 200, "{tries}");
    }
}
