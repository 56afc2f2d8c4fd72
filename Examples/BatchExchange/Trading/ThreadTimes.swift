#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#else
internal import Darwin
#endif

/// How long a thread has worked and waited: what two readings differ by is accounted for, on a busy machine too.
public struct ThreadTimes: Codable, Sendable, Hashable {
    /// The system's monotonic clock, in nanoseconds.
    public var clock: UInt64
    /// How long a processor has worked for the thread, in nanoseconds.
    public var processor: UInt64
    /// How long it was ready to run, and no processor was free, in nanoseconds; 0 where the system does not tell.
    public var queued: UInt64

    /// These times.
    public init(clock: UInt64, processor: UInt64, queued: UInt64) {
        self.clock = clock
        self.processor = processor
        self.queued = queued
    }

    /// The calling thread's, now.
    public static var now: ThreadTimes {
        ThreadTimes(
            clock: nanoseconds(CLOCK_MONOTONIC), processor: nanoseconds(CLOCK_THREAD_CPUTIME_ID), queued: queuedTime)
    }

    /// How long processors have worked for this process, all threads in sum, in nanoseconds.
    public static var processorOfProcess: UInt64 { nanoseconds(CLOCK_PROCESS_CPUTIME_ID) }

    private static func nanoseconds(_ clock: clockid_t) -> UInt64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }

    /// The second number of Linux's `schedstat`.
    private static var queuedTime: UInt64 {
        let file = open("/proc/thread-self/schedstat", O_RDONLY)
        guard file >= 0 else { return 0 }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: 128)
        let count = read(file, &bytes, bytes.count)
        guard count > 0 else { return 0 }
        let words = String(decoding: bytes.prefix(count), as: UTF8.self).split(whereSeparator: \.isWhitespace)
        return words.count > 1 ? UInt64(words[1]) ?? 0 : 0
    }
}
