//! One queue.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::aws::chance::Circumstances;

/// From this number of messages in flight on, SQS serves groups with few of them first.
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-fair-queues.html>
const CROWDED: usize = 30;

/// The settings of a queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueSettings {
    /// How long a received message is hidden.
    pub visibility: Duration,
    /// How long a message is kept.
    pub retention: Duration,
    /// The dead-letter queue's name, and how often a message is received before it goes there.
    pub dead_letters: Option<(String, u32)>,
}

impl Default for QueueSettings {
    /// The defaults of SQS.
    fn default() -> Self {
        Self { visibility: Duration::from_secs(30), retention: Duration::from_hours(96), dead_letters: None }
    }
}

/// The state of a queue: the bodies of its messages, oldest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct QueueState {
    /// Messages that can be received now.
    pub visible: Vec<String>,
    /// Messages that can be received for the first time later.
    pub delayed: Vec<String>,
    /// Messages that were received, and not deleted.
    pub in_flight: Vec<String>,
}

impl QueueState {
    /// Whether the queue has no message.
    pub fn is_empty(&self) -> bool {
        self.visible.is_empty() && self.delayed.is_empty() && self.in_flight.is_empty()
    }
}

/// A message's attribute.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(in crate::aws) struct Attribute {
    pub(in crate::aws) data_type: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::aws) string_value: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::aws) binary_value: Option<String>,
}

/// A message to send.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::aws) struct NewMessage {
    pub(in crate::aws) body: String,
    pub(in crate::aws) group: Option<String>,
    pub(in crate::aws) attributes: BTreeMap<String, Attribute>,
}

/// A message that was received.
#[derive(Debug, Clone)]
pub(in crate::aws) struct Received {
    pub(in crate::aws) id: String,
    pub(in crate::aws) receipt: String,
    pub(in crate::aws) content: NewMessage,
    pub(in crate::aws) sent: Timestamp,
    /// When it was first received.
    pub(in crate::aws) since: Timestamp,
    pub(in crate::aws) count: u32,
}

/// A message of the queue.
#[derive(Debug, Clone)]
pub(super) struct Message {
    id: String,
    content: NewMessage,
    sent: Timestamp,
    first_received: Option<Timestamp>,
    count: u32,
    visible: Timestamp,
    in_flight: bool,
}

/// Why a message's receipt cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BadReceipt {
    /// It is no receipt of this queue.
    Unknown,
    /// The message is not in flight.
    NotInFlight,
}

#[derive(Debug)]
pub(in crate::aws) struct Queue {
    pub(super) settings: QueueSettings,
    /// In the order in which they were sent.
    messages: BTreeMap<u64, Message>,
    next: u64,
    /// Messages that become visible, by time.
    hidden: BTreeSet<(Timestamp, u64)>,
    /// Messages that are visible, by group.
    ready: BTreeMap<Option<String>, BTreeSet<u64>>,
    /// Messages in flight, by group.
    in_flight: BTreeMap<Option<String>, usize>,
    crowd: usize,
}

impl Queue {
    pub(super) fn new(settings: QueueSettings) -> Self {
        Self {
            settings,
            messages: BTreeMap::new(),
            next: 0,
            hidden: BTreeSet::new(),
            ready: BTreeMap::new(),
            in_flight: BTreeMap::new(),
            crowd: 0,
        }
    }

    /// Adds a message; returns its id.
    pub(super) fn send(
        &mut self,
        content: NewMessage,
        delay: Duration,
        with: &mut Circumstances<'_>,
    ) -> String {
        let id = with.chance.id();
        let late = if with.chance.happens(with.faults.late_messages) {
            with.chance.within(with.faults.reordering)
        } else {
            Duration::ZERO
        };
        let message = Message {
            id: id.clone(),
            content,
            sent: with.now,
            first_received: None,
            count: 0,
            visible: after(with.now, delay + late),
            in_flight: false,
        };
        self.add(message);
        id
    }

