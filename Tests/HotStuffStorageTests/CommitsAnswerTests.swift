import HotStuffCore
import Testing

@testable import HotStuffStorage

/// Protocol §8: answers to those who are behind, against a model that tries every proof.
struct CommitsAnswerTests {
    /// A log of a random chain in which leaders run ahead of their certificates, and views end now and then.
    private struct RandomLog: CommittedBlocks {
        let chain: TestChain
        let length: Int
        var tip: LogPosition
        var tipProof: CommitProof?
        var firstHeight = Height(1)
        /// Every proof that lies in the log itself, in the order of the blocks that carry its certificate.
        var proofs: [CommitProof] = []

        init(seed: UInt64, length: Int, blocks: Int = 80) {
            var generator = SeededGenerator(seed: seed)
            var chain = TestChain(testGenesis(chainLength: length))
            var (view, justified) = (UInt64(0), 0)
            for height in 1...blocks {
                if height > 1, Int.random(in: 0..<8, using: &generator) == 0 {
                    view += Int.random(in: 0..<3, using: &generator) == 0 ? 2 : 1
                    justified = height - 1
                } else if Int.random(in: 0..<3, using: &generator) > 0 {
                    justified = Int.random(in: justified...(height - 1), using: &generator)
                }
                let size = Int.random(in: 0..<400, using: &generator)
                chain.append(chain.makeBlock(view: view, justify: justified, size: size))
            }
            self.chain = chain
            self.length = length
            // The tip is what the last certificate on a block of this chain commits.
            let all = (1...blocks).compactMap { Self.proof(by: certificate(on: chain[$0]), chain, length) }
            tipProof = all.max { ($0.proven?.height ?? .genesis) < ($1.proven?.height ?? .genesis) }
            tip = tipProof?.proven ?? chain.position(0)
            for height in stride(from: 1, through: Int(tip.height.rawValue), by: 1) {
                if let proof = Self.proof(by: chain[height].header.justify, chain, length) { proofs.append(proof) }
            }
        }

        private static func proof(
            by certificate: QuorumCertificate, _ chain: TestChain, _ length: Int
        ) -> CommitProof? {
            var headers: [BlockHeader] = []
            var next = certificate
            while headers.count < length - 1 {
                guard next.height > .genesis else { return nil }
                headers.insert(chain[Int(next.height.rawValue)].header, at: 0)
                next = headers[0].justify
            }
            let proof = CommitProof(headers: headers, certificate: certificate)
            return proof.flaw(commitChainLength: length) == nil ? proof : nil
        }

        func position(at height: Height) -> LogPosition? {
            height <= tip.height ? chain.position(Int(height.rawValue)) : nil
        }
        func block(at height: Height) -> Block? {
            height > .genesis && height >= firstHeight && height <= tip.height ? chain[Int(height.rawValue)] : nil
        }
        func header(at height: Height) -> BlockHeader? { block(at: height)?.header }
        func block(with hash: Digest) -> Block? { chain.blocks.first { $0.hash == hash } }

        /// The heights at which a run from `from` may end.
        func ends(from: Int) -> [Int] {
            let places = (proofs + [tipProof].compactMap(\.self)).compactMap(\.proven)
            return Set(places.map { Int($0.height.rawValue) }.filter { $0 >= from }).sorted()
        }

        /// About how many bytes the blocks of a run have.
        func size(_ run: ClosedRange<Int>) -> Int {
            run.reduce(0) { sum, height in
                sum + chain[height].payload.count + 300 + 72 * chain[height].header.justify.signatures.count
            }
        }
    }

    @Test(arguments: [2, 3], [UInt64(1), 2, 3, 4, 5, 6, 7, 8])
    func `an answer ends at the highest block that can be proved and fits`(length: Int, seed: UInt64) throws {
        let log = RandomLog(seed: seed, length: length)
        let tip = Int(log.tip.height.rawValue)
        try #require(tip > 20, "seed \(seed): a chain of which little is committed")
        var endedInLog = false
        for from in 1...tip {
            for limit in [0, 1_000, 5_000, 20_000, Int.max] {
                let request = CommitRequest(from: Height(UInt64(from)), limit: UInt64(limit))
                let answer = try CommitsAnswer(to: request, from: log, commitChainLength: length)
                guard case .run(let proof, let blocks) = answer else {
                    Issue.record("seed \(seed), from \(from), limit \(limit): \(answer)")
                    continue
                }
                let ends = log.ends(from: from)
                let expected = ends.last { log.size(from...$0) <= limit } ?? ends[0]
                #expect(blocks.first?.position == log.chain.position(expected), "seed \(seed), \(from), \(limit)")
                #expect(blocks.map(\.hash) == (from...expected).reversed().map { log.chain[$0].hash })
                #expect(proof.proven == log.chain.position(expected))
                #expect(proof.flaw(commitChainLength: length) == nil)
                endedInLog = endedInLog || expected < tip
            }
        }
        #expect(endedInLog, "seed \(seed): no run that ended below the tip")
    }

    @Test func `one who asks from genesis gets the first block`() throws {
        let log = RandomLog(seed: 1, length: 2)
        let answer = try CommitsAnswer(
            to: CommitRequest(from: .genesis, limit: 0), from: log, commitChainLength: 2)
        guard case .run(_, let blocks) = answer else { throw StorageError(.failed, path: "", detail: "\(answer)") }
        #expect(blocks.last?.height == Height(1))
    }

    @Test func `one who is ahead learns how far the log reaches`() throws {
        let log = RandomLog(seed: 1, length: 2)
        let from = try #require(log.tip.height.successor)
        let answer = try CommitsAnswer(to: CommitRequest(from: from, limit: 0), from: log, commitChainLength: 2)
        guard case .nothing(log.tip.height) = answer else {
            Issue.record("\(answer)")
            return
        }
    }

    @Test func `one who asks below what is held learns where it begins`() throws {
        var log = RandomLog(seed: 1, length: 2)
        log.firstHeight = Height(5)
        let answer = try CommitsAnswer(
            to: CommitRequest(from: Height(4), limit: 0), from: log, commitChainLength: 2)
        guard case .prunedBelow(Height(5)) = answer else {
            Issue.record("\(answer)")
            return
        }
        _ = try CommitsAnswer(to: CommitRequest(from: Height(5), limit: 0), from: log, commitChainLength: 2)
    }

    @Test func `a store answers as the model does`() throws {
        let log = RandomLog(seed: 3, length: 2)
        let directory = try TemporaryDirectory()
        let store = try directory.makeStore(genesis: log.chain.genesis)
        let tip = Int(log.tip.height.rawValue)
        let commit = LogWrite.commit((1...tip).map(log.chain.position), proof: try #require(log.tipProof))
        try store.apply([log.chain.writes(1...log.chain.blocks.count) + [commit]])
        let request = CommitRequest(from: Height(3), limit: 4_000)
        guard case .run(let proof, let blocks) = try CommitsAnswer(to: request, from: log, commitChainLength: 2),
            case .run(let storedProof, let stored) = try CommitsAnswer(
                to: request, from: store.reader(), commitChainLength: 2)
        else {
            Issue.record("no run")
            return
        }
        #expect(storedProof == proof)
        #expect(stored.contents == blocks.contents)
    }
}
