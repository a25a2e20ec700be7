//! The process that keeps the key: generates it, and serves it on a socket until its parent process closes its standard
//! input.

use std::error::Error;
use std::io::{self, Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::sync::Arc;
use std::thread;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose};
use rsa::pkcs8::EncodePrivateKey;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use tls12::ProviderError;
use tls12::SignatureScheme;
use tls12::crypto::{DecryptedPremaster, PrivateKey, ring};

/// The kind of request: its first byte. The answer is one frame.
pub const CERTIFICATES: u8 = 0;
/// Followed by the scheme (two bytes, as IANA numbers it) and the message.
pub const SIGN: u8 = 1;
/// Followed by the ciphertext.
pub const DECRYPT: u8 = 2;

/// The maximum length of a frame, in bytes: two certificates, or a message to sign, with some margin.
const MAX_FRAME: usize = 1 << 16;

/// Writes a frame: four bytes of length, and the content.
pub fn write_frame(mut to: &UnixStream, content: &[u8]) -> io::Result<()> {
    let len = u32::try_from(content.len()).map_err(io::Error::other)?;
    to.write_all(&[&len.to_be_bytes(), content].concat())
}

pub fn read_frame(mut from: &UnixStream) -> io::Result<Vec<u8>> {
    let mut len = [0; 4];
    from.read_exact(&mut len)?;
    let len = usize::try_from(u32::from_be_bytes(len)).map_err(io::Error::other)?;
    if len > MAX_FRAME {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "the frame is too long"));
    }
    let mut content = vec![0; len];
    from.read_exact(&mut content)?;
    Ok(content)
}

/// The key, and the public chain: the server's certificate and its issuer's.
struct Keeper {
    key: Arc<dyn PrivateKey>,
    chain: [CertificateDer<'static>; 2],
}

pub fn keep(socket: &Path) -> Result<(), Box<dyn Error>> {
    let keeper = Arc::new(Keeper::new()?);
    let listener = UnixListener::bind(socket)?;
    println!("ready");
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let keeper = Arc::clone(&keeper);
            thread::spawn(move || keeper.serve(&stream));
        }
    });
    io::copy(&mut io::stdin(), &mut io::sink())?;
    Ok(())
}

impl Keeper {
    fn new() -> Result<Self, Box<dyn Error>> {
        let mut root = CertificateParams::default();
        root.distinguished_name.push(DnType::CommonName, "Example Root");
        root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        root.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let root = CertifiedIssuer::self_signed(root, KeyPair::generate()?)?;

        let pkcs8 = rsa::PrivateKey::new(&mut rand::rng(), 2048)?.to_pkcs8_der()?;
        let pkcs8 = PrivatePkcs8KeyDer::from(pkcs8.as_bytes().to_vec());
        let mut server = CertificateParams::new([super::server::SERVER_NAME.to_owned()])?;
        server.use_authority_key_identifier_extension = true;
        server.distinguished_name.push(DnType::CommonName, "Example Server");
        server.key_usages = vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::KeyEncipherment];
        let pair = KeyPair::from_pkcs8_der_and_sign_algo(&pkcs8, &rcgen::PKCS_RSA_SHA256)?;
        let server = server.signed_by(&pair, &root)?;
        Ok(Self {
            key: ring::provider().load_private_key(PrivateKeyDer::Pkcs8(pkcs8))?,
            chain: [server.der().clone(), root.der().clone()],
        })
    }

    /// Answers the requests of one connection until it ends. An invalid request closes it.
    fn serve(&self, stream: &UnixStream) {
        while let Ok(request) = read_frame(stream) {
            let Some(answer) = self.answer(&request) else { return };
            if answer.iter().try_for_each(|frame| write_frame(stream, frame)).is_err() {
                return;
            }
        }
    }

    /// Returns the frames of the answer, or `None` for an invalid request or a failure.
    fn answer(&self, request: &[u8]) -> Option<Vec<Vec<u8>>> {
        match request {
            [CERTIFICATES] => Some(self.chain.iter().map(|certificate| certificate.to_vec()).collect()),
            [SIGN, high, low, message @ ..] => {
                let scheme = SignatureScheme(u16::from_be_bytes([*high, *low]));
                Some(vec![self.key.sign(scheme, message).ok()?])
            }
            [DECRYPT, ciphertext @ ..] => Some(vec![self.decrypt(ciphertext).ok()?]),
            _ => None,
        }
    }

    /// Always returns 48 bytes, which do not reveal the result of the decryption. (This fails only if there is no
    /// randomness.)
    fn decrypt(&self, ciphertext: &[u8]) -> Result<Vec<u8>, ProviderError> {
        let provider = ring::provider();
        let key = self.key.decrypt().ok_or(ProviderError::Unsupported("decryption with this key"))?;
        let premaster = key.decrypt_raw(ciphertext, provider.random()).map_or_else(
            // Wrong length, or not below the modulus: the sender knows that.
            |_| DecryptedPremaster::failed(),
            |encoded| DecryptedPremaster::unpad(encoded.expose()),
        );
        Ok(premaster.or_random(provider.random())?.expose().to_vec())
    }
}
