import NIOCore

/// How every connection begins, dialled or accepted.
enum ConnectionSetup {
    /// Sets a new channel's options and handlers; on its event loop, before it is active.
    ///
    /// - Parameter onFailure: called once, on the event loop, if no link comes of the connection.
    static func prepare(
        _ channel: any Channel, core: NetworkCore, role: ConnectionRole,
        onFailure: @escaping (PeerKey?, ConnectionEnd) -> Void
    ) throws {
        try SocketOptions.apply(to: channel, timing: core.configuration.timing)
        let pipeline = channel.pipeline.syncOperations
        try core.security.addHandlers(pipeline, role)
        try pipeline.addHandler(HandshakeHandler(core: core, role: role, onFailure: onFailure))
    }
}
