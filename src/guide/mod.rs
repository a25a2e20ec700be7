//! A guide by task. Each page is short, and its code compiles.
//!
//! | you have | read |
//! |---|---|
//! | a camera or another device with a self-signed certificate | [`camera`] |
//! | a management controller (BMC) or PLC with static RSA or a small key | [`old_device`] |
//! | SQL Server, whose handshake runs inside TDS packets | [`sql_server`] |
//! | FTPS, whose data channel must resume the session of the control channel | [`ftps`] |
//! | a server that asks for a client certificate after the request | [`client_certificate`] |
//! | several servers behind one name | [`fleet`] |
//! | a private key in an HSM, a TPM or another process | [`hsm`] |
//! | a failure to explain | [`failure`] |
//! | a question about timing | [`constant_time`] |
//! | code that uses rustls | [`from_rustls`] |
//! | code that uses OpenSSL | [`from_openssl`] |

#[doc = include_str!("camera.md")]
pub mod camera {}
#[doc = include_str!("old_device.md")]
pub mod old_device {}
#[doc = include_str!("sql_server.md")]
pub mod sql_server {}
#[doc = include_str!("ftps.md")]
pub mod ftps {}
#[doc = include_str!("client_certificate.md")]
pub mod client_certificate {}
#[doc = include_str!("fleet.md")]
pub mod fleet {}
#[doc = include_str!("hsm.md")]
pub mod hsm {}
#[doc = include_str!("failure.md")]
pub mod failure {}
#[doc = include_str!("constant_time.md")]
pub mod constant_time {}
#[doc = include_str!("from_rustls.md")]
pub mod from_rustls {}
#[doc = include_str!("from_openssl.md")]
pub mod from_openssl {}
