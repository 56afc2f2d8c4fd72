import Dispatch

@testable import HotStuff

/// Where a thread waits until a test lets it through.
final class Gate: Sendable {
    private let reached = Watched(false)
    private let semaphore = DispatchSemaphore(value: 0)

    /// Waits, on the calling thread, until the gate opens.
    func pass() {
        reached.update { $0 = true }
        semaphore.wait()
        semaphore.signal()
    }

    func waitUntilReached() async { await reached.waitToTheEnd { $0 ? () : nil } }

    /// Lets everyone through, from now on.
    func open() { semaphore.signal() }
}
