//! The recorded connections with OpenSSL of `tests/vectors/`, which are played again, recorded in this form, and replayed.

use tls12::{Error, ProviderError};

use crate::replay_whole;
use crate::support::kept::{Recorders, Secrets};
use crate::support::player::Player;
use crate::support::recording::{Line, Recording as Vector};
use crate::support::scripted::{IV_LEN, Scripted};

/// Plays a vector, and returns a recording of each of its connections, with the error that it ended with.
fn play(vector: &Vector, secrets: Secrets) -> Vec<(String, Option<Error>)> {
    let recorders = Recorders::new(secrets);
    let script = vector.outcomes("random").map(Line::bytes);
    let mut player = Player::new(vector, Scripted::replaying(script)).recorded(recorders.clone());
    let mut errors = Vec::new();
    for step in &vector.steps {
        if step.cause.word == "start" {
            errors.push(None);
        }
        player.apply(&step.cause, 1000);
        *errors.last_mut().unwrap() = player.failed.clone();
    }
    drop(player);
    recorders.texts().into_iter().zip(errors).collect()
}

#[test]
fn every_vector_is_replayed() {
    let mut failed = 0;
    for (name, vector) in Vector::all() {
        for secrets in Secrets::BOTH {
            for (text, error) in play(&vector, secrets) {
                let replayed = replay_whole(&text);
                // The text of a provider's error is not recorded.
                match (&replayed.error, &error) {
                    (Some(Error::Provider(_)), Some(Error::Provider(ProviderError::Failed(_)))) => {}
                    (replayed, recorded) => assert_eq!(replayed, recorded, "{name}"),
                }
                failed += usize::from(error.is_some());
            }
        }
    }
    assert!(failed > 100, "{failed}");
}

/// Nothing secret of a vector is in a recording of it: neither what was drawn and not sent, such as the private keys of key
/// shares and the RSA premaster secret, nor the decrypted premaster secret, the master secret, pre-shared keys, and the data.
#[test]
fn no_secret_of_a_vector_is_recorded() {
    let mut searched = [0; 5];
    for (name, vector) in Vector::all() {
        let sent: String = vector.outcomes("out").map(|line| line.value.as_str()).collect();
        let texts: String = play(&vector, Secrets::Withheld).into_iter().map(|(text, _)| text).collect();
        // IVs are drawn ahead, and not all are used. Nothing else that is drawn has the length of one or of sixteen.
        let is_iv = |line: &&Line| [2 * IV_LEN, 2 * 16 * IV_LEN].contains(&line.value.len());
        let drawn = vector.outcomes("random").filter(|line| line.value.len() > 2 * 5 && !is_iv(line));
        let drawn: Vec<String> = drawn.map(|line| line.value.clone()).filter(|value| !sent.contains(value)).collect();
        let premasters = vector.steps.iter().filter_map(|step| step.cause.value.strip_prefix("premaster "));
        let premasters = premasters.map(|padded| padded[padded.len().saturating_sub(2 * 48)..].to_owned()).collect();
        let masters = vector.outcomes("master_secret").map(|line| line.value.clone()).collect();
        let psks = vector.find_fact("psk").map(str::to_owned).into_iter().collect();
        let data = vector.outcomes("data").map(|line| line.value.clone());
        let sealed = vector.steps.iter().filter(|step| step.cause.word == "seal").map(|step| step.cause.value.clone());
        // Short data is found by chance.
        let data = data.chain(sealed).filter(|hex| hex.len() >= 16).collect();
        for (count, secrets) in searched.iter_mut().zip([drawn, premasters, masters, psks, data]) {
            for secret in secrets {
                assert!(!texts.contains(&secret), "{name}: {secret}");
                *count += 1;
            }
        }
    }
    assert!(searched.iter().all(|count| *count > 0), "{searched:?}");
}
