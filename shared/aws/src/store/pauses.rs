//! Apps that the operator has paused for all merchants: one item for each app, and a request to release its jobs.

use std::pin::pin;

use aws_sdk_dynamodb::types::AttributeValue::S;
use aws_sdk_dynamodb::types::{Delete, ReturnValue, Select, TransactWriteItem};
use domain::app::App;
use domain::log::{ConfigEntry, ConfigKind};
use domain::pause::{AppPause, KNOWN_FOR, Note};
use domain::time;
use futures::TryStreamExt;
use futures::future::try_join_all;
use jiff::Timestamp;

use super::fleet::BoundedCount;
use super::keys::{self, Key, SHARDS};
use super::requests::{Resume, STRAGGLERS, SweepRequest};
use super::transaction::Cancelled;
use super::{Index, Item, Store, StoreError, read, unavailable, write};

impl Store {
    /// The app's pause, if it is paused.
    pub async fn app_pause(&self, app: App) -> Result<Option<AppPause>, StoreError> {
        // The item has no TTL, so the time does not matter.
        let found = self.get(keys::app_pause(app), Timestamp::UNIX_EPOCH).await?;
        found.map(|item| read(item, "an app's pause")).transpose()
    }

    /// Pauses an app. If it is paused already, the time is kept and the note is replaced.
    pub async fn pause_app(&self, app: App, note: &Note, now: Timestamp) -> Result<AppPause, StoreError> {
        let Key { pk, sk } = keys::app_pause(app);
        let request = self
            .client
            .update_item()
            .table_name(&self.table)
            .key("pk", S(pk))
            .key("sk", S(sk))
            .update_expression("SET app = :app, #note = :note, #since = if_not_exists(#since, :now)")
            .expression_attribute_names("#note", "note")
            .expression_attribute_names("#since", "since")
            .expression_attribute_values(":app", S(app.key().to_owned()))
            .expression_attribute_values(":note", S(note.as_str().to_owned()))
            .expression_attribute_values(":now", S(now.to_string()))
            .return_values(ReturnValue::AllNew);
        let before = self.app_pause(app).await?.map(|pause| pause.excerpt());
        let answer = request.send().await.map_err(unavailable("UpdateItem of an app's pause"))?;
        let pause: AppPause = read(answer.attributes.unwrap_or_default(), "an app's pause")?;
        let entry = ConfigEntry::new(ConfigKind::App, app.key(), "Pause App", "App paused.".to_owned(), now);
        let entry = ConfigEntry { app: Some(app), ..entry }.change(before, Some(pause.excerpt()));
        self.log_config(None, &entry).await?;
        Ok(pause)
    }

    /// Ends an app's pause, and asks the sweeper to send the app's jobs. `false`: the app is not paused.
    pub async fn resume_app(&self, app: App, now: Timestamp) -> Result<bool, StoreError> {
        let before = self.app_pause(app).await?.map(|pause| pause.excerpt());
        let entry =
            ConfigEntry::new(ConfigKind::App, app.key(), "Resume App", "App resumed.".to_owned(), now);
        let entry = ConfigEntry { app: Some(app), ..entry }.change(before, None);
        let entry = self.config_entry(None, &entry)?;
        let Key { pk, sk } = keys::app_pause(app);
        let ended = Delete::builder()
            .table_name(&self.table)
            .key("pk", S(pk))
            .key("sk", S(sk))
            .condition_expression("attribute_exists(pk)")
            .build()
            .map_err(|source| StoreError::Unavailable {
                operation: "TransactWriteItems",
                source: Box::new(source),
            })?;
        let until = time::after(now, STRAGGLERS);
        // Not before every worker has read the change: a worker that has not would park the job again.
        let known = time::later(now, KNOWN_FOR);
        let asked = resume_item(Resume { app, until }, known)?;
        // One transaction: if the pause ended without the request, parked jobs would never be sent.
        let ended = TransactWriteItem::builder().delete(ended).build();
        match self.transact(vec![ended, self.put(asked), self.put(entry)]).await {
            Ok(()) => Ok(true),
            Err(Cancelled::Unmet(_)) => Ok(false),
            Err(Cancelled::Store(error)) => Err(error),
        }
    }

    /// The time of the oldest fact among the jobs that wait for the app's pause to end.
    pub async fn oldest_paused(&self, app: App) -> Result<Option<Timestamp>, StoreError> {
        let shards = (0..SHARDS).map(async |shard| pin!(self.paused(app, shard, 1)).try_next().await);
        let found = try_join_all(shards).await?.into_iter().flatten().flatten();
        let times = found.map(|parked| parked.map(|parked| parked.id.event.at));
        Ok(times.collect::<Result<Vec<_>, _>>()?.into_iter().min())
    }

    /// The number of jobs that wait for their app's pause to end: exact up to a page of each shard.
    pub async fn paused_count(&self, app: App) -> Result<BoundedCount, StoreError> {
        let shards = (0..SHARDS).map(async |shard| {
            let query = self.query_index(Index::Due, keys::paused(app, shard)).select(Select::Count);
            self.count_page(query).await
        });
        Ok(try_join_all(shards).await?.into_iter().sum())
    }
}

fn resume_item(resume: Resume, due: Timestamp) -> Result<Item, StoreError> {
    let mut item = write(keys::app_resume(resume.app), &resume)?;
    item.insert("due_pk".to_owned(), S(keys::REQUESTS.to_owned()));
    item.insert("due_sk".to_owned(), S(SweepRequest::Resume(resume).place(due)));
    Ok(item)
}
