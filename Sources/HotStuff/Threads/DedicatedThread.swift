import Dispatch

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// A thread for one owner's work, for as long as that lasts.
///
/// A class that owns sockets, files or a state machine can be made here and sent to its thread; the compiler sees to
/// it that nobody touches it afterwards.
enum DedicatedThread {
    /// Stack for a thread that runs only this package's code.
    static let smallStack = 1 << 20
    /// Stack for a thread that runs a user's code, which may recurse; it costs addresses only until it is used.
    static let largeStack = 16 << 20

    /// Runs `body` on a thread of its own, which the system shows by this name, then lets go of everything that `body`
    /// holds, then calls `whenEnded` there.
    ///
    /// - Throws: `ReplicaError` if the system has no thread left.
    static func start(
        _ name: String, stack: Int = smallStack, _ body: sending @escaping () -> Void,
        whenEnded: @escaping @Sendable () -> Void
    ) throws {
        let start = Start(name: name, body: body, whenEnded: whenEnded)
        let argument = Unmanaged.passRetained(start)
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        defer { pthread_attr_destroy(&attributes) }
        pthread_attr_setstacksize(&attributes, stack)
        pthread_attr_setdetachstate(&attributes, CInt(PTHREAD_CREATE_DETACHED))
        #if canImport(Darwin)
        var thread: pthread_t?
        #else
        var thread = pthread_t()
        #endif
        let result = pthread_create(
            &thread, &attributes,
            { argument in
                #if canImport(Darwin)
                let raw: UnsafeMutableRawPointer? = argument
                #else
                let raw = argument
                #endif
                if let raw { Unmanaged<Start>.fromOpaque(raw).takeRetainedValue().run() }
                return nil
            }, argument.toOpaque())
        guard result == 0 else {
            argument.release()
            throw ReplicaError(
                .unsupported, "the system refuses another thread: \(String(cString: strerror(result)))",
                remedy: "raise the limit of threads, or end other processes")
        }
    }

    /// What a thread is given.
    private final class Start {
        private let name: String
        private var body: (() -> Void)?
        private let whenEnded: @Sendable () -> Void

        init(name: String, body: sending @escaping () -> Void, whenEnded: @escaping @Sendable () -> Void) {
            self.name = name
            self.body = body
            self.whenEnded = whenEnded
        }

        func run() {
            showName()
            body?()
            body = nil  // a log that it holds must be closed before anyone hears that the thread has ended
            whenEnded()
        }

        /// Gives the thread its name; one without it works as well.
        private func showName() {
            #if canImport(Darwin)
            pthread_setname_np(name)
            #else
            // The C library's own way is not among what Swift imports of it.
            let file = open("/proc/thread-self/comm", O_WRONLY | O_CLOEXEC)
            guard file >= 0 else { return }
            _ = name.utf8.withContiguousStorageIfAvailable { write(file, $0.baseAddress, $0.count) }
            close(file)
            #endif
        }
    }
}
