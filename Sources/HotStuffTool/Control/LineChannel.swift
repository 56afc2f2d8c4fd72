import Foundation

/// Lines in and out of a socket, or out of a pipe, that never blocks; owned by one thread, which polls.
///
/// Bounded both ways: a line that does not end, or a reader that does not read, ends the channel.
final class LineChannel {
    /// The descriptor, to poll.
    let descriptor: Descriptor
    /// Why nothing more comes; nil while it may.
    private(set) var end: End?
    private var unread: [UInt8] = []
    private var unsent: [UInt8] = []
    private let longestLine: Int

    /// Bytes that may wait to be sent.
    static let unsentLimit = 16 << 20
    /// Bytes of a line, if nothing else is said.
    static let longestLine = 64 << 10

    /// Why a channel ended.
    enum End: Sendable {
        /// The other side closed it, or is gone.
        case closed
        /// The other side sent a line that is too long.
        case lineTooLong
        /// The other side does not read what it asked for.
        case unreadAnswers
    }

    /// A channel over a descriptor that does not block.
    init(_ descriptor: Descriptor, longestLine: Int = LineChannel.longestLine) {
        self.descriptor = descriptor
        self.longestLine = longestLine
    }

    /// Whether something waits to be sent.
    var hasUnsent: Bool { !unsent.isEmpty }

    /// Reads some of what has come, and gives `body` each whole line without its end.
    ///
    /// One chunk a call: the rest stays with the system, so that one that writes without pause cannot keep its reader
    /// from everybody else, nor make it owe answers without bound. Lines that came before the end are still given.
    func receive(_ body: ([UInt8]) throws -> Void) rethrows {
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while end == nil {
            let count = read(descriptor.number, &chunk, chunk.count)
            if count > 0 {
                unread += chunk[..<count]
                try giveLines(body)
                if unread.count > longestLine { end = .lineTooLong }
                return
            } else if count == 0 || (errno != EAGAIN && errno != EINTR) {
                end = .closed
            } else if errno == EAGAIN {
                return
            }
        }
    }

    /// Queues a line; `flush` sends it.
    func send(_ line: String) {
        guard end == nil else { return }
        guard unsent.count + line.utf8.count < Self.unsentLimit else {
            end = .unreadAnswers
            return
        }
        unsent += Array(line.utf8)
        unsent.append(UInt8(ascii: "\n"))
    }

    /// Sends as much as the other side takes.
    func flush() {
        var sent = 0
        while sent < unsent.count, end == nil {
            let count = unsent[sent...].withUnsafeBytes {
                Foundation.send(descriptor.number, $0.baseAddress, $0.count, UnixSocket.noSignal)
            }
            if count > 0 {
                sent += count
            } else if errno == EAGAIN {
                break
            } else if errno != EINTR {
                end = .closed
            }
        }
        unsent.removeFirst(sent)
    }

    private func giveLines(_ body: ([UInt8]) throws -> Void) rethrows {
        var start = 0
        while let newline = unread[start...].firstIndex(of: UInt8(ascii: "\n")) {
            defer { start = newline + 1 }
            try body(Array(unread[start..<newline]))
        }
        unread.removeFirst(start)
    }
}
