//! A session that cannot be resumed says which rule forbids it.

use super::*;
use crate::support::forge::ext;
use crate::support::hello::vector;
use tls12::{Agreement, Need, NotResumable};

/// What client and server know of a connection.
fn connected(
    client: ClientConfigBuilder,
    server: ServerConfigBuilder,
    answer: Option<fn(Need) -> tls12::Answer>,
) -> [Option<NotResumable>; 2] {
    let mut pair = Pair::new(client.build().unwrap(), server.build().unwrap());
    pair.server.answer = answer;
    pair.run();
    pair.assert_connected();
    let known = [&pair.client, &pair.server].map(|end| end.info().not_resumable());
    assert_eq!(
        known[0].is_none(),
        !pair.client.sessions.is_empty(),
        "a session is given out exactly if it can be resumed"
    );
    known
}

/// RFC 7627 §5.3; RFC 5246 §7.4.1.3 and RFC 5077 §3.2, by which a server need not make its sessions resumable.
#[test]
fn both_sides_know_why_a_session_cannot_be_resumed() {
    assert_eq!(connected(client(), server(), None), [None, None]);
    let never = || Policy::default().extended_master_secret(Agreement::Never);
    let without = [Some(NotResumable::NoExtendedMasterSecret); 2];
    assert_eq!(connected(client().policy(never()), server(), None), without);
    assert_eq!(connected(client(), server().policy(never()), None), without);
    let off = server().no_tickets().no_session_store();
    assert_eq!(connected(client(), off, None), [Some(NotResumable::NotOffered); 2]);
    // RFC 5077 §3.3: an empty ticket.
    let answer: fn(Need) -> tls12::Answer = |need| match need {
        Need::SealTicket(request) => request.sealed(None),
        other => panic!("{other:?}"),
    };
    let later = server().tickets_later();
    assert_eq!(connected(client(), later, Some(answer)), [Some(NotResumable::EmptyTicket); 2]);
    let texts = [NotResumable::NoExtendedMasterSecret, NotResumable::NotOffered, NotResumable::EmptyTicket]
        .map(|why| why.to_string());
    for (text, clause) in texts.iter().zip(["RFC 7627 §5.3", "RFC 5077 §3.2", "RFC 5077 §3.3"]) {
        assert!(text.contains(clause), "{text}");
    }
}

/// As long as is kept, and longer.
#[test]
fn a_ticket_that_is_too_long_is_not_kept() {
    for (len, expected) in
        [(1 << 15, None), ((1 << 15) + 1, Some(NotResumable::TicketTooLong)), (0, Some(NotResumable::EmptyTicket))]
    {
        let mut forge = Forge::server(&client().build().unwrap(), suite(ECDHE_GCM));
        forge.hello.set(ext::SESSION_TICKET, &[]);
        forge.up_to(Step::ChangeCipherSpec);
        forge.say(&message(typ::NEW_SESSION_TICKET, &[&[0; 4][..], &vector(2, &vec![7; len])].concat())).unwrap();
        forge.finish_from(Step::ChangeCipherSpec);
        assert_eq!(forge.target.info().not_resumable(), expected);
        assert_eq!(forge.target.sessions.len(), usize::from(expected.is_none()));
    }
    let text = NotResumable::TicketTooLong.to_string();
    assert_eq!(text, "the ticket is too long to be offered in a ClientHello");
}
