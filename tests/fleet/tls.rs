//! Redis over our own TLS.

use tls12::ClientConfig;
use tls12::io::redis::{Fleet, FleetError};

use crate::redis_server::RedisServer;
use crate::support::pki::{PKI, Pinned};
use crate::{By, PATIENT, connect, keys, new_session, server, start, wait_for, wait_until};

#[test]
fn a_fleet_shares_over_tls() {
    let Some(redis) = RedisServer::start_with_tls() else { return };
    let trusting = ClientConfig::builder(Pinned::server()).build().unwrap();
    let fleet = || start(Fleet::builder(redis.tls_url(), keys()).tls(trusting.clone()).time_limit(PATIENT));
    let (one, other) = (fleet(), fleet());
    for by in [By::Id, By::Ticket] {
        let session = new_session(by, &server(&one));
        wait_until("the session is kept", || by == By::Ticket || one.counters().kept > 0);
        connect(by, &server(&other), Some(&session), true);
    }
    assert!(one.counters().kept > 0 && one.counters().unreachable == 0);

    // One that is not trusted is told nothing.
    let strict = ClientConfig::builder(std::sync::Arc::new(Pinned(PKI.root.clone()))).build().unwrap();
    let fleet = start(Fleet::builder(redis.tls_url(), keys()).tls(strict).time_limit(PATIENT));
    assert_eq!((fleet.counters().unreachable, fleet.counters().ticket_generation), (1, 0));
}

#[test]
fn the_url_and_the_configuration_must_agree() {
    let config = ClientConfig::builder(Pinned::server()).build().unwrap();
    let error = wait_for(Fleet::builder("rediss://127.0.0.1", keys()).start()).unwrap_err();
    assert!(matches!(&error, FleetError::Url(why) if why.contains("FleetBuilder::tls")), "{error}");
    let error = wait_for(Fleet::builder("redis://127.0.0.1", keys()).tls(config).start()).unwrap_err();
    assert!(matches!(error, FleetError::Setting(why) if why.contains("rediss://")), "{error}");
}
