//! Recordings that are too long, that cannot be written, or that contain two connections.

use std::io;

use crate::support::kept::{Kept, Secrets};
use crate::support::pair::{End, Pair};
use crate::support::pki::{PKI, Pinned, SERVER_NAME, now};
use crate::{Recorded, replay, replay_whole};
use tls12::crypto::ring;
use tls12::replay::{Ending, Recorder, RecorderStatus};
use tls12::{ClientConfig, ServerConfig};

fn client() -> ClientConfig {
    (*ClientConfig::builder(Pinned::server()).build().unwrap()).clone()
}

fn server() -> ServerConfig {
    (*ServerConfig::builder(PKI.credential(&*ring::provider())).build().unwrap()).clone()
}

/// The connection goes on; the recording ends, and says so.
#[test]
fn a_recording_ends_at_its_limit() {
    let kept = Kept::default();
    let recorder = Recorder::new(kept.clone());
    let end = End::client(recorder.client(&client()), SERVER_NAME, None, now());
    let mut pair = Pair::of(end, End::server(server().into(), now()));
    pair.run();
    // Each byte takes two, and is recorded twice: sealed, and sent.
    for _ in 0..5 {
        pair.exchange_data(1 << 20);
    }
    assert!(matches!(recorder.status(), RecorderStatus::Full), "{:?}", recorder.status());
    let text = kept.text();
    assert!(text.len() <= Recorder::MAX_LEN && text.len() > Recorder::MAX_LEN / 2, "{}", text.len());
    let replayed = replay(&text);
    assert_eq!(replayed.difference, None);
    assert!(matches!(&replayed.ending, Ending::Stopped(why) if why.contains("limit")), "{:?}", replayed.ending);
}

/// Writes some bytes, and then no more.
struct Failing(Kept, usize);

impl io::Write for Failing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.1 == 0 {
            return Err(io::Error::other("the disk is full"));
        }
        let now = bytes.len().min(self.1);
        self.1 -= now;
        self.0.write(&bytes[..now])
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The connection goes on; the status tells why.
#[test]
fn a_file_that_cannot_be_written_does_not_end_the_connection() {
    for room in [0, 10, 5000] {
        let kept = Kept::default();
        let recorder = Recorder::new(Failing(kept.clone(), room));
        assert!(matches!(recorder.status(), RecorderStatus::Unused));
        let end = End::client(recorder.client(&client()), SERVER_NAME, None, now());
        let mut pair = Pair::of(end, End::server(server().into(), now()));
        pair.run();
        pair.assert_connected();
        pair.exchange_data(1000);
        let status = recorder.status().to_string();
        assert!(status.contains("could not be written: the disk is full"), "{status}");
        assert_eq!(kept.text().len(), room);
    }
}

/// Only the first connection with a configuration is recorded, also if both run at once.
#[test]
fn the_second_connection_is_not_recorded() {
    let kept = Kept::default();
    let recorder = Recorder::new(kept.clone());
    let recorded = recorder.client(&client());
    let server = std::sync::Arc::new(server());
    let pair = || Pair::of(End::client(recorded.clone(), SERVER_NAME, None, now()), End::server(server.clone(), now()));
    let (mut first, mut second) = (pair(), pair());
    second.run();
    first.run();
    assert!(matches!(recorder.status(), RecorderStatus::Recording));
    second.exchange_data(10);
    first.exchange_data(20);
    drop((first, second));
    assert!(matches!(recorder.status(), RecorderStatus::Complete));
    let text = kept.text();
    assert!(text.contains("data 20\n") && !text.contains("data 10\n"), "{text}");
    replay_whole(&text);
}

/// After a split, the halves go on, and the recording is complete.
#[test]
fn a_split_ends_the_recording() {
    let mut recorded = Recorded::new(Secrets::Withheld, &client(), &server(), None);
    recorded.pair.run();
    let Recorded { pair, kept } = recorded;
    let Ok((_, mut sender)) = pair.client.connection.split() else { panic!("it cannot be split") };
    let mut out = Vec::new();
    sender.seal(b"data", &mut out).unwrap();
    let text = kept[0].text();
    let replayed = replay_whole(&text);
    assert!(matches!(&replayed.ending, Ending::Stopped(why) if why.contains("split")), "{:?}", replayed.ending);
}

/// A file for its owner only.
#[cfg(unix)]
#[test]
fn a_file_is_for_its_owner() {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("recording.tls12");
    let recorder = Recorder::create(&path).unwrap();
    let end = End::client(recorder.client(&client()), SERVER_NAME, None, now());
    drop(end);
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    replay(&std::fs::read_to_string(&path).unwrap());
}
