//! Drives a connection by bytes, and holds it to its contract.

use tls12::crypto::DecryptedPremaster;
use tls12::{Answer, Connection, Error, Event, Need};

/// What came of some input: the same, however it is cut, and whoever answers.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// All that must be sent.
    pub out: Vec<u8>,
    /// All data, of all records.
    pub data: Vec<u8>,
    /// The events but those for data and those that only ask for something.
    pub events: Vec<String>,
    /// How it ended, if it did.
    pub error: Option<Error>,
}

/// Gives `connection` the pieces of input one by one.
pub fn drive<'a>(mut connection: Connection, pieces: impl Iterator<Item = &'a [u8]>) -> Outcome {
    let mut outcome = Outcome::default();
    let mut input = Vec::new();
    for piece in pieces {
        input.extend_from_slice(piece);
        if let Err(error) = process(&mut connection, &mut input, &mut outcome) {
            check_over(&mut connection, &error);
            outcome.error = Some(error);
            break;
        }
    }
    outcome
}

/// Has a client, which has sent `hello`, and a server shake hands.
///
/// # Panics
/// If they cannot.
pub fn connect(mut client: Connection, hello: Vec<u8>, mut server: Connection) {
    let (mut of_client, mut of_server) = (Outcome { out: hello, ..Outcome::default() }, Outcome::default());
    while !of_client.out.is_empty() || !of_server.out.is_empty() {
        process(&mut server, &mut std::mem::take(&mut of_client.out), &mut of_server).unwrap();
        process(&mut client, &mut std::mem::take(&mut of_server.out), &mut of_client).unwrap();
    }
    assert!(client.info().is_some() && server.info().is_some());
}

/// Goes on until more input is needed.
fn process(connection: &mut Connection, input: &mut Vec<u8>, outcome: &mut Outcome) -> Result<(), Error> {
    loop {
        let given = input.len();
        let step = connection.process(input, &mut outcome.out)?;
        let consumed = step.consumed;
        assert!(consumed <= given);
        let mut need = None;
        let mut done = false;
        match step.event {
            Event::NeedInput { at_least } => {
                assert!(at_least > 0);
                done = true;
            }
            Event::Suspended(request) => need = Some(request),
            Event::Data(data) => {
                assert!(!data.is_empty() && consumed > data.len());
                outcome.data.extend_from_slice(data);
            }
            Event::CloseNotify => {
                done = consumed == given;
                if outcome.events.last().is_none_or(|last| last != "CloseNotify") {
                    outcome.events.push("CloseNotify".to_owned());
                }
            }
            other => outcome.events.push(format!("{other:?}")),
        }
        input.drain(..consumed);
        if let Some(need) = need {
            let step = connection.process(input, &mut outcome.out)?;
            assert!(step.consumed == 0 && matches!(step.event, Event::Waiting));
            connection.answer(answer(need), &mut outcome.out).map_err(|error| match error {
                tls12::AnswerError::Fatal(error) => error,
                stale => panic!("{stale}"),
            })?;
        }
        if done {
            return Ok(());
        }
    }
}

/// What the configuration answers where it answers in the loop.
fn answer(need: Need) -> Answer {
    match need {
        Need::Sign(request) => request.signed(vec![7; 4]),
        Need::DecryptPremaster(request) => {
            let premaster = DecryptedPremaster::unpadded(request.ciphertext());
            request.decrypted(premaster)
        }
        Need::VerifyPeer(request) => request.verified(Ok(tls12::Verified::default())),
        other => panic!("{other:?}"),
    }
}

/// A connection that has failed stays as it is, and says nothing more.
fn check_over(connection: &mut Connection, error: &Error) {
    let mut out = Vec::new();
    assert_eq!(connection.process(&mut [22, 3, 3, 0, 1, 0], &mut out).map(drop).as_ref(), Err(error));
    assert_eq!(connection.end_of_input().as_ref(), Err(error));
    assert!(connection.seal(b"text", &mut out).is_err());
    connection.close(&mut out);
    assert!(out.is_empty() && connection.info().is_none());
    assert!(!error.to_string().is_empty());
}

/// `input` in pieces, each as long as one byte of `cuts` says and one more, in turn.
pub fn pieces<'a>(input: &'a [u8], cuts: &'a [u8]) -> impl Iterator<Item = &'a [u8]> {
    let mut rest = input;
    let mut cuts = cuts.iter().cycle();
    core::iter::from_fn(move || {
        let len = cuts.next().map_or(rest.len(), |cut| usize::from(*cut) + 1).min(rest.len());
        let (now, later) = rest.split_at(len);
        rest = later;
        (!now.is_empty()).then_some(now)
    })
}
