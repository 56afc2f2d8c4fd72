import Foundation

/// A child process that ends when its parent does: it watches its standard input, whose other end only the parent holds.
///
/// Owned by one thread. It is in a process group of its own, so that Ctrl-C reaches the parent alone, which then ends
/// it in order.
final class ChildProcess {
    /// The system's number for it.
    let id: pid_t
    /// What it writes to standard output.
    let output: LineChannel
    /// How it ended; nil while it runs.
    private(set) var end: End?
    private var input: Descriptor?

    /// How a process ended.
    enum End: Sendable, Hashable, CustomStringConvertible {
        /// By itself, with this code.
        case exit(CInt)
        /// By this signal.
        case signal(CInt)

        /// In words.
        var description: String {
            switch self {
            case .exit(let code): "ended with exit code \(code)"
            case .signal(let number): "was ended by signal \(number)"
            }
        }
    }

    /// Starts `arguments`, of which the first is the program's path; its standard error is added to the file `log`.
    ///
    /// - Parameter environment: what its environment has beside, or in place of, what this process's has.
    init(_ arguments: [String], log: String, environment: [String: String] = [:]) throws {
        let (inputReading, inputWriting) = try Descriptor.pipe()
        let (outputReading, outputWriting) = try Descriptor.pipe()
        let file = open(log, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        guard file >= 0 else { throw ToolError(system: "cannot write to \(log)") }
        let errors = Descriptor(file)
        id = try Self.spawn(arguments, environment, [inputReading, outputWriting, errors])
        input = inputWriting
        outputReading.stopBlocking()
        output = LineChannel(outputReading)
    }

    deinit {
        guard end == nil else { return }
        kill(SIGKILL)
        waitForEnd()
    }

    /// Sends it a signal, if it still runs.
    func kill(_ signal: CInt) {
        // Until it is waited for, its number is nobody else's.
        if end == nil { Foundation.kill(id, signal) }
    }

    /// Tells it that its parent needs it no longer.
    func closeInput() { input = nil }

    /// Waits until it has ended.
    @discardableResult
    func waitForEnd() -> End {
        if let end { return end }
        var status: CInt = 0
        while waitpid(id, &status, 0) < 0, errno == EINTR {}
        let end: End = status & 0x7f == 0 ? .exit(status >> 8 & 0xff) : .signal(status & 0x7f)
        self.end = end
        return end
    }

    /// Starts a program with these descriptors as standard input, output and error.
    private static func spawn(
        _ arguments: [String], _ environment: [String: String], _ descriptors: [Descriptor]
    ) throws -> pid_t {
        #if canImport(Darwin)
        var actions: posix_spawn_file_actions_t?
        var attributes: posix_spawnattr_t?
        #else
        var actions = posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
        #endif
        posix_spawn_file_actions_init(&actions)
        posix_spawnattr_init(&attributes)
        defer {
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
        }
        for (place, descriptor) in descriptors.enumerated() {
            posix_spawn_file_actions_adddup2(&actions, descriptor.number, CInt(place))
        }
        // Signals that this process ignores would stay ignored in the child.
        var defaults = sigset_t()
        sigemptyset(&defaults)
        for signal in [SIGINT, SIGTERM, SIGPIPE] { sigaddset(&defaults, signal) }
        posix_spawnattr_setsigdefault(&attributes, &defaults)
        posix_spawnattr_setpgroup(&attributes, 0)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP) | Int16(POSIX_SPAWN_SETSIGDEF))
        var words = arguments.map { strdup($0) } + [nil]
        let values = ProcessInfo.processInfo.environment.merging(environment) { _, own in own }
        var settings = values.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for word in words + settings { free(word) } }
        var id = pid_t()
        let result = posix_spawn(&id, arguments[0], &actions, &attributes, &words, &settings)
        guard result == 0 else {
            throw ToolError(
                "cannot start \(arguments[0]): \(String(cString: strerror(result)))", remedy: "build the tool anew")
        }
        return id
    }
}
