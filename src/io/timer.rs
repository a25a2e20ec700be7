//! A timer for the adapters without a runtime.

use core::future::pending;
use core::time::Duration;
use futures_timer::Delay;
use std::time::Instant;

/// Completes after `time`, or never if that exceeds the clock's range.
pub(super) async fn sleep(time: Duration) {
    match Instant::now().checked_add(time) {
        Some(_) => Delay::new(time).await,
        None => pending().await,
    }
}
