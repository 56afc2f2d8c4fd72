internal import HotStuffStorage

/// What the reader's thread does: answers peers and `Replica.commits(after:)` from the log, off the replica's thread.
struct LogReaderThread {
    /// What is asked for.
    enum Request: Sendable {
        /// A peer asks for committed blocks.
        case commits(CommitRequest, peer: ValidatorKey)
        /// A peer asks for blocks by hash; some were held in memory.
        case blocks(held: [Block], others: [Digest], peer: ValidatorKey)
        /// A reader in this process asks for committed blocks.
        case page(Page)
        /// This replica's state differs: the block is to be kept.
        case divergence(Divergence)
    }

    /// A request of `Replica.commits(after:)`.
    struct Page: Sendable {
        let above: Height
        /// The block that must be at that height; nil where that is known.
        let from: LogPosition?
        /// Gets the blocks; nil if the replica stops.
        let answer: @Sendable (Result<[CommittedBlock]?, any Error>) -> Void
    }

    /// Most blocks in a page.
    private static let pageBlocks = 64
    /// Bytes after which a page ends.
    private static let pageBytes = 1 << 20

    let log: OpenedLog
    let requests: Inbox<Request>
    let peers: Peers
    let commitChainLength: Int
    /// A committed block cannot be given out; the replica itself does not need it.
    let damaged: (LogPosition, StorageError) -> Void
    /// Keeps a block after which this replica's state differs.
    let keep: (DivergenceFile) -> Void
    /// The log cannot be read.
    let fail: (ReplicaError) -> Void

    /// Works until no more requests come and all are answered.
    func run() {
        while let requests = requests.take(waitingUpTo: nil) {
            for request in requests {
                do {
                    try serve(request)
                } catch {
                    // A peer that gets no answer asks the next.
                    if !isDamagedBlock(error) { fail(ReplicaError(log: error)) }
                }
            }
        }
    }

    /// Whether an error is that of one block, which is then told.
    private func isDamagedBlock(_ error: any Error) -> Bool {
        guard let error = error as? StorageError, let block = error.damagedBlock else { return false }
        damaged(block, error)
        return true
    }

    private func serve(_ request: Request) throws {
        switch request {
        case .commits(let request, let peer):
            let answer = try CommitsAnswer(
                to: request, from: log.committedBlocks(), commitChainLength: commitChainLength)
            peers.send(.commits(answer), to: [peer])
        case .blocks(let held, let others, let peer):
            let answer = try blocks(held: held, others: others, from: log.committedBlocks())
            if !answer.blocks.isEmpty || !answer.unknown.isEmpty { peers.send(.blocks(answer), to: [peer]) }
        case .divergence(let divergence):
            let block = try log.committedBlocks().block(at: divergence.position.height)
            keep(DivergenceFile(divergence: divergence, payload: block?.payload ?? .empty))
        case .page(let page):
            do {
                page.answer(.success(try blocks(of: page, from: log.committedBlocks())))
            } catch let error as ReplicaError {
                page.answer(.failure(error))
            } catch {
                page.answer(.failure(ReplicaError(log: error)))
                throw error
            }
        }
    }

    private func blocks(
        held: [Block], others: [Digest], from log: any CommittedBlocks
    ) throws -> BlocksAnswer {
        var found = held
        var unknown: [Digest] = []
        var bytes = held.reduce(0) { $0 + $1.payload.count }
        for hash in others {
            guard found.count + unknown.count < Limits.answeredBlocks else { break }
            guard found.isEmpty || bytes < Limits.answeredBytes else { break }
            do {
                guard let block = try log.block(with: hash) else {
                    unknown.append(hash)
                    continue
                }
                found.append(block)
                bytes += block.payload.count
            } catch  where isDamagedBlock(error) {
                unknown.append(hash)
            }
        }
        return BlocksAnswer(blocks: found, unknown: unknown)
    }

    private func blocks(of page: Page, from log: any CommittedBlocks) throws -> [CommittedBlock] {
        let first = try log.firstHeight
        if let start = page.from, try log.position(at: start.height) != start {
            guard start.height.successor.map({ $0 >= first }) ?? true else { throw Self.pruned(start.height, first) }
            throw ReplicaError(
                .wrongChain, "\(start) is not in this replica's log", remedy: "ask for a position that it has given out"
            )
        }
        var blocks: [CommittedBlock] = []
        var bytes = 0
        var next = page.above.successor
        let tip = try log.tip.height
        while let height = next, height <= tip, blocks.count < Self.pageBlocks, bytes < Self.pageBytes {
            guard let block = try log.block(at: height) else {
                throw height < first
                    ? Self.pruned(height, first)
                    : ReplicaError(
                        .storageFailed, "the log has no block at height \(height)",
                        remedy: "read from another replica")
            }
            blocks.append(CommittedBlock(position: block.position, payload: block.isNudge ? nil : block.payload))
            bytes += block.payload.count
            next = height.successor
        }
        return blocks
    }

    private static func pruned(_ height: Height, _ first: Height) -> ReplicaError {
        ReplicaError(
            .logPruned, "the log has no block at height \(height): it begins at \(first)",
            remedy: "read from a replica that keeps more")
    }
}
