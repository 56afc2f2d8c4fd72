import Foundation
import HotStuff

/// How a long command shows that it is getting on: one line that is rewritten on a terminal, plain lines elsewhere.
final class Progress {
    private let descriptor: CInt
    /// Whether a person may be looking: else lines are written, and fewer.
    let isTerminal: Bool
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

    /// A bar that is full to this share, and the figures.
    static func bar(_ done: UInt64, of all: UInt64) -> String {
        let width = 30
        let full = done >= all ? width : Int(Double(done) / Double(all) * Double(width))
        return "[" + String(repeating: "#", count: full) + String(repeating: ".", count: width - full)
            + "] \(done) of \(all)"
    }

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
