public import HotStuffCore

/// The file that holds committed blocks with their proofs, for another replica, or for keeping.
///
/// | bytes | |
/// |---|---|
/// | 16 | `hotstuff/log/1` and two zero bytes |
/// | 32 | the chain's ID |
/// | then, again and again: 1 | kind of message: 12, commits |
/// | 4 | length of its header, little-endian |
/// | 8 | length of its body, little-endian |
/// | | header and body, as replicas send them (`Documentation/WireFormat.md`, section 5) |
///
/// The runs follow each other upwards, each with a proof of its own.
enum ExportFile {
    static let tag = Array("hotstuff/log/1".utf8) + [0, 0]
    /// The most bytes of a body: an answer's, or one that a single run must have to be proved.
    static let bodyLimit = UInt64(1) << 32
}

extension StoredLog {
    /// Writes the committed blocks from `first` to the tip, with their proofs, to a new file.
    ///
    /// - Parameter commitChainLength: the genesis configuration's.
    /// - Returns: the heights that were written; nil if there are none.
    /// - Throws: kinds `damaged`, `diskFull`, `noPermission`, `failed` (also if there is such a file).
    public func export(
        from first: Height = Height(1), to path: String, commitChainLength: Int
    ) throws(StorageError) -> ClosedRange<Height>? {
        let (owner, reader) = (try owner(), try reader())
        let file = try SequentialFile(making: path)
        try file.write(ExportFile.tag + owner.chainID.bytes)
        let start = max(first, reader.firstHeight)
        var next = start
        while next <= reader.tip.height {
            let (current, answer) = (next, try answer(from: next, reader, commitChainLength))
            guard case .run(let proof, _) = answer, let end = proof.proven?.height, let higher = end.successor else {
                throw tables.damaged(.committed, .place(current), "the blocks from here on cannot be proved")
            }
            let message = Message.commits(answer).encoded()
            let bodySize = message.payloads.reduce(0) { $0 + $1.count }
            try file.write(
                [message.kind] + UInt32(message.header.count).littleEndianBytes + UInt64(bodySize).littleEndianBytes)
            try file.write(message.header)
            for payload in message.payloads {
                try StorageError.wrapping(path: path) { try payload.withUnsafeBytes { try file.write($0) } }
            }
            next = higher
        }
        try file.sync()
        return next > start ? start...reader.tip.height : nil
    }

    private func answer(
        from height: Height, _ reader: LogReader, _ length: Int
    ) throws(StorageError) -> CommitsAnswer {
        try StorageError.wrapping(path: tables.path) {
            try CommitsAnswer(to: CommitRequest(from: height, limit: .max), from: reader, commitChainLength: length)
        }
    }
}

extension ReplicaStore {
    /// Commits the blocks of a file that ``StoredLog/export(from:to:commitChainLength:)`` wrote, from right above the tip
    /// on; those that are there already are left out.
    ///
    /// What the file says is checked as if a peer had sent it. The voting record does not change.
    ///
    /// - Returns: the tip then.
    /// - Throws: kinds `wrongChain`, `damaged`, `diskFull`, `failed` (the file does not follow on this log, or is none).
    public func importBlocks(from path: String, progress: (Height) -> Void = { _ in }) throws(StorageError)
        -> LogPosition
    {
        let file = try SequentialFile(reading: path)
        guard let tag = try file.read(16), tag == ExportFile.tag, let chain = try file.read(32) else {
            throw StorageError(.failed, path: path, detail: "it is no export of a log")
        }
        guard let chain = Digest(bytes: chain), chain == origin.chainID else {
            throw StorageError(
                .wrongChain(found: Digest(bytes: chain) ?? .zero, expected: origin.chainID), path: path,
                detail: "in its beginning")
        }
        let verifier = Verifier(genesis: genesis)
        while let head = try file.read(13) {
            let (proof, blocks) = try StorageError.wrapping(path: path) {
                try run(head, file, verifier, path: path)
            }
            try commit(blocks.reversed(), proof, path: path)
            if let height = blocks.first?.height { progress(height) }
        }
        return try reader().tip
    }

    /// The next run of the file, checked.
    private func run(
        _ head: [UInt8], _ file: borrowing SequentialFile, _ verifier: Verifier, path: String
    ) throws -> (CommitProof, [Block]) {
        let headerSize = Int(UInt32(littleEndianBytes: head[1..<5]))
        let bodySize = UInt64(littleEndianBytes: head[5...])
        guard headerSize <= Limits.message, bodySize <= ExportFile.bodyLimit, let header = try file.read(headerSize),
            let body = try bodySize == 0 ? [] : file.read(Int(bodySize))
        else { throw StorageError(.failed, path: path, detail: "a run is too long, or is cut off") }
        let message = try Message.decode(kind: head[0], header: header, body: Payload { $0.append(body) })
        guard case .commits(.run(let proof, let blocks)) = try verifier.verify(message, from: key).value else {
            throw StorageError(.failed, path: path, detail: "there is something else than committed blocks in it")
        }
        return (proof, blocks)
    }

    /// Commits what of a run is above the tip.
    private func commit(_ blocks: [Block], _ proof: CommitProof, path: String) throws(StorageError) {
        let tip = try reader().tip
        let new = blocks.filter { $0.height > tip.height }
        guard let first = new.first else { return }
        guard first.header.parent == tip.block else {
            throw StorageError(
                .failed, path: path,
                detail: "its block at height \(first.height) is not on this log's tip, at height \(tip.height)")
        }
        try apply([new.map { .block($0) } + [.commit(new.map(\.position), proof: proof)]])
    }
}
