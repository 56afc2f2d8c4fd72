import Foundation
import Synchronization

/// A replica's control socket: a thread of its own that takes lines, has them answered, and sends the answers.
///
/// It keeps to limits on connections, on what a connection may have open, and on bytes that wait; whoever passes one is
/// disconnected, and nothing else happens.
final class ControlServer: Sendable {
    /// Answers a request, once, from any thread.
    typealias Respond = @Sendable (ControlRequest, @escaping @Sendable (ControlAnswer) -> Void) -> Void

    /// How many connections may be open.
    static let connectionsLimit = 16
    /// How many requests of one connection may wait for their answer before no more are read.
    static let openRequestsLimit = 4_096

    /// What other threads leave for the server's.
    fileprivate struct Mailbox {
        var answers: [(connection: UInt64, answer: ControlAnswer)] = []
        var isOver = false
    }

    /// Where the socket is.
    let path: String
    fileprivate let respond: Respond
    fileprivate let listener: Descriptor
    fileprivate let bell: (reading: Descriptor, writing: Descriptor)
    fileprivate let mailbox = Mutex(Mailbox())

    /// Listens at `path`; nothing is answered before `start`.
    init(path: String, _ respond: @escaping Respond) throws {
        self.path = path
        self.respond = respond
        listener = try UnixSocket.listen(at: path)
        bell = try Descriptor.pipe()
        bell.reading.stopBlocking()
        bell.writing.stopBlocking()
    }

    /// Starts the thread.
    func start() {
        let thread = Thread { [self] in
            var loop = ControlLoop(self)
            loop.run()
        }
        thread.name = "control"
        thread.start()
    }

    /// Takes no more connections; what is answered is still sent, as far as it goes without waiting.
    func stop() {
        unlink(path)
        mailbox.withLock { $0.isOver = true }
        ring()
    }

    /// An answer for a connection, which may be gone.
    fileprivate func post(_ answer: ControlAnswer, to connection: UInt64) {
        let wasEmpty = mailbox.withLock { mailbox in
            mailbox.answers.append((connection, answer))
            return mailbox.answers.count == 1
        }
        if wasEmpty { ring() }
    }

    private func ring() {
        // A full pipe has rung already.
        var byte: UInt8 = 0
        _ = write(bell.writing.number, &byte, 1)
    }
}

/// What the server's thread owns.
private struct ControlLoop {
    private final class Connection {
        let channel: LineChannel
        var openRequests = 0

        init(_ descriptor: Descriptor) { channel = LineChannel(descriptor) }
    }

    private let server: ControlServer
    private var connections: [UInt64: Connection] = [:]
    private var last: UInt64 = 0

    init(_ server: ControlServer) { self.server = server }

    mutating func run() {
        while true {
            let order = connections.keys.sorted()
            var polled = [
                pollfd(fd: server.bell.reading.number, events: Int16(POLLIN), revents: 0),
                pollfd(fd: server.listener.number, events: Int16(POLLIN), revents: 0),
            ]
            if connections.count >= ControlServer.connectionsLimit { polled[1].events = 0 }
            for number in order {
                guard let connection = connections[number] else { continue }
                let isRead = connection.openRequests < ControlServer.openRequestsLimit
                let events = (isRead ? POLLIN : 0) | (connection.channel.hasUnsent ? POLLOUT : 0)
                polled.append(
                    pollfd(fd: connection.channel.descriptor.number, events: Int16(events), revents: 0))
            }
            guard poll(&polled, nfds_t(polled.count), -1) >= 0 || errno == EINTR else { return }
            for (number, entry) in zip(order, polled.dropFirst(2)) {
                if entry.revents & Int16(POLLIN) != 0 {
                    serve(number)
                } else if entry.revents & Int16(POLLHUP | POLLERR) != 0 {
                    // Gone, and it was not being read as it is owed answers enough: nobody is left to get them.
                    connections[number] = nil
                }
            }
            if polled[1].revents != 0 { accept() }
            guard deliver() else { return }
            for (number, connection) in connections where connection.channel.end != nil { connections[number] = nil }
        }
    }

    /// Takes what a connection has sent.
    private func serve(_ number: UInt64) {
        guard let connection = connections[number] else { return }
        connection.channel.receive { line in
            connection.openRequests += 1
            let answer: @Sendable (ControlAnswer) -> Void = { [server] in server.post($0, to: number) }
            do throws(ControlRequest.Malformed) {
                server.respond(try ControlRequest(line: line), answer)
            } catch {
                answer(.refused(.init(code: .malformed, reason: error.reason)))
            }
        }
        if case .lineTooLong = connection.channel.end {
            // It cannot be told where the next request begins.
            let reason = "a line has more than \(LineChannel.longestLine) bytes"
            StandardOutput.write(
                ControlAnswer.refused(.init(code: .malformed, reason: reason)).line + "\n",
                to: connection.channel.descriptor.number)
        }
    }

    private mutating func accept() {
        while connections.count < ControlServer.connectionsLimit {
            guard let descriptor = UnixSocket.accept(at: server.listener) else { return }
            last += 1
            connections[last] = Connection(descriptor)
        }
    }

    /// Sends what has been answered; false once the server is at its end.
    private func deliver() -> Bool {
        var drain = [UInt8](repeating: 0, count: 64)
        while read(server.bell.reading.number, &drain, drain.count) > 0 {}
        let (answers, isOver) = server.mailbox.withLock { mailbox in
            defer { mailbox.answers = [] }
            return (mailbox.answers, mailbox.isOver)
        }
        for (number, answer) in answers {
            guard let connection = connections[number] else { continue }
            connection.openRequests -= 1
            connection.channel.send(answer.line)
        }
        for connection in connections.values where connection.channel.hasUnsent { connection.channel.flush() }
        return !isOver
    }
}