    fn add(&mut self, message: Message) {
        self.hidden.insert((message.visible, self.next));
        self.messages.insert(self.next, message);
        self.next += 1;
    }

    /// A message that comes from the queue whose dead letters this one keeps. Its age and its count continue.
    pub(super) fn take_over(&mut self, message: Message, now: Timestamp) {
        self.add(Message { visible: now, in_flight: false, ..message });
    }

    /// Makes messages visible whose time has come.
    fn settle(&mut self, now: Timestamp) {
        while self.hidden.first().is_some_and(|(visible, _)| *visible <= now)
            && let Some((_, number)) = self.hidden.pop_first()
        {
            if let Some(message) = self.messages.get_mut(&number) {
                let group = message.content.group.clone();
                if std::mem::take(&mut message.in_flight) {
                    self.landed(number);
                }
                self.ready.entry(group).or_default().insert(number);
            }
        }
        while let Some((number, oldest)) = self.messages.first_key_value()
            && after(oldest.sent, self.settings.retention) <= now
        {
            let number = *number;
            self.remove(number);
        }
    }

    fn landed(&mut self, number: u64) {
        let Some(message) = self.messages.get(&number) else { return };
        let group = &message.content.group;
        if let Some(count) = self.in_flight.get_mut(group) {
            *count -= 1;
            self.crowd -= 1;
            if *count == 0 {
                self.in_flight.remove(group);
            }
        }
    }

    fn remove(&mut self, number: u64) -> Option<Message> {
        if self.messages.get(&number)?.in_flight {
            self.landed(number);
        }
        let message = self.messages.remove(&number)?;
        self.hidden.remove(&(message.visible, number));
        let group = &message.content.group;
        if let Some(ready) = self.ready.get_mut(group) {
            ready.remove(&number);
            if ready.is_empty() {
                self.ready.remove(group);
            }
        }
        Some(message)
    }

    /// When the next message can be received.
    pub(in crate::aws) fn next_visible(&self, now: Timestamp) -> Option<Timestamp> {
        if !self.ready.is_empty() {
            return Some(now);
        }
        self.hidden.first().map(|(visible, _)| *visible)
    }

    /// How many messages can be received now.
    pub(in crate::aws) fn visible(&mut self, now: Timestamp) -> usize {
        self.counts(now)[0]
    }

    /// Receives messages; returns beside them those that were received too often.
    pub(super) fn receive(
        &mut self,
        most: usize,
        visibility: Option<Duration>,
        with: &mut Circumstances<'_>,
    ) -> (Vec<Received>, Vec<Message>) {
        self.settle(with.now);
        let (mut received, mut dead) = (Vec::new(), Vec::new());
        while received.len() < most {
            let Some(number) = self.pick(with) else { break };
            let limit = self.settings.dead_letters.as_ref().map(|(_, limit)| *limit);
            if limit
                .is_some_and(|limit| self.messages.get(&number).is_some_and(|message| message.count >= limit))
            {
                dead.extend(self.remove(number));
                continue;
            }
            let hidden = visibility.unwrap_or(self.settings.visibility);
            received.extend(self.hand_out(number, hidden, with));
        }
        (received, dead)
    }

    /// The next message to receive.
    fn pick(&self, with: &mut Circumstances<'_>) -> Option<u64> {
        let oldest = |ready: &BTreeSet<u64>| ready.first().copied();
        if self.crowd >= CROWDED {
            let flying = |group: &Option<String>| self.in_flight.get(group).copied().unwrap_or(0);
            let quietest = self.ready.iter().min_by_key(|(group, ready)| (flying(group), oldest(ready)))?;
            return oldest(quietest.1);
        }
        if with.faults.late_messages > 0.0 {
            let group = with.chance.below(self.ready.len());
            let ready = self.ready.values().nth(group)?;
            return ready.iter().nth(with.chance.below(ready.len().min(20))).copied();
        }
        self.ready.values().filter_map(oldest).min()
    }

