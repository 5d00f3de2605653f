//! Reads an account's option lists. If a list fails, the others are still read.

use std::time::Duration;

use domain::options::OptionItem;
use domain::outcome::Setback;
use runtime::clock::Instant;

/// The result of one list.
pub(super) struct List<'a> {
    pub(super) key: &'a str,
    pub(super) pulled: Result<Vec<OptionItem>, Setback>,
}

/// Reads the lists one after another within `limit`. Each gets an equal share of the remaining time. If the app returns
/// a time to retry at, the remaining lists are not requested.
pub(super) async fn pull<'a>(
    label: &str,
    keys: impl IntoIterator<Item = &'a str>,
    limit: Duration,
    ask: impl AsyncFn(&str) -> Result<Vec<OptionItem>, Setback>,
) -> Vec<List<'a>> {
    let keys: Vec<&str> = keys.into_iter().collect();
    let (began, mut limited) = (Instant::now(), None);
    let mut lists = Vec::new();
    for (key, left) in keys.iter().zip((1..=u32::try_from(keys.len()).unwrap_or(u32::MAX)).rev()) {
        let pulled = if let Some(limited) = &limited {
            Err(Setback::clone(limited))
        } else {
            let share = limit.saturating_sub(began.elapsed()) / left;
            tokio::time::timeout(share, ask(key)).await.unwrap_or_else(|_| {
                let seconds = share.as_secs();
                Err(Setback::transient(format!("{label} took longer than {seconds} seconds; try again.")))
            })
        };
        if let Err(setback @ Setback::RateLimited { .. }) = &pulled {
            limited = Some(setback.clone());
        }
        lists.push(List { key, pulled });
    }
    lists
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use jiff::Timestamp;

    use super::*;

    async fn came_to(
        answer: impl Fn(&str) -> Option<Result<Vec<OptionItem>, Setback>>,
    ) -> (Vec<Result<usize, String>>, Vec<String>) {
        let asked = RefCell::new(Vec::new());
        let ask = async |key: &str| {
            asked.borrow_mut().push(key.to_owned());
            match answer(key) {
                Some(answer) => answer,
                None => std::future::pending().await,
            }
        };
        let lists = pull("Circle", ["spaces", "events", "tags"], Duration::from_millis(60), ask).await;
        let told = |setback| domain::connector_rpc::RpcError::from(setback).reason().message.clone();
        let came = lists.into_iter().map(|list| list.pulled.map(|items| items.len()).map_err(told)).collect();
        (came, asked.into_inner())
    }

    fn one() -> Vec<OptionItem> {
        vec![OptionItem::new("1", "One")]
    }

    #[tokio::test]
    async fn a_list_that_fails_or_hangs_stops_none_of_the_others() {
        let (came, _) = came_to(|key| match key {
            "spaces" => Some(Err(Setback::transient("Circle has a fault of its own (500)."))),
            "events" => None,
            _ => Some(Ok(one())),
        })
        .await;
        let failed = |message: &str| Err(message.to_owned());
        let late = failed("Circle took longer than 0 seconds; try again.");
        assert_eq!(came, [failed("Circle has a fault of its own (500)."), late, Ok(1)]);
    }

    #[tokio::test]
    async fn an_app_that_says_to_come_back_later_is_not_asked_for_the_lists_that_are_left() {
        let limited = || Setback::rate_limited(Timestamp::UNIX_EPOCH, "Later.");
        let (came, asked) =
            came_to(|key| if key == "spaces" { Some(Ok(one())) } else { Some(Err(limited())) }).await;
        assert_eq!(came, [Ok(1), Err("Later.".to_owned()), Err("Later.".to_owned())]);
        assert_eq!(asked, ["spaces", "events"]);
    }
}
