//! What the target says, checked on its way; and the keys that follow from it.

use super::*;

impl Forge {
    /// Opens and checks all that the target has to send.
    pub fn hear(&mut self) {
        let bytes = std::mem::take(&mut self.target.output);
        let target = if self.role == Role::Client { Role::Server } else { Role::Client };
        self.wire.push((target, bytes.clone()));
        let mut rest = bytes.as_slice();
        while let Some((record, later)) = split_record(rest) {
            rest = later;
            let content = self.read.open(record).expect("a record of the target's does not open");
            match record[0] {
                HANDSHAKE => {
                    self.joined.extend(content);
                    self.hear_messages();
                }
                CHANGE_CIPHER_SPEC => {
                    assert!(content == [1] && self.joined.is_empty());
                    self.heard.push((CHANGE_CIPHER_SPEC, content));
                    let their_role = if self.role == Role::Client { Role::Server } else { Role::Client };
                    self.read = self.take_next(their_role);
                }
                other => self.heard.push((other, content)),
            }
        }
        assert!(rest.is_empty(), "the target sent half a record");
    }

    pub(super) fn hear_messages(&mut self) {
        while self.joined.len() >= 4 {
            let len = 4 + Fields(&self.joined[1..4]).number(3);
            if self.joined.len() < len {
                return;
            }
            let rest = self.joined.split_off(len);
            let message = std::mem::replace(&mut self.joined, rest);
            if message[0] == typ::FINISHED {
                let label = if self.role == Role::Client { "server finished" } else { "client finished" };
                assert_eq!(message[4..], self.verify_data(label), "the target's Finished");
            }
            self.transcript.extend(&message);
            self.learn(message[0], &message[4..]);
            self.heard.push((HANDSHAKE, message));
        }
    }

    /// Takes from a message of the target's what is needed later.
    pub(super) fn learn(&mut self, typ: u8, body: &[u8]) {
        let mut fields = Fields(body);
        match typ {
            typ::CLIENT_HELLO => self.their_hello = Some(Hello::parse(typ, body)),
            typ::SERVER_HELLO => {
                let hello = Hello::parse(typ, body);
                let resumed = self.resume.is_some() && hello.session_id == self.hello.session_id;
                self.their_hello = Some(hello);
                if resumed {
                    self.derive_keys();
                }
            }
            typ::SERVER_KEY_EXCHANGE => {
                assert_eq!(fields.number(1), usize::from(NAMED_CURVE));
                assert_eq!(fields.number(2), usize::from(self.group.0));
                self.their_public = fields.vector(1).to_vec();
                let params = &body[..body.len() - fields.0.len()];
                let signed = [self.client_random().as_slice(), self.server_random(), params].concat();
                assert_eq!(fields.number(2), usize::from(self.scheme.0));
                let key = PublicKey::of_certificate(&PKI.server).unwrap();
                assert_eq!(key.verifies(&*self.provider, self.scheme, &signed, fields.vector(2)), Ok(()));
            }
            typ::CLIENT_KEY_EXCHANGE => {
                self.premaster = Some(if self.suite.key_exchange == KeyExchange::Rsa {
                    let key = SERVER_KEY.decrypt().unwrap();
                    let encoded = key.decrypt_raw(fields.vector(2), self.provider.random()).unwrap();
                    encoded.expose()[encoded.expose().len() - 48..].to_vec()
                } else {
                    self.share.take().unwrap().agree(fields.vector(1)).unwrap().expose().to_vec()
                });
                self.derive_keys();
            }
            _ => {}
        }
    }

    pub(super) fn client_random(&self) -> &[u8; 32] {
        if self.role == Role::Client { &self.hello.random } else { &self.their_hello.as_ref().unwrap().random }
    }

    pub(super) fn server_random(&self) -> &[u8; 32] {
        if self.role == Role::Server { &self.hello.random } else { &self.their_hello.as_ref().unwrap().random }
    }

    /// Whether both hellos carry this extension.
    pub(super) fn agreed(&self, extension: u16) -> bool {
        let has = |hello: &Hello| hello.extension(extension).is_some();
        has(&self.hello) && self.their_hello.as_ref().is_some_and(has)
    }

    /// RFC 5246 §8.1, RFC 7627 §4; or that of the session. The transcript must end with the ClientKeyExchange.
    pub(super) fn derive_master(&self) -> Vec<u8> {
        if let Some(master) = &self.resume {
            return master.clone();
        }
        let premaster = self.premaster.as_ref().expect("a ClientKeyExchange was said or heard");
        let (label, seed) = if self.agreed(ext::EXTENDED_MASTER_SECRET) {
            let hash = self.provider.hash(self.suite.hash, &self.transcript).unwrap();
            ("extended master secret", hash.as_ref().to_vec())
        } else {
            ("master secret", [self.client_random().as_slice(), self.server_random()].concat())
        };
        prf(&*self.provider, self.suite, premaster, label, &seed, 48)
    }

    /// Agrees on the keys, as soon as there is a master secret (RFC 5246 §6.3).
    pub fn derive_keys(&mut self) {
        self.master = self.derive_master();
        let order = if self.agreed(ext::ENCRYPT_THEN_MAC) && matches!(self.suite.protection, Protection::Cbc(..)) {
            MacOrder::EncryptThenMac
        } else {
            MacOrder::MacThenEncrypt
        };
        let randoms = (self.client_random(), self.server_random());
        self.next = Some(directions(&*self.provider, self.suite, order, &self.master, randoms));
    }

    /// What `side` writes under the keys that are agreed on.
    pub(super) fn take_next(&mut self, side: Role) -> Direction {
        let (client, server) = self.next.as_mut().expect("the keys are agreed on");
        std::mem::replace(if side == Role::Client { client } else { server }, Direction::plain())
    }

    /// RFC 5246 §7.4.9.
    pub(super) fn verify_data(&self, label: &str) -> Vec<u8> {
        let hash = self.provider.hash(self.suite.hash, &self.transcript).unwrap();
        prf(&*self.provider, self.suite, &self.master, label, hash.as_ref(), 12)
    }
}
