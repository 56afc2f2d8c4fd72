import HotStuffStorage
import Logging

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

    let log: OpenedLog
    let requests: Inbox<Request>
    let peers: Peers
    let commitChainLength: Int
    let repairs: Repairs
    let logger: Logger
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
                    if !isOfOneEntry(error) { fail(ReplicaError(log: error)) }
                }
            }
        }
    }

    /// Whether an error is the damage of one entry, without which this replica goes on; a block is then asked for.
    private func isOfOneEntry(_ error: any Error) -> Bool {
        guard let error = error as? StorageError, error.isDamage else { return false }
        if error.damagedBlock != nil {
            repairs.report(error)
        } else {
            logger.error("cannot give a peer what it asks for", metadata: ["reason": "\(error)"])
        }
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
            } catch let error as StorageError where error.damagedBlock != nil {
                answer(page, after: error)
            } catch let error as ReplicaError {
                page.answer(.failure(error))
            } catch {
                page.answer(.failure(ReplicaError(log: error)))
                throw error
            }
        }
    }

    /// Answers a reader once the block that it needs can be read again.
    private func answer(_ page: Page, after error: StorageError) {
        repairs.report(error) { [requests] outcome in
            switch outcome {
            case .lookAgain: if !requests.post(.page(page)) { page.answer(.success(nil)) }
            case .hopeless: page.answer(.failure(ReplicaError(error)))
            case .ended: page.answer(.success(nil))
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
            } catch  where isOfOneEntry(error) {
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
        let tip = try log.tip.height
        guard let next = page.above.successor, next <= tip else { return [] }
        let found = try log.nextBlocks(from: next, through: tip)
        guard !found.isEmpty else {
            throw next < first
                ? Self.pruned(next, first)
                : ReplicaError(
                    .storageFailed, "the log has no block at height \(next)", remedy: "read from another replica")
        }
        return found.map { CommittedBlock(position: $0.position, payload: $0.isNudge ? nil : $0.payload) }
    }

    private static func pruned(_ height: Height, _ first: Height) -> ReplicaError {
        ReplicaError(
            .logPruned, "the log has no block at height \(height): it begins at \(first)",
            remedy: "read from a replica that keeps more")
    }
}
