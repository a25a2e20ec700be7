//! The key schedule as a picture: the key exchange, the premaster secret, the master secret, the key block, and both verify_data.

use tls12::crypto::{HashAlgorithm, KeyExchange, Protection};
use tls12::inspect::{Direction, KeySchedule, Outcome, ScheduleSecrets, WriteKeys};

use super::dump::clause;
use super::html::{Html, html};
use super::sides::Sides;
use crate::summary::hex;

/// The Finished of a side.
#[derive(Default)]
pub struct Finished {
    /// Empty if no Finished was seen.
    pub verify_data: Vec<u8>,
    pub outcome: Option<Outcome>,
}

pub fn draw(
    html: &mut Html,
    schedule: &KeySchedule,
    resumed: Option<bool>,
    finished: &Sides<Finished>,
    show_secrets: bool,
) {
    let view = View { secrets: schedule.secrets.as_ref(), show: show_secrets };
    let prf = match schedule.suite.hash {
        HashAlgorithm::Sha384 => "PRF with SHA-384",
        _ => "PRF with SHA-256",
    };
    html!(html; "<div class=\"keys\">");
    if resumed == Some(true) {
        html!(html; "<div class=\"level\"><div class=\"box\"><b>An earlier handshake</b><p>This session is resumed: it has the master \
                     secret of the handshake that began it.</p>");
        clause(html, "RFC 5246 §7.3");
        html!(html; "</div></div><p class=\"step\">the same</p>");
    } else {
        key_exchange(html, schedule.suite.key_exchange);
        html!(html; "<p class=\"step\">key exchange</p><div class=\"level\"><div class=\"box secret\"><b>premaster secret</b>\
                     <p>never sent in plaintext; tls12 does not keep it</p>");
        clause(html, "RFC 5246 §8.1");
        html!(html; "</div>");
        seed(html, schedule);
        html!(html; "</div><p class=\"step\">" (prf) ", ");
        if schedule.extended_master_secret {
            html!(html; "“extended master secret”, session_hash");
            clause(html, "RFC 7627 §4");
        } else {
            html!(html; "“master secret”, client_random + server_random");
            clause(html, "RFC 5246 §8.1");
        }
        html!(html; "</p>");
    }
    html!(html; "<div class=\"level\"><div class=\"box secret\"><b>master secret</b> <span class=\"w\">48 bytes</span>");
    view.secret(html, |secrets| secrets.master_secret.expose());
    html!(html; "</div></div>");
    html!(html; "<div class=\"fork\"><div><p class=\"step\">" (prf) ", “key expansion”, server_random + client_random");
    clause(html, "RFC 5246 §6.3");
    html!(html; "</p><div class=\"block\" role=\"group\" aria-label=\"the key block\">");
    key_block(html, schedule.suite.protection, &view);
    html!(html; "</div></div>");
    for (label, direction) in [
        ("“client finished”, the hash of all messages before it", Direction::ClientToServer),
        ("“server finished”, the hash of all messages before it", Direction::ServerToClient),
    ] {
        html!(html; "<div><p class=\"step\">" (prf) ", " (label));
        clause(html, "RFC 5246 §7.4.9");
        html!(html; "</p><div class=\"box\"><b>verify_data</b> <span class=\"w\">12 bytes</span>");
        verify_data(html, finished.of(direction));
        html!(html; "</div></div>");
    }
    html!(html; "</div></div>");
}

/// How each side contributes to the premaster secret.
fn key_exchange(html: &mut Html, exchange: KeyExchange) {
    let share = |side| format!("{side}: a private key, never sent, and the public key in its KeyExchange message");
    let (parts, defined): ([(&str, String); 2], _) = match exchange {
        KeyExchange::Rsa => (
            [
                ("client", "makes it at random, and encrypts it (encrypted_pre_master_secret)".to_owned()),
                ("server", "decrypts it with the RSA key of its certificate: no forward secrecy".to_owned()),
            ],
            "RFC 5246 §8.1.1",
        ),
        KeyExchange::Psk => (
            [
                ("client", "names the pre-shared key (psk_identity)".to_owned()),
                ("server", "has the same key: no forward secrecy".to_owned()),
            ],
            "RFC 4279 §2",
        ),
        KeyExchange::EcdhePsk => {
            ([("client", share("and the pre-shared key")), ("server", share("and the same key"))], "RFC 5489 §2")
        }
        _ => ([("client", share("ECDHE")), ("server", share("ECDHE, signed"))], "RFC 8422 §5.10"),
    };
    html!(html; "<div class=\"level\">");
    for (side, what) in parts {
        html!(html; "<div class=\"box " (side) "\"><b>" (side) "</b><p>" (what) "</p>");
        clause(html, defined);
        html!(html; "</div>");
    }
    html!(html; "</div>");
}

