//! The summary of a marketplace: actions over time, and what needs the merchant.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use domain::time;
use jiff::civil::Time;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, Unit};
use operations::summary::{LONGEST, Period};
use runtime::clock;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::auth::Portal;
use crate::input::Params;
use crate::live::Seen;
use crate::problem::Problem;
use crate::routing::{Routes, routes};
use crate::state::Api;
use crate::views::actions::ActionView;
use crate::views::summary::SummaryView;

/// The length of the period if none is requested.
const USUAL: SignedDuration = SignedDuration::from_hours(7 * 24);

/// The period to summarize.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Query {
    /// Count only actions whose facts occurred at this time or later. Default: seven days before `until`. The period is
    /// 31 days at most.
    #[param(format = DateTime, value_type = Option<String>)]
    since: Option<Timestamp>,
    /// Count only actions whose facts occurred before this time. Default: the end of the current hour.
    #[param(format = DateTime, value_type = Option<String>)]
    until: Option<Timestamp>,
    /// When the viewer's day began, for `failed_today`. Default: midnight UTC.
    #[param(format = DateTime, value_type = Option<String>)]
    today: Option<Timestamp>,
}

impl Query {
    fn period(&self, now: Timestamp) -> Result<Period, Problem> {
        let next_hour = time::after(now, SignedDuration::from_hours(1));
        let until = self.until.unwrap_or_else(|| start_of_hour(next_hour));
        let since = self.since.unwrap_or_else(|| until.saturating_sub(USUAL).unwrap_or(until));
        if since >= until {
            return Err(Problem::invalid("since", "It must be before `until`."));
        }
        if until.duration_since(since) > LONGEST {
            return Err(Problem::invalid("since", "The period must be 31 days at most."));
        }
        Ok(Period { since, until, today: self.today.unwrap_or_else(|| start_of_day(now)) })
    }
}

fn start_of_hour(at: Timestamp) -> Timestamp {
    at.round(jiff::TimestampRound::new().smallest(Unit::Hour).mode(jiff::RoundMode::Trunc)).unwrap_or(at)
}

fn start_of_day(at: Timestamp) -> Timestamp {
    let midnight = at.to_zoned(TimeZone::UTC).with().time(Time::midnight()).build();
    midnight.map_or(at, |midnight| midnight.timestamp())
}

pub(super) fn routes<R: Routes>() -> R {
    R::new().routes(routes!(summary))
}

/// Summarize a period
///
/// Counts the actions of the period by status over time, and names what needs the merchant: accounts to reconnect with
/// what waits for them, rules with failures, actions that failed today, and paused calls. The counts are exact up to
/// 2,000 actions and 4,000 events. Actions in deleted accounts are counted. Tests of rules are not counted.
#[utoipa::path(
    get, path = "/v1/summary", tag = "summary", params(Query),
    responses(
        (status = 200, body = SummaryView),
        (status = 422, description = "The period is empty or too long"),
    )
)]
async fn summary(
    portal: Portal,
    State(api): State<Arc<Api>>,
    seen: Seen,
    Params(query): Params<Query>,
) -> Result<Response, Problem> {
    let now = clock::now();
    let period = query.period(now)?;
    let m = portal.marketplace();
    let summary = api.engine.console().summary(m, period, now).await?;
    let named = async |mut view: SummaryView| {
        ActionView::name(&api, m, &mut view.failed_today.actions).await?;
        Ok(view)
    };
    seen.or_named(SummaryView::of(&summary, period), named).await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn period(since: Option<&str>, until: Option<&str>) -> Result<Period, Problem> {
        let at = |text: Option<&str>| text.map(|text| text.parse::<Timestamp>().unwrap());
        let query = Query { since: at(since), until: at(until), today: None };
        query.period("2026-05-04T10:20:30Z".parse().unwrap())
    }

    #[test]
    fn the_usual_period_is_the_same_within_an_hour() {
        let usual = period(None, None).unwrap();
        assert_eq!(usual.until.to_string(), "2026-05-04T11:00:00Z");
        assert_eq!(usual.since.to_string(), "2026-04-27T11:00:00Z");
        assert_eq!(usual.today.to_string(), "2026-05-04T00:00:00Z");
    }

    #[test]
    fn a_period_is_neither_empty_nor_longer_than_31_days() {
        for (since, until, is_valid) in [
            ("2026-05-01T00:00:00Z", "2026-06-01T00:00:00Z", true),
            ("2026-05-01T00:00:00Z", "2026-06-01T00:00:01Z", false),
            ("2026-05-01T00:00:00Z", "2026-05-01T00:00:00Z", false),
            ("2026-05-02T00:00:00Z", "2026-05-01T00:00:00Z", false),
        ] {
            assert_eq!(period(Some(since), Some(until)).is_ok(), is_valid, "{since} {until}");
        }
    }
}
