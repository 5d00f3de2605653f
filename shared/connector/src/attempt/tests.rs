use std::time::Duration;

use jiff::Timestamp;

use super::*;

#[test]
fn a_call_ends_in_time_for_its_record_whichever_ends_first_the_function_or_the_lease() {
    let at = |seconds| Timestamp::from_second(seconds).unwrap();
    let left = |now, lease, deadline| {
        time_left(at(100), at(now), Duration::from_secs(lease), at(deadline)).map(|left| left.as_secs())
    };
    assert_eq!(left(100, 60, 130), Some(25), "the function ends first");
    assert_eq!(left(110, 60, 130), Some(15));
    assert_eq!(left(102, 10, 130), Some(6), "the lease ends first");
    assert_eq!((left(124, 60, 130), left(200, 60, 130), left(107, 10, 130)), (None, None, None));
}

#[test]
fn the_longer_the_table_fails_the_longer_a_job_waits() {
    let waits: Vec<_> = [1, 2, 3, 9, u32::MAX].map(|receives| table_wait(receives).as_secs()).into();
    assert_eq!(waits, [5, 10, 20, 900, 900]);
}
