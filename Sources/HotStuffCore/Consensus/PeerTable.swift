/// The peers that can be sent to now, in the order of their keys, so that no order depends on hashing.
struct PeerTable: Sendable {
    /// What a peer has told of itself on its present connection.
    struct Peer: Sendable {
        let key: ValidatorKey
        var committed = Height.genesis
        /// The lowest height whose block it still has, as far as it has told.
        var firstHeight = Height(1)
        var subscribes = false
        /// What it last said beside a vote.
        var report: VoteReport?
        /// The height of the block that the vote was for.
        var reportedAt = Height.genesis
    }

    private(set) var connected: [Peer] = []

    /// The peers that want proposals and certificates forwarded.
    var subscribers: [ValidatorKey] { connected.filter(\.subscribes).map(\.key) }

    subscript(key: ValidatorKey) -> Peer? { connected.first { $0.key == key } }

    mutating func connect(_ key: ValidatorKey) {
        disconnect(key)
        let place = connected.firstIndex { key < $0.key } ?? connected.count
        connected.insert(Peer(key: key), at: place)
    }

    mutating func disconnect(_ key: ValidatorKey) { connected.removeAll { $0.key == key } }

    mutating func update(_ key: ValidatorKey, _ change: (inout Peer) -> Void) {
        guard let place = connected.firstIndex(where: { $0.key == key }) else { return }
        change(&connected[place])
    }

    /// Keeps what a peer said beside its vote for a block at `height`.
    mutating func noteReport(_ report: VoteReport, at height: Height, of key: ValidatorKey) {
        update(key) {
            $0.report = report
            $0.reportedAt = height
            $0.committed = max($0.committed, report.executed)
        }
    }

    /// The peer after `key` in the order of keys, the first after the last; nil if nobody is connected.
    func next(after key: ValidatorKey?) -> ValidatorKey? { connected.next(after: key) }

    /// The peer after `key` among those that have not said that they lack the block at `height`; nil if there is none.
    func next(after key: ValidatorKey?, holding height: Height) -> ValidatorKey? {
        connected.filter { $0.firstHeight <= height }.next(after: key)
    }
}

extension [PeerTable.Peer] {
    fileprivate func next(after key: ValidatorKey?) -> ValidatorKey? {
        guard let key else { return first?.key }
        return (first { $0.key > key } ?? first)?.key
    }
}
