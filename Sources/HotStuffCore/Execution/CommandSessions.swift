/// What was applied for each client: part of the replicated state, so that a command executes once wherever and
/// however often it is proposed.
///
/// Everything but the replies is a function of the commands applied, and the same everywhere. Bounded: of more than
/// `limit` clients the one whose last command is longest ago is forgotten, and a command of its that comes again after
/// that executes again.
struct CommandSessions: Sendable {
    /// How many clients are remembered; part of the protocol between replicas, so not to be configured.
    static let limit = 65_536
    /// Longest reply that is remembered; with `limit` clients 256 MiB.
    static let rememberedReply = 4 << 10

    /// A hash chain over the commands applied, a link a block: equal chains mean equal sessions.
    private(set) var digest = Digest.zero

    private var places: [UInt64: Int] = [:]
    private var sessions: [Session] = []
    /// The clients that applied last and longest ago: ends of a list linked through `sessions`.
    private var newest = -1
    private var oldest = -1
    /// What the block being applied has added, for the next link.
    private var link: [CommandID] = []
    private let limit: Int

    /// What is remembered of one client.
    private struct Session: Sendable {
        var last: CommandID
        var reply: (payload: Payload, position: LogPosition)?
        var newer: Int
        var older: Int
    }

    init(limit: Int = Self.limit) { self.limit = limit }

    /// What became of a command before; nil if it is to be applied now.
    func outcome(of id: CommandID) -> CommandOutcome? {
        guard let place = places[id.client], id.sequence <= sessions[place].last.sequence else { return nil }
        guard id == sessions[place].last, let reply = sessions[place].reply else { return .alreadyApplied }
        return .replied(reply.payload, at: reply.position)
    }

    /// Remembers that a command was applied, and its reply unless it is unknown or too long.
    mutating func applied(_ id: CommandID, reply: Payload?, at position: LogPosition) {
        let place = places[id.client] ?? newPlace(for: id)
        places[id.client] = place
        sessions[place].last = id
        sessions[place].reply = nil
        if let reply, reply.count <= Self.rememberedReply { sessions[place].reply = (reply, position) }
        unlink(place)
        linkAsNewest(place)
        link.append(id)
    }

    /// Ends a block: adds its commands to the digest.
    mutating func endBlock() {
        guard !link.isEmpty else { return }
        let bytes = Payload(capacity: 32 + 16 * link.count) {
            $0.append(digest.bytes)
            for id in link {
                $0.append(id.client)
                $0.append(id.sequence)
            }
        }
        digest = bytes.withBytes { Digest(of: $0) }
        link.removeAll(keepingCapacity: true)
    }

    // MARK: - The list

    private mutating func newPlace(for id: CommandID) -> Int {
        if sessions.count >= limit, oldest >= 0 {
            let place = oldest
            places[sessions[place].last.client] = nil
            return place
        }
        sessions.append(Session(last: id, reply: nil, newer: -1, older: -1))
        return sessions.count - 1
    }

    private mutating func unlink(_ place: Int) {
        let (newer, older) = (sessions[place].newer, sessions[place].older)
        if newer >= 0 { sessions[newer].older = older } else if newest == place { newest = older }
        if older >= 0 { sessions[older].newer = newer } else if oldest == place { oldest = newer }
        sessions[place].newer = -1
        sessions[place].older = -1
    }

    private mutating func linkAsNewest(_ place: Int) {
        sessions[place].older = newest
        if newest >= 0 { sessions[newest].newer = place }
        newest = place
        if oldest < 0 { oldest = place }
    }
}
