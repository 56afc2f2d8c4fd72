internal import Synchronization

/// Immutable, reference-counted bytes of one block; passing it on copies a pointer, keeping it keeps the bytes.
public struct Payload: Sendable, Hashable {
    private let storage: Storage
    private let range: Range<Int>

    /// The payload with no bytes, which is *no block*: a nudge's.
    public static let empty = Payload(storage: Storage(UnsafeRawBufferPointer(start: nil, count: 0)) {}, range: 0..<0)

    /// Writes into one buffer that becomes the payload; `capacity` is a hint, in bytes.
    public init(capacity: Int = 64, _ write: (inout PayloadWriter) throws -> Void) rethrows {
        var writer = PayloadWriter(capacity: capacity)
        try write(&writer)
        self = writer.finish()
    }

    /// A copy of `bytes`.
    public init(bytes: [UInt8]) {
        self.init(capacity: bytes.count) { $0.append(bytes.span.bytes) }
    }

    /// Takes over memory that the caller filled and no longer changes.
    ///
    /// `release` runs once, on any thread, when the last user is done.
    public init(adopting bytes: UnsafeRawBufferPointer, release: @escaping @Sendable () -> Void) {
        self.init(storage: Storage(bytes, release: release), range: 0..<bytes.count)
    }

    private init(storage: Storage, range: Range<Int>) {
        self.storage = storage
        self.range = range
    }

    /// How many bytes there are.
    public var count: Int { range.count }

    /// Whether this is *no block*.
    public var isEmpty: Bool { range.isEmpty }

    /// The Merkle root that a block's header carries (`Documentation/WireFormat.md`).
    ///
    /// Computed by whoever asks first and remembered, except for a part of a payload.
    public var digest: Digest {
        guard range.count == storage.bytes.count else {
            return PayloadDigest.root(of: UnsafeRawBufferPointer(rebasing: storage.bytes[range]))
        }
        return storage.digest
    }

    /// Borrows the bytes where they lie.
    public func withBytes<R, E: Error>(_ body: (RawSpan) throws(E) -> R) throws(E) -> R {
        try body(UnsafeRawBufferPointer(rebasing: storage.bytes[range]).bytes)
    }

    /// Borrows the bytes where they lie, for C and for system calls; the pointer must not outlive the call.
    public func withUnsafeBytes<R, E: Error>(_ body: (UnsafeRawBufferPointer) throws(E) -> R) throws(E) -> R {
        try body(UnsafeRawBufferPointer(rebasing: storage.bytes[range]))
    }

    /// A cursor whose every read is bounds-checked and answers nil at the end; it never traps.
    public var reader: PayloadReader { PayloadReader(self) }

    /// A part that shares these bytes; nil if `part` does not lie within them.
    public subscript(part: Range<Int>) -> Payload? {
        guard part.lowerBound >= 0, part.upperBound <= count else { return nil }
        let start = range.lowerBound + part.lowerBound
        return Payload(storage: storage, range: start..<(start + part.count))
    }

    public static func == (left: Payload, right: Payload) -> Bool {
        guard left.count == right.count else { return false }
        if left.storage === right.storage, left.range == right.range { return true }
        return left.withUnsafeBytes { left in right.withUnsafeBytes { left.elementsEqual($0) } }
    }

    public func hash(into hasher: inout Hasher) { withUnsafeBytes { hasher.combine(bytes: $0) } }

    /// The memory itself.
    ///
    /// Unchecked, since a pointer is not `Sendable`: the bytes behind it do not change from `init` to `deinit`, and
    /// the only other state, the digest, is behind a lock.
    fileprivate final class Storage: @unchecked Sendable {
        let bytes: UnsafeRawBufferPointer
        private let release: @Sendable () -> Void
        private let knownDigest = Mutex<Digest?>(nil)

        init(_ bytes: UnsafeRawBufferPointer, release: @escaping @Sendable () -> Void) {
            self.bytes = bytes
            self.release = release
        }

        deinit { release() }

        var digest: Digest {
            if let known = knownDigest.withLock({ $0 }) { return known }
            // Not under the lock: 64 MiB take 30 ms, and two threads that race only do the same work twice.
            let computed = PayloadDigest.root(of: bytes)
            knownDigest.withLock { $0 = computed }
            return computed
        }
    }
}
