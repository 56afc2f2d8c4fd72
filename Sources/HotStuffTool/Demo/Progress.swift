import Foundation
import HotStuff

/// How a long command shows that it is getting on: one line that is rewritten on a terminal, plain lines elsewhere.
final class Progress {
    private let descriptor: CInt
    private let isTerminal: Bool
    private let clock = ReplicaClock.monotonic
    private var isLineOpen = false
    private var due = Timestamp.zero

    /// Writes to this descriptor.
    init(descriptor: CInt) {
        self.descriptor = descriptor
        isTerminal = isatty(descriptor) == 1
    }

    /// How long a line stays before the next.
    var interval: Duration { isTerminal ? .milliseconds(100) : .seconds(1) }

    /// Something worth keeping on the screen.
    func say(_ line: String) {
        end()
        StandardOutput.write(line + "\n", to: descriptor)
    }

    /// Where things stand; shown if it is time for that again.
    func show(_ line: () -> String) {
        let now = clock.now
        guard now >= due else { return }
        due = now + interval
        if isTerminal {
            StandardOutput.write("\r" + line() + "\u{1b}[K", to: descriptor)
            isLineOpen = true
        } else {
            StandardOutput.write(line() + "\n", to: descriptor)
        }
    }

    /// Ends the line that is being rewritten.
    func end() {
        if isLineOpen { StandardOutput.write("\n", to: descriptor) }
        isLineOpen = false
    }
}
