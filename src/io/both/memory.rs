//! The hosts that needed a fallback, remembered so that the next connection uses the right stack at once.

use core::num::NonZeroUsize;
use core::time::Duration;
use lru::LruCache;
use rustls_pki_types::ServerName;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// The maximum number of remembered hosts: one with a name of 255 bytes takes about 400 bytes, so this is less than half a
/// MiB. A client's sessions are limited to fewer.
const MAX_HOSTS: NonZeroUsize = NonZeroUsize::new(1024).unwrap();

/// How long a host is remembered: as long as an HTTP client remembers where else a host can be reached (RFC 7838 §3.1).
pub(super) const REMEMBERED: Duration = Duration::from_secs(24 * 60 * 60);

/// A server: its name or address, and its port.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Host {
    pub(super) name: ServerName<'static>,
    pub(super) port: u16,
}

/// The hosts that needed a fallback, each with the time until which it is remembered, or `None` without a limit.
#[derive(Debug)]
pub(super) struct Memory(Mutex<LruCache<Host, Option<Instant>>>);

impl Default for Memory {
    fn default() -> Self {
        Self(Mutex::new(LruCache::new(MAX_HOSTS)))
    }
}

impl Memory {
    /// Whether this host is remembered.
    pub(super) fn contains(&self, host: &Host, now: Instant) -> bool {
        let mut hosts = self.lock();
        let Some(until) = hosts.get(host) else { return false };
        let is_over = until.is_some_and(|until| until <= now);
        if is_over {
            hosts.pop(host);
        }
        !is_over
    }

    /// Remembers this host until `until`, or, with `None`, until it must make room, unless it is already remembered.
    pub(super) fn remember(&self, host: &Host, until: Option<Instant>) {
        self.lock().get_or_insert(host.clone(), || until);
    }

    pub(super) fn forget(&self, host: &Host) {
        self.lock().pop(host);
    }

    /// Nothing panics while the lock is held.
    fn lock(&self) -> MutexGuard<'_, LruCache<Host, Option<Instant>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;

    fn host(number: usize) -> Host {
        Host { name: ServerName::try_from(format!("h{number}.example")).unwrap(), port: 443 }
    }

    #[test]
    fn a_host_is_remembered_for_its_time_only_and_apart_from_other_ports() {
        let (memory, start) = (Memory::default(), Instant::now());
        let until = start + Duration::from_secs(10);
        memory.remember(&host(1), Some(until));
        // A later use does not prolong it.
        memory.remember(&host(1), Some(until + Duration::from_secs(10)));
        memory.remember(&host(1), None);
        assert!(memory.contains(&host(1), until - Duration::from_secs(1)));
        assert!(!memory.contains(&Host { port: 444, ..host(1) }, start));
        assert!(!memory.contains(&host(1), until));
        assert!(!memory.contains(&host(1), start), "it was not forgotten");
    }

    #[test]
    fn the_hosts_are_bounded_and_the_least_recently_used_goes_first() {
        let (memory, start) = (Memory::default(), Instant::now());
        let until = start + REMEMBERED;
        for number in 0..MAX_HOSTS.get() {
            memory.remember(&host(number), Some(until));
        }
        assert!(memory.contains(&host(0), start));
        memory.remember(&host(MAX_HOSTS.get()), None);
        assert!(memory.contains(&host(0), start) && !memory.contains(&host(1), start));
        memory.forget(&host(0));
        assert!(!memory.contains(&host(0), start));
    }
}
