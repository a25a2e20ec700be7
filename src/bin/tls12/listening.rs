//! The common part of the commands that listen: each connection has a thread, and lines in the log.

use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use crate::failure::{Failure, Stage};
use crate::options::Address;
use crate::output::{Event, To};
use crate::places::{Place, Places};
use crate::resolve::resolve;
use crate::{certificates, warn};

/// How long to wait when no connection could be accepted, for example for lack of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// A listening socket.
pub struct Listening(TcpListener, SocketAddr);

impl Listening {
    pub fn on(address: &Address) -> Result<Self, Failure> {
        let in_context = |error: io::Error| Failure::new(Stage::Start, format!("{address}: {error}"));
        let listener = resolve(address).and_then(|all| TcpListener::bind(&*all)).map_err(in_context)?;
        let address = listener.local_addr().map_err(in_context)?;
        Ok(Self(listener, address))
    }

    /// Prints that it is listening, which a caller may wait for, and runs `serve` for each connection in its own thread, until
    /// the process ends.
    pub fn accept<F>(self, places: Arc<Places>, serve: F) -> io::Result<()>
    where
        F: Fn(Arc<TcpStream>, SocketAddr, Place) + Clone + Send + 'static,
    {
        let Self(listener, address) = self;
        Event::failure("listening")
            .with("address", address.to_string())
            .print(To::Stdout, format_args!("listening on {address}"));
        thread::Builder::new().spawn(move || accept_all(&listener, &places, &serve)).map(|_| ())
    }
}

/// Never returns.
fn accept_all<F>(listener: &TcpListener, places: &Arc<Places>, serve: &F)
where
    F: Fn(Arc<TcpStream>, SocketAddr, Place) + Clone + Send + 'static,
{
    loop {
        let (socket, peer) = match listener.accept() {
            Ok((socket, peer)) => (Arc::new(socket), peer),
            Err(error) => {
                warn(format_args!("tls12: no connection could be accepted: {error}"));
                places.make_room();
                thread::sleep(ACCEPT_PAUSE);
                continue;
            }
        };
        let (serve, place) = (serve.clone(), places.take(&socket));
        if let Err(error) = thread::Builder::new().spawn(move || serve(socket, peer, place)) {
            warn(format_args!("tls12: cannot start a thread for {peer}: {error}"));
        }
    }
}

/// Lines of the log, each with the time and the client's address.
pub fn log(event: Event, peer: SocketAddr, text: &str) {
    let now = certificates::now();
    let lines: Vec<String> = text.lines().map(|line| format!("{now} {peer}: {line}")).collect();
    event.with("time", now).with("peer", peer.to_string()).print(To::Stderr, lines.join("\n"));
}
