//! Handshakes and failures are counted once each, on either side.

use std::sync::Arc;

use tls12::{Connection, HandshakeCounter, HandshakeCounts, UnixTime};

use crate::support::pair::{End, Pair};
use crate::support::pki::{PKI, Pinned};
use crate::{client, name, server};

/// The failures of a kind, as they are counted.
fn failures(counts: &HandshakeCounts) -> Vec<(&'static str, String, u64)> {
    counts.failed.iter().map(|(kind, count)| (kind.side, kind.cause.clone(), *count)).collect()
}

#[test]
fn handshakes_are_counted_by_how_they_went() {
    let counters = [Arc::new(HandshakeCounter::default()), Arc::new(HandshakeCounter::default())];
    let client = client().counter(Arc::clone(&counters[0])).build().unwrap();
    let server = server().counter(Arc::clone(&counters[1])).build().unwrap();
    let connect = |client: &Arc<tls12::ClientConfig>| {
        let (now, mut hello) = (UnixTime::now(), Vec::new());
        let connection = Connection::client_with_store(Arc::clone(client), name(), None, now, &mut hello).unwrap();
        let mut pair = Pair::of(End::new(connection, hello), End::server(Arc::clone(&server), now));
        pair.run();
        pair
    };
    let suite = connect(&client).client.info().suite().name;
    connect(&client);
    let mut last = connect(&client);
    for counter in &counters {
        let counts = counter.counts();
        assert_eq!(counts.full.into_iter().collect::<Vec<_>>(), [(suite, 1)]);
        assert_eq!(counts.resumed.into_iter().collect::<Vec<_>>(), [(suite, 2)]);
        assert!(counts.failed.is_empty() && counts.broken.is_empty());
    }

    // Both sides know of one that fails, each by its own reason.
    let counting = Arc::new(HandshakeCounter::default());
    let strict = tls12::ClientConfig::builder(Arc::new(Pinned(PKI.root.clone()))).counter(Arc::clone(&counting));
    connect(&strict.build().unwrap());
    assert_eq!(failures(&counting.counts()), [("Peer", "Certificate".to_owned(), 1)]);
    assert_eq!(failures(&counters[1].counts()), [("Peer", "Alert".to_owned(), 1)]);

    // One that was established is not among them.
    last.client.connection.end_of_input().unwrap_err();
    let counts = counters[0].counts();
    let broken: Vec<_> = counts.broken.iter().map(|(kind, count)| (kind.side, &*kind.cause, *count)).collect();
    assert_eq!((broken, failures(&counts)), (vec![("Transport", "Truncated", 1)], vec![]));
}

/// A connection whose configuration is chosen by the ClientHello.
#[test]
fn a_server_that_chooses_its_configuration_counts() {
    let counter = Arc::new(HandshakeCounter::default());
    let server = server().counter(Arc::clone(&counter)).build().unwrap();
    let (now, mut hello) = (UnixTime::now(), Vec::new());
    let connection = Connection::client(client().build().unwrap(), name(), now, &mut hello).unwrap();
    let mut pair = Pair::of(End::new(connection, hello), End::new(Connection::accept(now), Vec::new()));
    pair.run_deciding(|need| match need {
        tls12::Need::SelectConfig(request) => request.selected(Arc::clone(&server)),
        other => panic!("{other:?}"),
    });
    assert_eq!(counter.counts().full.values().sum::<u64>(), 1);
}
