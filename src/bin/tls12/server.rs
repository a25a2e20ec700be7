//! `tls12 server`: answers connections side by side, each in a thread.

use std::io::{self, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use tls12::ServerConfig;

use crate::failure::{Failure, Stage, place};
use crate::options::{ServerArgs, Service};
use crate::service::{self, Stream};
use crate::socket::Socket;
use crate::{credentials, say};

/// How many connections are served at once; more wait in the system's queue.
const MAX_CONNECTIONS: usize = 64;

/// How long a client may take for the handshake in all.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

/// How long to wait before the next try when no connection could be accepted, such as for want of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

pub fn run(args: &ServerArgs) -> Result<(), Failure> {
    let config = config(args)?;
    let service = args.service();
    let in_context = |error: io::Error| Failure::new(Stage::Start, format!("{}: {error}", args.address));
    let listener = TcpListener::bind(&args.address).map_err(in_context)?;
    let local_address = listener.local_addr().map_err(in_context)?;
    let _ = writeln!(io::stdout(), "listening on {local_address}");
    thread::scope(|scope| {
        for _ in 0..MAX_CONNECTIONS {
            thread::Builder::new().spawn_scoped(scope, || accept(&listener, &config, service))?;
        }
        Ok(())
    })
}

fn config(args: &ServerArgs) -> Result<Arc<ServerConfig>, Failure> {
    let credential = credentials::load(&args.cert, &args.key)?;
    let mut config = ServerConfig::builder(credential).policy(args.common.policy());
    if let Some(key_log) = args.common.key_log()? {
        config = config.key_log(key_log);
    }
    Ok(config.build()?)
}

/// Serves one connection after the other, for ever.
fn accept(listener: &TcpListener, config: &Arc<ServerConfig>, service: Service) {
    loop {
        match listener.accept() {
            Ok((socket, peer)) => serve(socket, peer, config, service),
            Err(error) => {
                say(format_args!("tls12: no connection could be accepted: {error}"));
                thread::sleep(ACCEPT_PAUSE);
            }
        }
    }
}

fn serve(socket: TcpStream, peer: SocketAddr, config: &Arc<ServerConfig>, service: Service) {
    let mut stream = Stream::server(Arc::clone(config), Socket::new(socket, HANDSHAKE_TIMEOUT));
    match stream.complete_handshake() {
        Err(error) => say(format_args!("{peer}: handshake failed{}: {error}", place(&error, "client"))),
        Ok(()) => {
            if let Err(error) = service::run(service, &mut stream) {
                say(format_args!("{peer}: failed{}: {error}", place(&error, "client")));
            }
        }
    }
    stream.into_parts().transport.part();
}
