/// Appends little-endian integers and bytes to a payload in the making.
///
/// A payload's final size is limited when it is proposed; appending itself is bounded by memory only.
public struct PayloadWriter: ~Copyable {
    private var buffer: UnsafeMutableRawBufferPointer
    private var count = 0

    init(capacity: Int) {
        buffer = .allocate(byteCount: max(capacity, 16), alignment: 16)
    }

    deinit { buffer.deallocate() }

    /// Appends `value` in as many bytes as its type has, least significant first.
    public mutating func append<T: FixedWidthInteger>(_ value: T) {
        withUnsafeBytes(of: value.littleEndian) { append(copying: $0) }
    }

    /// Appends `bytes`.
    public mutating func append(_ bytes: some Sequence<UInt8>) {
        if bytes.withContiguousStorageIfAvailable({ append(copying: UnsafeRawBufferPointer($0)) }) != nil { return }
        for byte in bytes { append(byte) }
    }

    /// Appends `bytes`.
    public mutating func append(_ bytes: RawSpan) {
        bytes.withUnsafeBytes { append(copying: $0) }
    }

    /// Appends all bytes of `payload`.
    public mutating func append(_ payload: Payload) {
        payload.withUnsafeBytes { append(copying: $0) }
    }

    /// Hands out room for `count` bytes to fill; what was filled is appended.
    public mutating func append<E: Error>(
        count: Int, _ fill: (inout OutputRawSpan) throws(E) -> Void
    ) throws(E) {
        precondition(count >= 0, "a payload cannot grow by \(count) bytes")
        reserve(count)
        let room = UnsafeMutableRawBufferPointer(rebasing: buffer[self.count..<(self.count + count)])
        var span = OutputRawSpan(buffer: room, initializedCount: 0)
        try fill(&span)
        self.count += span.finalize(for: room)
    }

    /// Makes the payload of what was appended, and leaves nothing behind.
    consuming func finish() -> Payload {
        nonisolated(unsafe) let memory = buffer  // handed over: only the payload has it from here on, and frees it once
        let filled = UnsafeRawBufferPointer(rebasing: memory[0..<count])
        discard self
        guard !filled.isEmpty else {
            memory.deallocate()
            return .empty
        }
        return Payload(adopting: filled) { memory.deallocate() }
    }

    private mutating func append(copying bytes: UnsafeRawBufferPointer) {
        guard !bytes.isEmpty else { return }
        reserve(bytes.count)
        UnsafeMutableRawBufferPointer(rebasing: buffer[count..<(count + bytes.count)]).copyMemory(from: bytes)
        count += bytes.count
    }

    private mutating func reserve(_ more: Int) {
        guard buffer.count - count < more else { return }
        let larger = UnsafeMutableRawBufferPointer.allocate(
            byteCount: max(count + more, buffer.count * 2), alignment: 16)
        larger.copyMemory(from: UnsafeRawBufferPointer(rebasing: buffer[0..<count]))
        buffer.deallocate()
        buffer = larger
    }
}

/// Reads what `PayloadWriter` wrote; every read answers nil where the bytes do not reach, and then moves nothing.
public struct PayloadReader: Sendable {
    private let payload: Payload
    private var offset = 0

    init(_ payload: Payload) { self.payload = payload }

    /// How many bytes have not been read.
    public var remaining: Int { payload.count - offset }

    /// Whether all bytes have been read.
    public var isAtEnd: Bool { remaining == 0 }

    /// The next integer, least significant byte first.
    public mutating func read<T: FixedWidthInteger>(_ type: T.Type = T.self) -> T? {
        let size = T.bitWidth / 8
        guard size <= remaining else { return nil }
        let value = payload.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: T.self) }
        offset += size
        return T(littleEndian: value)
    }

    /// The next `count` bytes, sharing the payload's memory.
    public mutating func read(count: Int) -> Payload? {
        guard count >= 0, count <= remaining, let part = payload[offset..<(offset + count)] else { return nil }
        offset += count
        return part
    }
}
