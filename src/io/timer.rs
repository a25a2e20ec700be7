//! A clock for the adapters that have no runtime to ask.

use core::future::pending;
use core::time::Duration;
use futures_timer::Delay;
use std::time::Instant;

/// Ends after `time`; never, if that is beyond what the clock counts.
pub(super) async fn sleep(time: Duration) {
    match Instant::now().checked_add(time) {
        Some(_) => Delay::new(time).await,
        None => pending().await,
    }
}
