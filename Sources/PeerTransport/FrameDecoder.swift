import NIOCore

/// Turns the bytes after the hello into frames: a value without a channel, fed in cuts of any size.
///
/// Holds at most one unfinished frame a priority. Every length is held against the limits before memory is set aside;
/// then header and body each get one buffer of exactly their size, filled by the one copy made on the way in.
/// After it has thrown it must not be fed again.
struct FrameDecoder {
    private let headerLimit: Int
    private let bodyLimit: Int
    /// A chunk header of which only a part has arrived; fewer than 16 bytes.
    private var partialHeader = ByteBuffer()
    /// The frames being put together, one place a priority.
    private var assemblies: [Assembly?] = [nil, nil, nil]
    /// Whose chunk is arriving, and how much of it is missing.
    private var chunk: (priority: FramePriority, missing: Int)?

    /// Decodes within the given limits.
    init(limits: TransportLimits) {
        headerLimit = limits.headerBytes
        bodyLimit = limits.bodyBytes
    }

    /// Whether a frame, or a chunk header, has begun and not ended.
    var isMidFrame: Bool {
        partialHeader.readableBytes > 0 || assemblies.contains { $0 != nil }
    }

    /// Takes bytes until a frame is complete, and returns it; nil once `input` is used up.
    ///
    /// - Throws: if the bytes break the format or a limit.
    mutating func next(from input: inout ByteBuffer) throws(ProtocolViolation) -> ReceivedFrame? {
        while true {
            if let (priority, missing) = chunk {
                let taken = min(missing, input.readableBytes)
                let index = Int(priority.rawValue)
                assemblies[index]?.append(from: &input, count: taken)
                guard taken == missing else {
                    chunk = (priority, missing - taken)
                    return nil
                }
                chunk = nil
                if let frame = assemblies[index]?.finished(priority: priority) {
                    assemblies[index] = nil
                    return frame
                }
            }
            guard let header = try nextHeader(from: &input) else { return nil }
            chunk = try begin(header)
        }
    }

    /// Reads a chunk header, over several calls if it comes in parts.
    private mutating func nextHeader(from input: inout ByteBuffer) throws(ProtocolViolation) -> ChunkHeader? {
        if partialHeader.readableBytes == 0 {
            if let header = try ChunkHeader.decode(from: &input) { return header }
            if input.readableBytes > 0 { partialHeader.writeBuffer(&input) }
            return nil
        }
        let known = partialHeader.readableBytes
        let lacking = ChunkHeader.firstByteCount - known
        guard let more = input.getSlice(at: input.readerIndex, length: min(lacking, input.readableBytes)) else {
            return nil
        }
        partialHeader.writeImmutableBuffer(more)
        guard let header = try ChunkHeader.decode(from: &partialHeader) else {
            input.moveReaderIndex(forwardBy: more.readableBytes)
            return nil
        }
        // What the header left belongs to the chunk's content: it is not taken from the input.
        input.moveReaderIndex(forwardBy: more.readableBytes - partialHeader.readableBytes)
        partialHeader.clear()
        return header
    }

    /// Checks a chunk header against the limits and the frames begun; only then sets memory aside.
    private mutating func begin(
        _ header: ChunkHeader
    ) throws(ProtocolViolation) -> (priority: FramePriority, missing: Int) {
        switch header {
        case .first(let priority, let kind, let chunk, let frame, let headerBytes):
            guard assemblies[Int(priority.rawValue)] == nil else { throw .frameInterrupted(priority) }
            guard headerBytes <= frame else { throw .headerOverrunsFrame }
            guard headerBytes <= headerLimit else { throw .headerTooLong(headerBytes) }
            guard frame - headerBytes <= bodyLimit else { throw .bodyTooLong(frame - headerBytes) }
            guard chunk <= frame else { throw .chunkOverrunsFrame }
            guard chunk > 0 || frame == 0 else { throw .emptyChunk }
            assemblies[Int(priority.rawValue)] = Assembly(
                kind: kind, headerBytes: Int(headerBytes), bodyBytes: Int(frame - headerBytes))
            return (priority, Int(chunk))
        case .continuation(let priority, let chunk):
            guard let assembly = assemblies[Int(priority.rawValue)] else { throw .continuationWithoutFrame(priority) }
            guard chunk > 0 else { throw .emptyChunk }
            guard chunk <= assembly.missing else { throw .chunkOverrunsFrame }
            return (priority, Int(chunk))
        }
    }
}

/// A frame being put together.
private struct Assembly {
    private let kind: UInt8
    private var header: ByteBuffer
    private var headerMissing: Int
    private var body: ByteBuffer
    private var bodyMissing: Int

    /// Sets the memory aside; the lengths have been checked.
    init(kind: UInt8, headerBytes: Int, bodyBytes: Int) {
        let allocator = ByteBufferAllocator()
        self.kind = kind
        header = headerBytes == 0 ? ByteBuffer() : allocator.buffer(capacity: headerBytes)
        body = bodyBytes == 0 ? ByteBuffer() : allocator.buffer(capacity: bodyBytes)
        headerMissing = headerBytes
        bodyMissing = bodyBytes
    }

    /// Bytes that have not arrived.
    var missing: Int { headerMissing + bodyMissing }

    /// Copies the next `count` bytes, of which there are as many in `input` and missing here.
    mutating func append(from input: inout ByteBuffer, count: Int) {
        let ofHeader = min(count, headerMissing)
        headerMissing -= Self.copy(ofHeader, from: &input, to: &header)
        bodyMissing -= Self.copy(count - ofHeader, from: &input, to: &body)
    }

    /// The frame, if nothing is missing.
    func finished(priority: FramePriority) -> ReceivedFrame? {
        guard missing == 0 else { return nil }
        return ReceivedFrame(kind: kind, priority: priority, header: header, body: body)
    }

    private static func copy(_ count: Int, from input: inout ByteBuffer, to output: inout ByteBuffer) -> Int {
        guard count > 0 else { return 0 }
        let copied = input.readableBytesView.prefix(count).withUnsafeBytes { output.writeBytes($0) }
        input.moveReaderIndex(forwardBy: copied)
        return copied
    }
}
