import Foundation
import HotStuff

/// How long this machine's processors have worked, and for how much of that these processes were the reason: the rest is
/// other work, which a measurement on a shared machine must tell.
struct ProcessorUse: Sendable, Hashable {
    /// When this was read.
    let time: Timestamp
    /// All processors, for whatever, in the system's ticks.
    let all: Int
    /// The processes' part of it.
    let own: Int

    private static let ticksPerSecond = Double(sysconf(Int32(_SC_CLK_TCK)))

    /// Reads it now, of this process and `others`; nil where the system does not tell.
    static func now(with others: [Int32] = []) -> ProcessorUse? {
        guard let line = words(of: "/proc/stat", after: nil), line.count > 8 else { return nil }
        // cpu user nice system idle iowait irq softirq steal
        let all = [1, 2, 3, 6, 7, 8].reduce(0) { $0 + (Int(line[$1]) ?? 0) }
        var own = 0
        for process in others + [getpid()] {
            // After the name in brackets, which may hold anything: utime and stime are the 12th and 13th.
            guard let line = words(of: "/proc/\(process)/stat", after: ")"), line.count > 12 else { return nil }
            own += (Int(line[11]) ?? 0) + (Int(line[12]) ?? 0)
        }
        return ProcessorUse(time: ReplicaClock.monotonic.now, all: all, own: own)
    }

    /// How many processors have worked for anything else since `earlier`, on average.
    func othersShare(since earlier: ProcessorUse) -> Double {
        let ticks = (time - earlier.time) / .seconds(1) * Self.ticksPerSecond
        return ticks > 0 ? max(0, Double(all - earlier.all - (own - earlier.own)) / ticks) : 0
    }

    /// The words of a file's first line, from behind the last `mark` on.
    private static func words(of path: String, after mark: Character?) -> [Substring]? {
        guard let text = try? String(contentsOfFile: path, encoding: .utf8),
            let line = text.split(separator: "\n", maxSplits: 1).first
        else { return nil }
        guard let mark else { return line.split(separator: " ") }
        return line.lastIndex(of: mark).map { line[line.index(after: $0)...].split(separator: " ") }
    }
}
