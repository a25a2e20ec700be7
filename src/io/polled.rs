//! What the traits of tokio and futures-io for streams have in common: all of `AsyncBufRead`, and `AsyncWrite` but for a name.

/// Implements `AsyncBufRead` for what has `poll_fill` and `consume` inside, over transports with these traits.
macro_rules! buf_read {
    ($stream:ident: $($trait:ident)*) => {
        impl<T: $($trait +)* Unpin> AsyncBufRead for $stream<T> {
            fn poll_fill_buf(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<&[u8]>> {
                self.get_mut().0.poll_fill(cx)
            }

            fn consume(mut self: Pin<&mut Self>, amount: usize) {
                self.0.consume(amount);
            }
        }
    };
}

/// Implements `AsyncWrite` for what has `poll_write`, `poll_flush` and `poll_close` inside, over transports with these traits.
/// `$close` is the trait's name for the last, and `$more` the methods that only one of the two traits has.
macro_rules! write {
    ($stream:ident: $($trait:ident)*, $close:ident $($more:tt)*) => {
        impl<T: $($trait +)* Unpin> AsyncWrite for $stream<T> {
            fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
                self.poll_write_vectored(cx, &[IoSlice::new(buf)])
            }

            fn poll_write_vectored(
                mut self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                bufs: &[IoSlice<'_>],
            ) -> Poll<io::Result<usize>> {
                self.0.poll_write(cx, bufs)
            }

            fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
                self.0.poll_flush(cx)
            }

            fn $close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
                self.0.poll_close(cx)
            }

            $($more)*
        }
    };
}

pub(super) use {buf_read, write};
