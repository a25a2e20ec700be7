//! FTP over TLS (RFC 4217), with suppaftp: `cargo run --bin ftps -- HOST:PORT CA-FILE USER PASSWORD FOLDER FILE` uploads
//! FILE to FOLDER, and then prints the contents of FOLDER and of the server's copy of FILE.
//!
//! FTP opens another connection for each transfer, and many servers (vsftpd and ProFTPD by default, FileZilla Server) accept
//! it only if its TLS resumes the session of the control connection: otherwise an attacker could connect first and take the
//! file. A [`ClientConfig`] keeps sessions, so it is enough to use the same configuration and server name for both. Over
//! TLS 1.3 many clients fail here; over TLS 1.2 this is well defined.

use std::error::Error;
use std::fmt;
use std::fs::File;
use std::net::TcpStream;
use std::path::Path;
use std::sync::Arc;

use rustls_pki_types::ServerName;
use suppaftp::{FtpError, FtpResult, ImplFtpStream, TlsConnector, TlsStream};
use tls12::ClientConfig;
use tls12::io::HANDSHAKE_TIME;
use tls12::io::blocking::StreamOwned;
use tls12::verify::TrustStore;

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [server, ca_file, user, password, folder, file] = args.as_slice() else {
        return Err("usage: ftps HOST:PORT CA-FILE USER PASSWORD FOLDER FILE".into());
    };
    let (host, _port) = server.rsplit_once(':').ok_or("the server must be HOST:PORT")?;
    let config = ClientConfig::builder(Arc::new(TrustStore::from_pem_file(ca_file)?)).build()?;

    // In plaintext at first; `into_secure` sends AUTH TLS, and requests that all data connections are encrypted (PROT P).
    let ftp = ImplFtpStream::<FtpsStream>::connect(server)?;
    let mut ftp = ftp.into_secure(FtpsConnector(config), host)?;
    ftp.login(user.as_str(), password.as_str())?;
    ftp.cwd(folder)?;

    let name = Path::new(file).file_name().and_then(|name| name.to_str()).ok_or("the file has no name")?;
    ftp.put_file(name, &mut File::open(file)?)?;
    // Each over its own connection.
    println!("{}", ftp.nlst(None)?.join(" "));
    println!("{}", str::from_utf8(ftp.retr_as_buffer(name)?.get_ref())?);
    ftp.quit()?;
    Ok(())
}

/// Starts TLS on the control connection, and on each data connection.
struct FtpsConnector(Arc<ClientConfig>);

impl fmt::Debug for FtpsConnector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FtpsConnector").finish_non_exhaustive()
    }
}

impl TlsConnector for FtpsConnector {
    type Stream = FtpsStream;

    fn connect(&self, host: &str, socket: TcpStream) -> FtpResult<FtpsStream> {
        let failed = |error: &dyn Error| FtpError::SecureError(error.to_string());
        let name = ServerName::try_from(host).map_err(|error| failed(&error))?.to_owned();
        // The session is stored by the server's name, regardless of the port.
        let stream = StreamOwned::client(Arc::clone(&self.0), name, socket).map_err(|error| failed(&error))?;
        let stream = stream.handshake_within(HANDSHAKE_TIME).map_err(|error| failed(&error))?;
        Ok(FtpsStream(stream))
    }
}

/// A connection with TLS.
#[derive(Debug)]
struct FtpsStream(StreamOwned<TcpStream>);

impl TlsStream for FtpsStream {
    type InnerStream = StreamOwned<TcpStream>;

    fn tcp_stream(self) -> FtpResult<TcpStream> {
        self.0.transport().try_clone().map_err(FtpError::ConnectionError)
    }

    fn get_ref(&self) -> &TcpStream {
        self.0.transport()
    }

    fn mut_ref(&mut self) -> &mut Self::InnerStream {
        &mut self.0
    }
}

impl Drop for FtpsStream {
    /// suppaftp ends an upload by dropping its connection. close_notify tells the server that the file is complete.
    fn drop(&mut self) {
        // The server confirms the upload on the control connection.
        let _ = self.0.close();
    }
}