    fn hand_out(&mut self, number: u64, hidden: Duration, with: &mut Circumstances<'_>) -> Option<Received> {
        let group = self.messages.get(&number)?.content.group.clone();
        if let Some(ready) = self.ready.get_mut(&group) {
            ready.remove(&number);
            if ready.is_empty() {
                self.ready.remove(&group);
            }
        }
        let message = self.messages.get_mut(&number)?;
        message.count += 1;
        message.first_received.get_or_insert(with.now);
        message.visible = after(with.now, hidden);
        message.in_flight = true;
        let received = Received {
            id: message.id.clone(),
            receipt: format!("{number}-{}-{}", message.count, message.id),
            content: message.content.clone(),
            sent: message.sent,
            since: message.first_received.unwrap_or(with.now),
            count: message.count,
        };
        // A server that missed the receive delivers its copy of the message, even after the deletion.
        let copy = with.chance.happens(with.faults.duplicates).then(|| Message {
            visible: after(with.now, with.chance.within(hidden)),
            in_flight: false,
            ..message.clone()
        });
        self.hidden.insert((message.visible, number));
        *self.in_flight.entry(group).or_default() += 1;
        self.crowd += 1;
        if let Some(copy) = copy {
            self.add(copy);
        }
        Some(received)
    }

    /// The message of a receipt, if the receipt is the latest one.
    fn number(&self, receipt: &str) -> Result<Option<u64>, BadReceipt> {
        let mut parts = receipt.splitn(3, '-');
        let number = parts.next().and_then(|number| number.parse().ok()).ok_or(BadReceipt::Unknown)?;
        let count: u32 = parts.next().and_then(|count| count.parse().ok()).ok_or(BadReceipt::Unknown)?;
        let id = parts.next().ok_or(BadReceipt::Unknown)?;
        let is = |message: &Message| message.count == count && message.id == id;
        Ok(self.messages.get(&number).is_some_and(is).then_some(number))
    }

    /// Deletes a message. An old receipt deletes nothing, and neither is that an error.
    pub(in crate::aws) fn delete(&mut self, receipt: &str) -> bool {
        match self.number(receipt) {
            Ok(number) => {
                number.map(|number| self.remove(number));
                true
            }
            Err(_) => false,
        }
    }

    /// Makes a message visible after this time.
    pub(super) fn change_visibility(
        &mut self,
        receipt: &str,
        visibility: Duration,
        now: Timestamp,
    ) -> Result<(), BadReceipt> {
        self.settle(now);
        let number = self.number(receipt)?.ok_or(BadReceipt::NotInFlight)?;
        let message = self.messages.get_mut(&number).filter(|message| message.in_flight);
        let message = message.ok_or(BadReceipt::NotInFlight)?;
        let before = std::mem::replace(&mut message.visible, after(now, visibility));
        self.hidden.remove(&(before, number));
        self.hidden.insert((message.visible, number));
        Ok(())
    }

    pub(super) fn state(&mut self, now: Timestamp) -> QueueState {
        self.settle(now);
        let mut state = QueueState::default();
        for message in self.messages.values() {
            let place = if message.in_flight {
                &mut state.in_flight
            } else if message.visible > now {
                &mut state.delayed
            } else {
                &mut state.visible
            };
            place.push(message.content.body.clone());
        }
        state
    }

    /// The numbers of visible, hidden and delayed messages.
    pub(super) fn counts(&mut self, now: Timestamp) -> [usize; 3] {
        self.settle(now);
        let visible = self.ready.values().map(BTreeSet::len).sum();
        [visible, self.crowd, self.hidden.len() - self.crowd]
    }
}

fn after(time: Timestamp, delay: Duration) -> Timestamp {
    time.checked_add(delay).unwrap_or(Timestamp::MAX)
}
