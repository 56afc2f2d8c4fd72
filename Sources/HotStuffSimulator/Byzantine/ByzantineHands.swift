internal import HotStuffCore

/// What a Byzantine replica can lay hands on: the keys of all Byzantine ones, everybody's names, and the world's dice.
final class ByzantineHands {
    private unowned let world: World
    private let node: Node

    init(_ world: World, _ node: Node) {
        self.world = world
        self.node = node
    }

    /// Its own key.
    var me: ValidatorKey { node.key }
    /// The validators of the epoch.
    var validators: ValidatorSet { world.genesis.validators }
    /// The chain.
    var chainID: Digest { world.chainID }
    /// The certificate of the genesis block.
    var genesisCertificate: QuorumCertificate { .genesis(of: Epoch(0), at: world.genesis.genesisPosition) }
    /// The other validators, in the order of their keys.
    var others: [ValidatorKey] { validators.members.map(\.key).filter { $0 != me } }
    /// The other validators that are honest.
    var honest: [ValidatorKey] { others.filter { key in !allies.contains(key) } }
    /// The Byzantine validators, this one included.
    var allies: [ValidatorKey] {
        validators.members.map(\.key).filter { key in world.nodes.contains { $0.key == key && !$0.isHonest } }
    }
    /// Who leads `view`.
    func leader(of view: View) -> ValidatorKey {
        world.epoch.leader(of: view, by: world.genesis.rotation).key
    }
    /// Its view's base duration.
    var viewDuration: Duration { world.settings.viewDuration }

    /// A draw from the world's dice for Byzantine replicas.
    func below(_ bound: Int) -> Int { world.byzantineRandom.below(bound) }
    /// True in so many of a thousand cases.
    func chance(perMille: Int) -> Bool { world.byzantineRandom.chance(perMille: perMille) }

    /// Signs anything with its own key, or with an ally's.
    func sign(_ statement: Statement, as key: ValidatorKey? = nil) -> Signature? {
        let key = key ?? me
        guard key == me || allies.contains(key), let number = world.ring.keys.firstIndex(of: key) else { return nil }
        world.noteSignature(of: statement, by: number)
        return world.ring.sign(statement.preimage(chainID: chainID), as: number)
    }

    /// Sends a message of its own invention.
    func send(_ message: Message, to addressees: [ValidatorKey], after delay: Duration = .zero) {
        world.release(Outgoing(message, to: addressees, after: delay), from: node)
    }

    /// Ends this replica in a while; it starts again soon after.
    func crash(after delay: Duration) {
        let (world, node, life) = (world, node, node.life)
        world.after(delay) {
            guard node.life == life, !world.isHealed else { return }
            world.crash(node, restartAfter: .milliseconds(100))
        }
    }

    /// Gives the wrapped replica a message, if it verifies.
    func tellMyself(_ message: Message) { world.deliverToSelf(message, node) }

    /// A signed run of blocks.
    func proposal(_ blocks: [Block]) -> Message? {
        guard let last = blocks.last else { return nil }
        let statement = Statement.proposal(
            epoch: last.header.epoch, view: last.view, height: last.height, index: last.header.index, block: last.hash)
        return sign(statement).map { .proposal(Proposal(blocks: blocks, signature: $0)) }
    }

    /// A vote for a block, its own or an ally's.
    func vote(for block: Block, as key: ValidatorKey? = nil) -> Vote? {
        let header = block.header
        let statement = Statement.vote(
            epoch: header.epoch, view: header.view, height: header.height, index: header.index, block: block.hash)
        guard let signer = validators.index(of: key ?? me), let signature = sign(statement, as: key) else { return nil }
        return Vote(
            epoch: header.epoch, view: header.view, height: header.height, index: header.index, block: block.hash,
            signer: UInt16(signer), signature: signature,
            report: VoteReport(executed: .genesis, room: 1_024, stateDigest: nil))
    }
}
