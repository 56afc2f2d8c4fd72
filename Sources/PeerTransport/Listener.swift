import NIOCore
import NIOPosix

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// Accepts connections at one address.
struct Listener: Sendable {
    private let channel: any Channel

    /// Connections the system may hold that have not been accepted.
    private static let backlog: CInt = 256

    /// Listens, and hands every connection to a handshake.
    ///
    /// - Throws: ``PeerNetworkError`` that names the address.
    init(at endpoint: Endpoint, group: any EventLoopGroup, core: NetworkCore) async throws {
        do {
            channel = try await ServerBootstrap(group: group)
                .serverChannelOption(.backlog, value: Self.backlog)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .serverChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(AcceptFailureHandler(core: core))
                    }
                }
                .childChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture { try Self.accept(channel, core: core) }
                }
                .bind(host: endpoint.host, port: Int(endpoint.port)).get()
        } catch let error as IOError where error.errnoCode == EADDRINUSE {
            throw PeerNetworkError.addressInUse(endpoint)
        } catch {
            throw PeerNetworkError.cannotListen(endpoint, reason: String(describing: error))
        }
    }

    /// The port that is listened at.
    var port: UInt16 { UInt16(clamping: channel.localAddress?.port ?? 0) }

    /// Accepts no more, and gives the port back.
    func close() async {
        do {
            try await channel.close().get()
        } catch {
            // It was closed already: that is what was asked for.
        }
    }

    private static func accept(_ channel: any Channel, core: NetworkCore) throws {
        let address = channel.remoteAddress.map { "\($0)" } ?? "unknown"
        do {
            try ConnectionSetup.prepare(channel, core: core, role: .accepted) { claimed, reason in
                core.onEvent(.refused(claimed, address: address, reason))
            }
        } catch {
            // As when the peer has hung up already; the listener closes the channel.
            let reason = ConnectionEnd.failed(String(describing: error))
            core.counters.end(reason)
            core.onEvent(.refused(nil, address: address, reason))
            throw error
        }
        core.table.beginHandshake(channel)?.pipeline.fireUserInboundEventTriggered(HandshakeHandler.Eviction())
    }
}

/// Reports that connections can't be accepted, and rests the listener for a moment: the connection that could not be
/// accepted is still there, so trying at once would spin.
private final class AcceptFailureHandler: ChannelDuplexHandler {
    typealias InboundIn = any Channel
    typealias OutboundIn = any Channel

    private static let rest = TimeAmount.milliseconds(100)

    private let core: NetworkCore
    private var isResting = false

    init(core: NetworkCore) { self.core = core }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        core.onEvent(.acceptFailed(String(describing: error)))
        guard !isResting else { return }
        isResting = true
        let bound = NIOLoopBound((handler: self, context: context), eventLoop: context.eventLoop)
        context.eventLoop.scheduleTask(in: Self.rest) {
            bound.value.handler.isResting = false
            bound.value.context.read()
        }
    }

    func read(context: ChannelHandlerContext) {
        if !isResting { context.read() }
    }
}
