#if canImport(Glibc)
internal import Glibc
#elseif canImport(Darwin)
internal import Darwin
#endif

/// Knows which threads of this process have a transaction of one environment open, and keeps new ones out while the
/// map is replaced, after the environment died, and once it is closed.
///
/// LMDB asks of its caller that no transaction be open in the process when the map is resized or the environment
/// closed; it doesn't check, and a breach is a read of unmapped memory.
///
/// `@unchecked Sendable`: every mutable property is touched under `mutex` only.
final class TransactionGate: @unchecked Sendable {
    /// Why a transaction may not begin, or the environment not be had alone.
    enum Refusal {
        /// A write failed before; the error that it failed with.
        case dead(LMDBError)
        /// The environment was closed.
        case closed
        /// That many transactions are open.
        case busy(Int)
    }

    private struct Holder: Equatable {
        let thread: UInt
        let isWriter: Bool
    }

    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var holders: [Holder] = []
    private var isHeldAlone = false
    private var refusal: Refusal?

    init() {
        precondition(pthread_mutex_init(mutex, nil) == 0 && pthread_cond_init(changed, nil) == 0)
    }

    deinit {
        pthread_cond_destroy(changed)
        pthread_mutex_destroy(mutex)
        changed.deallocate()
        mutex.deallocate()
    }

    /// The calling thread, told from every other that lives.
    static var currentThread: UInt {
        #if canImport(Darwin)
        UInt(bitPattern: pthread_self())
        #else
        UInt(pthread_self())
        #endif
    }

    /// Lets the calling thread begin a transaction, after waiting for the end of an exclusive operation if one is
    /// pending; to be followed by one ``leave(thread:isWriter:)``.
    ///
    /// Traps where LMDB would wait for ever: a thread that begins a second write transaction.
    func enter(isWriter: Bool) -> Refusal? {
        let thread = TransactionGate.currentThread
        return withLock {
            precondition(
                !isWriter || !holders.contains(Holder(thread: thread, isWriter: true)),
                "a thread may have one write transaction at a time")
            // A thread that is inside already is let through, or it and whoever waits for it to leave would wait for
            // each other.
            let isInside = holders.contains { $0.thread == thread }
            while isHeldAlone && !isInside { pthread_cond_wait(changed, mutex) }
            if let refusal { return refusal }
            holders.append(Holder(thread: thread, isWriter: isWriter))
            return nil
        }
    }

    /// Ends what ``enter(isWriter:)`` of that thread began.
    func leave(thread: UInt, isWriter: Bool) {
        withLock {
            guard let index = holders.lastIndex(of: Holder(thread: thread, isWriter: isWriter)) else {
                preconditionFailure("a transaction ended that was never begun")
            }
            holders.remove(at: index)
            pthread_cond_broadcast(changed)
        }
    }

    /// Whether the calling thread has a transaction open.
    var isHeldByThisThread: Bool {
        let thread = TransactionGate.currentThread
        return withLock { holders.contains { $0.thread == thread } }
    }

    /// Whether the calling thread has a write transaction open.
    var isHeldByThisThreadsWriter: Bool {
        let thread = TransactionGate.currentThread
        return withLock { holders.contains(Holder(thread: thread, isWriter: true)) }
    }

    /// Makes every later ``enter(isWriter:)`` refuse with the first such error.
    func markDead(_ error: LMDBError) {
        withLock { if refusal == nil { refusal = .dead(error) } }
    }

    /// Runs `body` while no transaction is open in the process and none can begin.
    ///
    /// - Parameter waits: wait for open transactions to end, letting no new ones begin meanwhile; or refuse. The
    ///   calling thread's own are never waited for.
    func alone(waits: Bool, _ body: () -> Void) -> Refusal? {
        let thread = TransactionGate.currentThread
        var isAlone = false
        let refused: Refusal? = withLock {
            // Before any waiting: whoever waits for this thread to leave would wait for ever.
            if holders.contains(where: { $0.thread == thread }) { return .busy(holders.count) }
            while isHeldAlone { pthread_cond_wait(changed, mutex) }
            if refusal == nil, !waits, !holders.isEmpty { return .busy(holders.count) }
            isHeldAlone = true
            isAlone = true
            while !holders.isEmpty { pthread_cond_wait(changed, mutex) }
            return refusal
        }
        if refused == nil { body() }
        if isAlone { endBeingAlone() }
        return refused
    }

    /// Refuses every later transaction, waits for the open ones to end, and then runs `body`; the first time only.
    ///
    /// Traps if the calling thread has a transaction open, since it would wait for itself.
    func close(_ body: () -> Void) {
        let thread = TransactionGate.currentThread
        let isFirst = withLock {
            precondition(
                !holders.contains { $0.thread == thread }, "an environment can't be closed within its transaction")
            while isHeldAlone { pthread_cond_wait(changed, mutex) }
            if case .closed = refusal { return false }
            refusal = .closed
            isHeldAlone = true
            while !holders.isEmpty { pthread_cond_wait(changed, mutex) }
            return true
        }
        guard isFirst else { return }
        body()
        endBeingAlone()
    }

    private func endBeingAlone() {
        withLock {
            isHeldAlone = false
            pthread_cond_broadcast(changed)
        }
    }

    private func withLock<Result>(_ body: () -> Result) -> Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return body()
    }
}
