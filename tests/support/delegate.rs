//! The providers of tests change a few methods, and leave the rest to another provider: this writes the rest.

/// Implements the named methods of [`Provider`](tls12::crypto::Provider) by those of the provider in a field:
/// `delegate!(inner: hash hasher);`.
macro_rules! delegate {
    ($field:tt: $($method:ident)*) => {
        $(delegate!(@$method $field);)*
    };
    (@random $field:tt) => {
        fn random(&self) -> &dyn tls12::crypto::SecureRandom {
            self.$field.random()
        }
    };
    (@supports $field:tt) => {
        fn supports(&self, suite: &tls12::crypto::CipherSuite) -> bool {
            self.$field.supports(suite)
        }
    };
    (@groups $field:tt) => {
        fn groups(&self) -> &[&dyn tls12::crypto::KeyExchangeGroup] {
            self.$field.groups()
        }
    };
    (@signature_algorithms $field:tt) => {
        fn signature_algorithms(&self) -> tls12::crypto::SignatureAlgorithms {
            self.$field.signature_algorithms()
        }
    };
    (@hash $field:tt) => {
        fn hash(
            &self,
            algorithm: tls12::crypto::HashAlgorithm,
            data: &[u8],
        ) -> Result<tls12::crypto::Digest, tls12::ProviderError> {
            self.$field.hash(algorithm, data)
        }
    };
    (@hasher $field:tt) => {
        fn hasher(
            &self,
            algorithm: tls12::crypto::HashAlgorithm,
        ) -> Result<Box<dyn tls12::crypto::Hasher>, tls12::ProviderError> {
            self.$field.hasher(algorithm)
        }
    };
    (@hmac_key $field:tt) => {
        fn hmac_key(
            &self,
            algorithm: tls12::crypto::HashAlgorithm,
            key: &[u8],
        ) -> Result<Box<dyn tls12::crypto::HmacKey>, tls12::ProviderError> {
            self.$field.hmac_key(algorithm, key)
        }
    };
    (@aead_key $field:tt) => {
        fn aead_key(
            &self,
            algorithm: tls12::crypto::AeadAlgorithm,
            key: &[u8],
        ) -> Result<Box<dyn tls12::crypto::AeadKey>, tls12::ProviderError> {
            self.$field.aead_key(algorithm, key)
        }
    };
    (@cbc_sealer $field:tt) => {
        fn cbc_sealer(
            &self,
            cipher: tls12::crypto::CbcCipher,
            mac: tls12::crypto::HashAlgorithm,
            order: tls12::crypto::MacOrder,
            keys: tls12::crypto::CbcKeys<'_>,
        ) -> Result<Box<dyn tls12::crypto::CbcSealer>, tls12::ProviderError> {
            self.$field.cbc_sealer(cipher, mac, order, keys)
        }
    };
    (@cbc_opener $field:tt) => {
        fn cbc_opener(
            &self,
            cipher: tls12::crypto::CbcCipher,
            mac: tls12::crypto::HashAlgorithm,
            order: tls12::crypto::MacOrder,
            keys: tls12::crypto::CbcKeys<'_>,
        ) -> Result<Box<dyn tls12::crypto::CbcOpener>, tls12::ProviderError> {
            self.$field.cbc_opener(cipher, mac, order, keys)
        }
    };
    (@rsa_encrypt $field:tt) => {
        fn rsa_encrypt(
            &self,
            key: &tls12::crypto::PublicKey,
            premaster: &tls12::crypto::Secret,
            random: &dyn tls12::crypto::SecureRandom,
        ) -> Result<Vec<u8>, tls12::ProviderError> {
            self.$field.rsa_encrypt(key, premaster, random)
        }
    };
    (@load_private_key $field:tt) => {
        fn load_private_key(
            &self,
            key: tls12::PrivateKeyDer<'static>,
        ) -> Result<std::sync::Arc<dyn tls12::crypto::PrivateKey>, tls12::ProviderError> {
            self.$field.load_private_key(key)
        }
    };
}
pub(crate) use delegate;
