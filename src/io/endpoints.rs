//! The common part of the adapters for tokio and futures, which differ in the traits of their transports.

/// Defines `TlsConnector`, `TlsAcceptor`, `LazyAcceptor`, and the inherent methods of `TlsStream<T>(Stream<Io<T>>)`,
/// for transports with these traits for reading and writing.
macro_rules! endpoints {
    ($read:ident, $write:ident) => {
        /// Creates a client's connections.
        #[derive(Clone)]
        pub struct TlsConnector {
            config: Arc<ClientConfig>,
            decide: Decide,
            time: Duration,
            port: Option<u16>,
        }

        /// Creates a server's connections.
        #[derive(Clone)]
        pub struct TlsAcceptor {
            config: CurrentConfig,
            decide: Decide,
            time: Duration,
        }

        impl TlsConnector {
            /// Creates a connector for connections with this configuration.
            #[must_use]
            pub fn new(config: Arc<ClientConfig>) -> Self {
                Self { config, decide: Decide::default(), time: HANDSHAKE_TIME, port: None }
            }

            /// Answers decisions that the configuration leaves open with `decide`. Without it, such a [`Need`] is an
            /// error.
            #[must_use]
            pub fn answering<F: Future<Output = Answer> + Send + 'static>(
                mut self,
                decide: impl Fn(Need) -> F + Send + Sync + 'static,
            ) -> Self {
                self.decide = Decide::by(decide);
                self
            }

            /// Sets the time limit of each handshake, instead of [`HANDSHAKE_TIME`]. Exceeding it is an error of kind
            /// [`TimedOut`](io::ErrorKind::TimedOut).
            #[must_use]
            pub fn handshake_time(mut self, time: Duration) -> Self {
                self.time = time;
                self
            }

            /// Sets the port of the servers, which distinguishes their sessions from those with servers of the same
            /// name at other ports.
            #[must_use]
            pub fn port(mut self, port: u16) -> Self {
                self.port = Some(port);
                self
            }

            /// Connects to the server with this name over `transport`, at the system's time, using the configuration's
            /// session store.
            ///
            /// # Errors
            /// [`HandshakeError`], which contains the transport.
            pub async fn connect<T: $read + $write + Unpin>(
                &self,
                server_name: ServerName<'static>,
                transport: T,
            ) -> Result<TlsStream<T>, HandshakeError<T>> {
                self.start(Some(server_name), None, transport).await
            }

            /// Like [`Self::connect`], but offers to resume `session` (see [`TlsStream::take_session`]).
            ///
            /// # Errors
            /// [`HandshakeError`], which contains the transport.
            pub async fn resume<T: $read + $write + Unpin>(
                &self,
                server_name: ServerName<'static>,
                session: ClientSession,
                transport: T,
            ) -> Result<TlsStream<T>, HandshakeError<T>> {
                self.start(Some(server_name), Some(session), transport).await
            }

            /// Like [`Self::connect`], but to a server without a name, such as a device behind a serial line: see
            /// [`Connection::client_without_name`]. The configuration's session store is not used, since it finds
            /// sessions by name; instead, `session` is offered, if there is one (see [`TlsStream::take_session`]).
            ///
            /// # Errors
            /// [`HandshakeError`], which contains the transport.
            pub async fn connect_without_name<T: $read + $write + Unpin>(
                &self,
                session: Option<ClientSession>,
                transport: T,
            ) -> Result<TlsStream<T>, HandshakeError<T>> {
                self.start(None, session, transport).await
            }

            async fn start<T: $read + $write + Unpin>(
                &self,
                server_name: Option<ServerName<'static>>,
                session: Option<ClientSession>,
                transport: T,
            ) -> Result<TlsStream<T>, HandshakeError<T>> {
                let (config, decide) = (Arc::clone(&self.config), self.decide.clone());
                let stream = match Stream::client(config, (server_name, self.port), session, decide, Io(transport)) {
                    Ok(stream) => stream.connected(sleep(self.time)).await,
                    Err(failed) => Err(failed),
                };
                stream.map(TlsStream).map_err(unwrapped)
            }
        }

        impl TlsAcceptor {
            /// Creates an acceptor for connections with this configuration: an `Arc<ServerConfig>`, or a
            /// [`CurrentConfig`], which can be replaced.
            #[must_use]
            pub fn new(config: impl Into<CurrentConfig>) -> Self {
                Self { config: config.into(), decide: Decide::default(), time: HANDSHAKE_TIME }
            }

            /// Answers decisions that the configuration leaves open with `decide`. Without it, such a [`Need`] is an
            /// error.
            #[must_use]
            pub fn answering<F: Future<Output = Answer> + Send + 'static>(
                mut self,
                decide: impl Fn(Need) -> F + Send + Sync + 'static,
            ) -> Self {
                self.decide = Decide::by(decide);
                self
            }

            /// Sets the time limit of each handshake, instead of [`HANDSHAKE_TIME`]. Exceeding it is an error of kind
            /// [`TimedOut`](io::ErrorKind::TimedOut).
            #[must_use]
            pub fn handshake_time(mut self, time: Duration) -> Self {
                self.time = time;
                self
            }

            /// The time limit of a handshake.
            #[must_use]
            #[allow(dead_code, reason = "the listener of axum asks")]
            pub(crate) fn time(&self) -> Duration {
                self.time
            }

            /// Performs the handshake with the client at the other end of `transport`, at the system's time.
            ///
            /// # Errors
            /// [`HandshakeError`], which contains the transport.
            pub async fn accept<T: $read + $write + Unpin>(
                &self,
                transport: T,
            ) -> Result<TlsStream<T>, HandshakeError<T>> {
                let mut connection = Connection::server(self.config.get(), UnixTime::now());
                connection.set_clock(UnixTime::now);
                let pump = Pump::new(connection, Vec::new());
                let stream = Stream::new(pump, self.decide.clone(), Io(transport));
                stream.connected(sleep(self.time)).await.map(TlsStream).map_err(unwrapped)
            }
        }

        /// A connection whose ClientHello has been read, for a server that chooses its configuration based on it.
        pub struct LazyAcceptor<T> {
            stream: Stream<Io<T>>,
            request: SelectConfigRequest,
        }

        impl<T: $read + $write + Unpin> LazyAcceptor<T> {
            /// Reads the ClientHello from `transport`, at the system's time, within [`HANDSHAKE_TIME`].
            ///
            /// # Errors
            /// [`HandshakeError`], which contains the transport.
            pub async fn read(transport: T) -> Result<Self, HandshakeError<T>> {
                Self::read_within(HANDSHAKE_TIME, transport).await
            }

            /// Like [`Self::read`], within `time`.
            ///
            /// # Errors
            /// [`HandshakeError`], which contains the transport.
            pub async fn read_within(time: Duration, transport: T) -> Result<Self, HandshakeError<T>> {
                let mut connection = Connection::accept(UnixTime::now());
                connection.set_clock(UnixTime::now);
                let pump = Pump::new(connection, Vec::new());
                let stream = Stream::new(pump, Decide::default(), Io(transport));
                match stream.undecided(sleep(time)).await.map_err(unwrapped)? {
                    (stream, Some(Need::SelectConfig(request))) => Ok(Self { stream, request }),
                    (stream, _) => Err(unwrapped(stream.failed(undecided()))),
                }
            }

            /// Returns what the client offers. None of it is authenticated.
            #[must_use]
            pub fn client_hello(&self) -> &ClientOffer {
                self.request.offer()
            }

            /// Performs the handshake with this acceptor.
            ///
            /// # Errors
            /// [`HandshakeError`], which contains the transport.
            pub async fn accept(self, acceptor: &TlsAcceptor) -> Result<TlsStream<T>, HandshakeError<T>> {
                let Self { mut stream, request } = self;
                stream.decide = acceptor.decide.clone();
                // The error is sticky, and is returned by the next operation.
                let _ = stream.pump.answer(request.selected(acceptor.config.get()));
                stream.connected(sleep(acceptor.time)).await.map(TlsStream).map_err(unwrapped)
            }

            /// Declines to serve the client with the alert `access_denied`, and returns the transport.
            pub async fn decline(self) -> T {
                let Self { mut stream, request } = self;
                // As above.
                let _ = stream.pump.answer(request.declined());
                match stream.connected(sleep(HANDSHAKE_TIME)).await {
                    Ok(stream) => stream.transport.0,
                    Err(failed) => failed.transport.0,
                }
            }
        }

        impl<T> TlsStream<T> {
            /// Returns the negotiated parameters and the peer's identity, or `None` after an error.
            #[must_use]
            pub fn info(&self) -> Option<&ConnectionInfo> {
                self.connection().info()
            }

            /// Returns the connection, for example to export keys.
            #[must_use]
            pub fn connection(&self) -> &Connection {
                &self.0.pump.connection
            }

            /// Returns the transport.
            #[must_use]
            pub fn transport(&self) -> &T {
                &self.0.transport.0
            }

            /// Returns the transport, for example to set an option. Do not read from it or write to it.
            pub fn transport_mut(&mut self) -> &mut T {
                &mut self.0.transport.0
            }

            /// Takes the session that the handshake created, for a later connection to resume, if there is one and it
            /// has not been taken.
            pub fn take_session(&mut self) -> Option<NewSession> {
                self.0.pump.session.take().map(|session| *session)
            }
        }

        impl<T> TlsStream<T> {
            /// Splits the stream into its parts.
            #[must_use]
            pub fn into_parts(self) -> Parts<Connection, T> {
                self.0.pump.into_parts(self.0.transport.0)
            }
        }

        impl<T: $read + $write + Unpin> TlsStream<T> {
            /// Creates a stream from the parts of another, continuing where that stopped, or from [`Parts::new`] for a
            /// connection that was driven directly. If its handshake is not complete, the first read or write completes
            /// it, without a time limit.
            #[must_use]
            pub fn from_parts(parts: Parts<Connection, T>) -> Self {
                let (pump, transport) = Pump::from_parts(parts);
                Self(Stream::new(pump, Decide::default(), Io(transport)))
            }

            /// Answers decisions that the configuration leaves open with `decide`: in an incomplete handshake, or in a
            /// renegotiation.
            #[must_use]
            pub fn answering<F: Future<Output = Answer> + Send + 'static>(
                mut self,
                decide: impl Fn(Need) -> F + Send + Sync + 'static,
            ) -> Self {
                self.0.decide = Decide::by(decide);
                self
            }
        }

        /// The same with the transport itself.
        fn unwrapped<T>(failed: HandshakeError<Io<T>>) -> HandshakeError<T> {
            HandshakeError { error: failed.error, transport: failed.transport.0, diagnosis: failed.diagnosis }
        }

        impl fmt::Debug for TlsConnector {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct("TlsConnector").field("decide", &self.decide).finish_non_exhaustive()
            }
        }

        impl<T: fmt::Debug> fmt::Debug for LazyAcceptor<T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct("LazyAcceptor")
                    .field("client_hello", self.request.offer())
                    .field("transport", &self.stream.transport.0)
                    .finish_non_exhaustive()
            }
        }

        impl fmt::Debug for TlsAcceptor {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct("TlsAcceptor").field("decide", &self.decide).finish_non_exhaustive()
            }
        }

        impl<T: fmt::Debug> fmt::Debug for TlsStream<T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct("TlsStream")
                    .field("connection", self.connection())
                    .field("transport", self.transport())
                    .finish_non_exhaustive()
            }
        }
    };
}

pub(super) use endpoints;
