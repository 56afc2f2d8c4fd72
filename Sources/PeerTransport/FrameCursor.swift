import NIOCore

/// A frame on its way out: hands out its chunks one by one, sharing the frame's bytes.
struct FrameCursor {
    /// Parts up to this size are copied beside the chunk header: one more buffer for the system costs more than that.
    static let gatheredBytes = 1 << 10

    /// Bytes of the whole frame, as the queue counts it.
    let byteCount: Int
    private let kind: UInt8
    private let priority: FramePriority
    private let headerBytes: Int
    /// What has not been handed out, the next part first; parts are dropped when used up.
    private var parts: CircularBuffer<ByteBuffer>
    private var missing: Int
    private var isBegun = false

    /// Starts at the frame's first byte; header and body are within 32 bits, as the limits see to.
    init(_ frame: Frame, priority: FramePriority) {
        byteCount = frame.byteCount
        kind = frame.kind
        self.priority = priority
        headerBytes = frame.header.readableBytes
        parts = CircularBuffer(initialCapacity: frame.body.count + 1)
        parts.append(frame.header)
        parts.append(contentsOf: frame.body)
        missing = byteCount
    }

    /// Whether every chunk has been handed out.
    var isFinished: Bool { isBegun && missing == 0 }

    /// The buffers of the next chunk, of at most `limit` bytes of the frame, to be written in this order.
    mutating func nextChunk(limit: Int) -> [ByteBuffer] {
        let count = min(limit, missing)
        var gathered = ByteBufferAllocator().buffer(
            capacity: ChunkHeader.firstByteCount + min(count, Self.gatheredBytes))
        let chunk = UInt32(count)
        let header: ChunkHeader =
            isBegun
            ? .continuation(priority, chunk: chunk)
            : .first(priority, kind: kind, chunk: chunk, frame: UInt32(byteCount), header: UInt32(headerBytes))
        header.encode(into: &gathered)
        isBegun = true
        missing -= count

        var buffers: [ByteBuffer] = []
        var wanted = count
        while wanted > 0, var part = parts.popFirst() {
            let taken = min(wanted, part.readableBytes)
            wanted -= taken
            let slice = part.readSharing(taken)
            if part.readableBytes > 0 { parts.prepend(part) }
            if taken <= Self.gatheredBytes {
                gathered.writeImmutableBuffer(slice)
            } else {
                if gathered.readableBytes > 0 { buffers.append(gathered) }
                buffers.append(slice)
                gathered = ByteBuffer()
            }
        }
        if gathered.readableBytes > 0 { buffers.append(gathered) }
        return buffers
    }
}

extension ByteBuffer {
    /// Takes the next bytes, sharing storage.
    ///
    /// Unlike `readSlice` it does not copy behind the sixteenth MiB, since it moves indices, which have 32 bits, and
    /// makes no slice, whose start has 24.
    fileprivate mutating func readSharing(_ count: Int) -> ByteBuffer {
        var shared = self
        shared.moveWriterIndex(to: readerIndex + count)
        moveReaderIndex(forwardBy: count)
        return shared
    }
}
