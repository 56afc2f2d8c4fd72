/// What happens to connections; delivered on event loops, in order for each peer, and never left out.
///
/// For one peer, `connected` and `disconnected` alternate, and every frame of a connection is delivered between the
/// two.
public enum PeerEvent: Sendable, Hashable {
    /// A connection is ready to send and receive.
    case connected(PeerKey, Connection)
    /// The peer's connection is over; frames still queued for it are dropped and counted.
    case disconnected(PeerKey, ConnectionEnd)
    /// An accepted connection that never became ready; the key is what it claimed, nil if it claimed none.
    case refused(PeerKey?, address: String, ConnectionEnd)
    /// A dial that did not end in a connection; it is tried again, unless the peer has connected by itself meanwhile.
    case dialFailed(PeerKey, Endpoint, ConnectionEnd)
    /// The listener could not accept a connection, as when file descriptors have run out; it goes on listening.
    case acceptFailed(String)

    /// How a connection came to be.
    public struct Connection: Sendable, Hashable {
        /// Which side dialled.
        public var direction: Direction
        /// The far end's address as the system prints it.
        public var address: String
    }

    /// Which side dialled.
    public enum Direction: Sendable, Hashable {
        /// This side dialled.
        case dialled
        /// The peer dialled.
        case accepted
    }
}
