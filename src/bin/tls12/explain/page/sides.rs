//! A value for each side.

use tls12::inspect::Direction;

/// A value of the client, and one of the server.
#[derive(Default)]
pub struct Sides<T> {
    pub client: T,
    pub server: T,
}

impl<T> Sides<T> {
    pub const fn of(&self, direction: Direction) -> &T {
        match direction {
            Direction::ClientToServer => &self.client,
            Direction::ServerToClient => &self.server,
        }
    }

    pub const fn of_mut(&mut self, direction: Direction) -> &mut T {
        match direction {
            Direction::ClientToServer => &mut self.client,
            Direction::ServerToClient => &mut self.server,
        }
    }
}
