import Foundation
import HotStuff
import KeyValue
import ServiceLifecycle

/// A replica, its state machine and its control socket, from start to stop.
struct ReplicaService: Service {
    /// The replica's configuration.
    let configuration: HotStuff.Configuration
    /// Which state machine it runs.
    let application: Application
    /// Told where the replica stood when it has stopped.
    let stopped: @Sendable (ReplicaStatus) -> Void

    /// The control socket's name in a replica's directory.
    static let socketName = "control.sock"

    /// Starts, serves until a graceful shutdown or until the replica can't go on, and stops.
    ///
    /// - Throws: what stopped the replica.
    func run() async throws {
        let board = MachineBoard()
        let replica = try makeReplica(board)
        let desk = ControlDesk(replica, key: configuration.identity.key, board: board)
        board.onChange { desk.changed() }
        let events = replica.events
        do {
            try await cancelWhenGracefulShutdown { try await replica.start() }
        } catch is CancellationError {
            return
        }
        let server = openControlSocket(desk)
        announce(replica, server)
        await cancelWhenGracefulShutdown { for await _ in events { desk.changed() } }
        server?.stop()
        try await replica.stop()
        stopped(replica.status)
    }

    private func makeReplica(_ board: MachineBoard) throws -> Replica {
        switch application {
        case .keyValue:
            return try Replica(configuration: configuration) { context in
                board.commands = context.commands
                return CommandBlocks(ShownCommands(KeyValue(), on: board), context: context)
            }
        case .synthetic(let load):
            var configuration = configuration
            configuration.pacemaker = MarkingPacemaker(base: configuration.pacemaker, board: board)
            let clock = configuration.clock
            return try Replica(configuration: configuration) { _ in SyntheticMachine(load, on: board, clock: clock) }
        }
    }

    /// A replica serves without its control socket too, for instance where the directory's path is too long for one.
    private func openControlSocket(_ desk: ControlDesk) -> ControlServer? {
        let path = "\(configuration.directory)/\(Self.socketName)"
        do {
            let server = try ControlServer(path: path) { desk.respond(to: $0, $1) }
            server.start()
            return server
        } catch {
            configuration.logger.warning("runs without a control socket", metadata: ["cause": "\(error)"])
            return nil
        }
    }

    private func announce(_ replica: Replica, _ server: ControlServer?) {
        let status = replica.status
        let endpoint = Endpoint(host: configuration.listen.host, port: status.listeningPort)
        let control = server.map { "control socket \($0.path)" } ?? "no control socket"
        let kept = configuration.retention == .everything ? "" : ", keeps \(configuration.retention)"
        StandardOutput.write(
            "replica \(configuration.identity.key) is ready at \(endpoint), committed height "
                + "\(status.committed.height)\(kept), \(control)")
    }
}
