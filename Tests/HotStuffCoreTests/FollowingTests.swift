import Testing

@testable import HotStuffCore

/// Documentation/Speculation.md, *Followers ahead* and *The ledger*: what a replica executes before it has committed.
struct FollowingTests {
    @Test func aFollowerExecutesAsManyBlocksAheadAsDecisionsCommitAtOnce() throws {
        var replica = try OneEngine(.whenReceived)
        let blocks = replica.chain(of: 3)
        replica.propose(blocks)
        #expect(
            replica.takeInstructions() == ["execute 1"], "decisions are taken to commit one block until one did more")
        let nudge = replica.script.block(
            on: blocks[2], justify: replica.script.certificate(on: blocks[2]), payload: .empty)
        replica.propose([nudge])
        replica.receive(.certificate(replica.script.certificate(on: nudge)))
        replica.sync()
        #expect(replica.takeInstructions() == ["commit 1", "execute 2", "commit 2", "execute 3", "commit 3"])
        replica.propose(replica.chain(of: 5, on: nudge, certified: nudge))
        #expect(replica.takeInstructions() == ["execute 5", "execute 6", "execute 7"])
    }

    @Test func whereVotesAskForValidBlocksNothingIsHeldBack() throws {
        var replica = try OneEngine(.whenCommitted, validationLimit: .seconds(1))
        replica.propose(replica.chain(of: 3))
        #expect(
            replica.takeInstructions() == [
                "validate 1", "execute 1", "validate 2", "execute 2", "validate 3", "execute 3",
            ])
    }

    @Test func aFollowerThatExecutesCommittedBlocksExecutesNoOthers() throws {
        var replica = try OneEngine(.whenCommitted)
        replica.propose(replica.chain(of: 3))
        #expect(replica.takeInstructions() == [])
    }

    @Test func aNewLeaderExecutesWhatItsViewBuildsOnBeforeThatCommits() throws {
        var replica = try OneEngine(.whenCommitted)
        replica.enter(view: 2, reporting: replica.script.root)
        let root = replica.script.root
        let entry = replica.script.timeoutCertificate(of: 1, Array(repeating: root, count: 3))
        let block = replica.script.block(view: 2, index: 0, entry: .timeout(entry))
        replica.propose([block])
        replica.receive(.certificate(replica.script.certificate(on: block)))
        replica.sync()
        #expect(replica.takeInstructions() == [])
        replica.enter(view: 3, reporting: replica.script.certificate(on: block))
        #expect(replica.takeInstructions() == ["execute 1"])
        // Its nudge commits that block, which is not executed again, and only then is there a proposal.
        for _ in 0..<2 { try replica.certifyNewest() }
        #expect(replica.takeInstructions() == ["commit 1", "propose"])
    }

    @Test func theLargestOfTheLastEightDecisionsCounts() {
        var decisions = RecentDecisions()
        #expect(decisions.largest == 1)
        decisions.add(5)
        for _ in 0..<7 { decisions.add(2) }
        #expect(decisions.largest == 5)
        decisions.add(2)
        #expect(decisions.largest == 2)
    }
}

/// Validator 3 of four as a whole engine, whose state machine does at once what it is told; the test plays the others.
private struct OneEngine {
    /// Makes what the others say.
    let script: OneReplica
    private var engine: Engine
    private var effects: [Effect] = []
    private var instructions: [String] = []
    private var newest: Block?

    init(_ followers: FollowerExecution, validationLimit: Duration? = nil) throws {
        script = try OneReplica()
        let genesis = script.genesis
        var configuration = EngineConfiguration(
            genesis: genesis, chainID: genesis.chainID, key: script.key(OneReplica.me))
        configuration.followers = followers
        configuration.validationLimit = validationLimit
        engine = Engine(
            configuration: configuration, recovered: MemoryLog(genesis: genesis).recovered(mayVote: true), now: .zero)
        perform(engine.start())
        for other in 0..<3 { perform(engine.step(.connected(script.key(other)))) }
        perform(engine.step(.machine(.recovered(tip: genesis.genesisPosition, readings: .none))))
        sync()
    }

    /// So many blocks with a payload, one on the other, on genesis or on what is certified.
    func chain(of count: Int, on parent: Block? = nil, certified: Block? = nil) -> [Block] {
        var chain: [Block] = []
        for number in 0..<count {
            chain.append(
                script.block(
                    on: chain.last ?? parent, justify: certified.map { script.certificate(on: $0) },
                    payload: Payload(bytes: [UInt8(number)])))
        }
        return chain
    }

    mutating func receive(_ message: Message, from sender: Int = 0) {
        perform(engine.step(.message(Verified(message, refused: []), from: script.key(sender))))
    }

    mutating func propose(_ blocks: [Block]) {
        receive(.proposal(Proposal(blocks: blocks, signature: script.zero)))
        sync()
    }

    /// The others have given up the view before.
    mutating func enter(view: UInt64, reporting certificate: QuorumCertificate) {
        for other in 0..<3 { receive(script.timeout(by: other, view: view - 1, highQC: certificate), from: other) }
        sync()
    }

    /// The others vote for the newest block that this replica has proposed.
    mutating func certifyNewest() throws {
        let block = try #require(newest)
        for other in 0..<3 { receive(script.vote(by: other, for: block), from: other) }
        sync()
    }

    /// All that was written is durable.
    mutating func sync() {
        while true {
            let tickets = effects.compactMap { if case .write(_, let ticket) = $0 { ticket } else { nil } }
            effects = []
            guard let ticket = tickets.last else { return }
            perform(engine.step(.durable(ticket)))
        }
    }

    /// What the state machine was told since this was asked last.
    mutating func takeInstructions() -> [String] {
        defer { instructions = [] }
        return instructions
    }

    private mutating func perform(_ new: [Effect]) {
        effects += new
        for effect in new {
            if case .sign(.proposal(let run), _) = effect { newest = run.last }
            guard case .machine(let instruction) = effect else { continue }
            switch instruction {
            case .execute(let block):
                instructions.append("execute \(block.position.height)")
                perform(engine.step(.machine(.executed(block.position, readings: .none))))
            case .validate(let block):
                instructions.append("validate \(block.position.height)")
                perform(engine.step(.machine(.validated(block.position, .valid))))
            case .commit(let position):
                instructions.append("commit \(position.height)")
                perform(engine.step(.machine(.committed(position, readings: nil))))
            case .rollBack: instructions.append("rollBack")
            case .propose: instructions.append("propose")
            case .stopProposing(let generation): perform(engine.step(.machine(.stopped(generation: generation))))
            }
        }
    }
}
