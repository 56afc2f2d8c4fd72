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
        let progress = Task { [events = replica.events] in await Self.showRecovery(events) }
        do {
            try await cancelWhenGracefulShutdown { try await replica.start() }
        } catch {
            await progress.stop()
            if error is CancellationError { return }
            throw error
        }
        await progress.stop()
        let server = openControlSocket(desk)
        announce(replica, server)
        await cancelWhenGracefulShutdown { await replica.waitUntilStopping() }
        server?.stop()
        try await replica.stop()
        stopped(replica.status)
    }

    /// Shows on a terminal how far the state machine has recovered; elsewhere the replica's log says it.
    private static func showRecovery(_ events: Events) async {
        let progress = Progress(descriptor: STDERR_FILENO)
        guard progress.isTerminal else { return }
        for await case .recovering(let height, let tip) in events {
            progress.show { "\(Progress.bar(height.rawValue, of: tip.rawValue)) blocks taken up again" }
        }
        progress.end()
    }

    private func makeReplica(_ board: MachineBoard) throws -> Replica {
        switch application {
        case .keyValue:
            return try Replica(configuration: configuration) { context in
                board.commands = context.commands
                return CommandBlocks(ShownCommands(KeyValue(), on: board), context: context)
            }
        case .storedKeyValue:
            return try Replica(configuration: configuration) { context in
                board.commands = context.commands
                let machine = try StoredKeyValue(directory: context.directory)
                return CommandBlocks(ShownCommands(machine, on: board), context: context)
            }
        case .speculativeKeyValue:
            return try Replica(configuration: configuration) { context in
                board.commands = context.commands
                return try SpeculativeKeyValue(context: context) { position, commands, digest in
                    board.update { picture in
                        picture.height = position.height.rawValue
                        picture.blocks += 1
                        picture.commands += commands
                        picture.digest = digest?.hexadecimalText
                    }
                }
            }
        case .synthetic(let load):
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

extension Task where Success == Void, Failure == Never {
    /// Cancels the task, and returns when it has ended.
    fileprivate func stop() async {
        cancel()
        await value
    }
}
