import NIOCore

/// Which end of a connection this side is, and whom it expects at the other.
enum ConnectionRole: Sendable, Equatable {
    /// This side dialled that peer.
    case dialled(PeerKey)
    /// The peer dialled; who it is, its hello says.
    case accepted

    /// The role without the peer.
    var direction: PeerEvent.Direction { self == .accepted ? .accepted : .dialled }
}

/// What stands between the socket and the hello, and what it proves: the place of mutual TLS.
///
/// `plain` proves nothing: whoever names a key is believed, so a stranger can take a peer's place. Then only what is
/// signed inside the frames can be relied on.
struct ConnectionSecurity: Sendable {
    /// Adds handlers to a pipeline that has none yet; called on the channel's event loop.
    ///
    /// An error ends the connection.
    let addHandlers: @Sendable (ChannelPipeline.SynchronousOperations, ConnectionRole) throws -> Void
    /// The key that the far end has proved to own by the time its hello is here; nil if nothing was proved.
    ///
    /// A hello that names another key ends the connection.
    let provenKey: @Sendable (ChannelPipeline.SynchronousOperations) -> PeerKey?

    /// No protection, no proof.
    static let plain = ConnectionSecurity(addHandlers: { _, _ in }, provenKey: { _ in nil })
}