/// The public values to which the master secret is bound.
fn seed(html: &mut Html, schedule: &KeySchedule) {
    if schedule.extended_master_secret {
        html!(html; "<div class=\"box\"><b>session_hash</b><p>of all messages up to ClientKeyExchange</p>");
        match &schedule.session_hash {
            Some(hash) => html!(html; "<code class=\"hex\">" (hex(hash.as_ref())) "</code>"),
            None => html!(html; "<p>not known: not all of them were captured</p>"),
        }
        clause(html, "RFC 7627 §3");
        html!(html; "</div>");
        return;
    }
    let randoms = [("client_random", &schedule.client_random), ("server_random", &schedule.server_random)];
    for (name, random) in randoms {
        html!(html; "<div class=\"box\"><b>" (name) "</b><code class=\"hex\">" (hex(random)) "</code></div>");
    }
}

/// The parts of the key block, in their order (RFC 5246 §6.3): to scale, and each with its bytes.
fn key_block(html: &mut Html, protection: Protection, view: &View<'_>) {
    type Part = fn(&WriteKeys) -> &[u8];
    let (mac, key, iv) = match protection {
        Protection::Aead(aead) => (0, aead.key_len(), aead.fixed_iv_len()),
        Protection::Cbc(cipher, mac) => (mac.output_len(), cipher.key_len(), 0),
        _ => return,
    };
    let parts: [(&str, usize, Part); 3] = [
        ("write_MAC_key", mac, |keys| keys.mac_key.expose()),
        ("write_key", key, |keys| keys.key.expose()),
        ("write_IV", iv, |keys| keys.iv.expose()),
    ];
    scale(html, parts.map(|(_, len, _)| len));
    for (name, len, part) in parts.into_iter().filter(|(_, len, _)| *len > 0) {
        html!(html; "<div class=\"box secret client\"><b>client_" (name) "</b> <span class=\"w\">" (len) " bytes</span>");
        view.secret(html, |secrets| part(&secrets.client));
        html!(html; "</div><div class=\"box secret server\"><b>server_" (name) "</b> <span class=\"w\">" (len) " bytes</span>");
        view.secret(html, |secrets| part(&secrets.server));
        html!(html; "</div>");
    }
}

/// The key block as a bar: parts with these lengths, each of the client and of the server.
fn scale(html: &mut Html, lens: [usize; 3]) {
    let sum: usize = lens.iter().map(|len| 2 * len).sum();
    html!(html; "<svg class=\"scale\" role=\"img\" aria-label=\"the key block has " (sum) " bytes\">");
    let percent = |bytes: usize| format!("{}.{:02}%", 100 * bytes / sum, 10_000 * bytes / sum % 100);
    let mut start = 0;
    for len in lens.into_iter().filter(|len| *len > 0) {
        for side in ["client", "server"] {
            html!(html; "<rect class=\"" (side) "\" x=\"" (percent(start)) "\" width=\"" (percent(len)) "\" height=\"100%\"/>");
            start += len;
        }
    }
    html!(html; "</svg>");
}

fn verify_data(html: &mut Html, finished: &Finished) {
    if finished.verify_data.is_empty() {
        html!(html; "<p>not seen</p>");
        return;
    }
    html!(html; "<code class=\"hex\">" (hex(&finished.verify_data)) "</code>");
    match &finished.outcome {
        Some(Outcome::Verified) => html!(html; "<p class=\"ck good\">verified</p>"),
        Some(Outcome::Failed(fault)) => html!(html; "<p class=\"ck wrong\">wrong: " (fault) "</p>"),
        _ => html!(html; "<p class=\"ck open\">not verified</p>"),
    }
}

/// The secrets, and whether they are shown.
struct View<'s> {
    secrets: Option<&'s ScheduleSecrets>,
    show: bool,
}

impl View<'_> {
    fn secret<'a>(&'a self, html: &mut Html, of: impl FnOnce(&'a ScheduleSecrets) -> &'a [u8]) {
        match self.secrets {
            None => html!(html; "<p>not known</p>"),
            Some(_) if !self.show => html!(html; "<p>known, hidden</p>"),
            Some(secrets) => html!(html; "<code class=\"hex\">" (hex(of(secrets))) "</code>"),
        }
    }
}
