//! The connections of a scan, with limits on their number, their duration, and how many are open at once.

use std::io::{self, Read, Write};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tls12::wire::{Alert, AlertLevel, ContentType, RecordHeader};
use tls12::{AlertDescription, crypto::ring};

use super::flight::{self, Answer};
use super::hello::Hello;

/// The most connections that a scan makes. A server with 60 suites, 12 groups and 20 schemes needs 120.
const MAX_CONNECTIONS: usize = 250;

/// How many are open at once: enough to hide the round-trip time, and few enough for small devices.
const AT_ONCE: usize = 4;

/// The maximum duration of a scan.
const TOTAL_TIME: Duration = Duration::from_secs(120);

/// A connection on which TLS can begin.
pub trait Link: Read + Write + Send {}
impl<T: Read + Write + Send> Link for T {}

/// Connects to the server.
pub type Connect<'a> = dyn Fn() -> Result<Box<dyn Link>, String> + Sync + 'a;

/// Makes the connections of a scan, and counts them.
pub struct Dialer<'a> {
    connect: &'a Connect<'a>,
    end: Instant,
    count: Mutex<Count>,
    freed: Condvar,
}

#[derive(Default)]
struct Count {
    made: usize,
    open: usize,
    unanswered: usize,
}

/// The right to open a connection.
struct Place<'d, 'a>(&'d Dialer<'a>);

impl Drop for Place<'_, '_> {
    fn drop(&mut self) {
        self.0.count().open -= 1;
        self.0.freed.notify_one();
    }
}

impl<'a> Dialer<'a> {
    pub fn new(connect: &'a Connect<'a>) -> Self {
        Self::within(TOTAL_TIME, connect)
    }

    /// Creates one that opens no connection after this time.
    fn within(time: Duration, connect: &'a Connect<'a>) -> Self {
        Self { connect, end: Instant::now() + time, count: Mutex::default(), freed: Condvar::new() }
    }

    /// Returns how many connections were made.
    pub fn made(&self) -> usize {
        self.count().made
    }

    /// Returns how many probes were not answered.
    pub fn unanswered(&self) -> usize {
        self.count().unanswered
    }

    /// Opens a connection, and passes it to `act`.
    ///
    /// # Errors
    /// If no connection could be opened, or a limit was reached.
    pub fn with<R>(&self, act: impl FnOnce(Box<dyn Link>) -> R) -> Result<R, String> {
        let _place = self.place()?;
        (self.connect)().map(act)
    }

    /// Sends a ClientHello, and reads the answer.
    pub fn ask(&self, hello: &Hello) -> Answer {
        let answer = self.with(|mut link| ask(&mut link, hello)).unwrap_or_else(Answer::NotAsked);
        if matches!(answer, Answer::Silent | Answer::NotAsked(_)) {
            self.count().unanswered += 1;
        }
        answer
    }

    fn place(&self) -> Result<Place<'_, 'a>, String> {
        let full = |count: &mut Count| count.open >= AT_ONCE;
        let mut count = self.freed.wait_while(self.count(), full).unwrap_or_else(PoisonError::into_inner);
        if count.made >= MAX_CONNECTIONS || Instant::now() >= self.end {
            return Err("the scan has reached its limit of connections or of time".to_owned());
        }
        count.made += 1;
        count.open += 1;
        Ok(Place(self))
    }

    fn count(&self) -> MutexGuard<'_, Count> {
        self.count.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn ask(link: &mut Box<dyn Link>, hello: &Hello) -> Answer {
    let mut random = [0; 32];
    if ring::provider().random().fill(&mut random).is_err() {
        return Answer::NotAsked("the random source of this machine failed".to_owned());
    }
    let sent = link.write_all(&hello.records(&random)).and_then(|()| link.flush());
    // A server that has closed may have sent the reason first.
    let answer = flight::read(link);
    if let Answer::Hello(_) = answer {
        let _ = leave(link);
    }
    match (sent, answer) {
        (Err(error), Answer::NotAsked(_)) => Answer::NotAsked(error.to_string()),
        (_, answer) => answer,
    }
}

/// Tells the server that nothing follows (RFC 5246 §7.2.1).
fn leave(link: &mut Box<dyn Link>) -> io::Result<()> {
    let alert = Alert { level: AlertLevel::Warning, description: AlertDescription::CloseNotify };
    link.write_all(&[&RecordHeader::to_bytes(ContentType::ALERT, 2)[..], &alert.to_bytes()].concat())?;
    link.flush()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::thread;

    /// Connections that were opened before have time limits of their own.
    #[test]
    fn no_connection_is_made_when_the_time_is_over() {
        let connect = || -> Result<Box<dyn Link>, String> { Ok(Box::new(io::empty())) };
        let time = Duration::from_millis(200);
        let dialer = Dialer::within(time, &connect);
        let mut done = 0;
        let outcome = loop {
            match dialer.with(|_| thread::sleep(time / 4)) {
                Ok(()) => done += 1,
                Err(why) => break why,
            }
        };
        assert!(outcome.contains("reached its limit of connections or of time"), "{outcome}");
        // The second cannot begin before the first has taken a quarter of the time, and so on; under load there are fewer.
        assert!((0..=4).contains(&done) && dialer.made() == done, "{}", done);
        let dialer = Dialer::within(Duration::ZERO, &connect);
        assert!(dialer.with(|_| ()).is_err());
        assert_eq!(dialer.made(), 0);
    }
}
