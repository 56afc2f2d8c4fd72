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
    /// Places whose session has changed since the records were last taken, each once.
    private var changed: [Int] = []
    /// How many commands have been remembered so far.
    private var count: UInt64 = 0
    private let limit: Int

    /// What is remembered of one client.
    fileprivate struct Session: Sendable {
        var last: CommandID
        var reply: (payload: Payload, position: LogPosition)?
        /// The number of its last command among those of all clients.
        var order: UInt64 = 0
        var isChanged = false
        var newer = -1
        var older = -1
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
        count += 1
        sessions[place].order = count
        if !sessions[place].isChanged {
            sessions[place].isChanged = true
            changed.append(place)
        }
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

    // MARK: - Records

    /// The records that have changed since the last call: record 0 is of all sessions together, record n + 1 of the
    /// session at place n.
    mutating func takeChangedRecords() -> [(number: UInt32, record: Payload)] {
        guard !changed.isEmpty else { return [] }
        let whole = Payload(capacity: 32) { $0.append(digest.bytes) }
        var records = [(number: UInt32(0), record: whole)]
        for place in changed {
            sessions[place].isChanged = false
            records.append((UInt32(place + 1), sessions[place].record))
        }
        changed.removeAll(keepingCapacity: true)
        return records
    }

    /// The sessions that these records, each the last one taken of its number, are of.
    ///
    /// - Throws: `DamagedRecord`.
    init(records: [UInt32: Payload], limit: Int = Self.limit) throws {
        self.limit = limit
        guard !records.isEmpty else { return }
        guard let whole = records[0], whole.count == 32, let digest = Digest(bytes: whole.withUnsafeBytes { Array($0) })
        else { throw DamagedRecord(number: 0) }
        self.digest = digest
        for number in 1..<max(1, UInt32(records.count)) {
            guard let session = records[number].flatMap(Session.init(record:)), places[session.last.client] == nil
            else { throw DamagedRecord(number: number) }
            places[session.last.client] = sessions.count
            sessions.append(session)
        }
        for place in sessions.indices.sorted(by: { sessions[$0].order < sessions[$1].order }) { linkAsNewest(place) }
        count = newest >= 0 ? sessions[newest].order : 0
    }

    /// A record of what clients were answered is not what was written, or is not there.
    struct DamagedRecord: Error, CustomStringConvertible {
        let number: UInt32
        var description: String {
            "record \(number) of what clients were answered is damaged: remove the machine's tables, and it replays the log"
        }
    }

    // MARK: - The list

    private mutating func newPlace(for id: CommandID) -> Int {
        if sessions.count >= limit, oldest >= 0 {
            let place = oldest
            places[sessions[place].last.client] = nil
            return place
        }
        sessions.append(Session(last: id))
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

extension CommandSessions.Session {
    /// Client, sequence and order in 64 bits each; then, if there is a reply, its height in 64 bits, its block's hash in
    /// 32 bytes, and its bytes.
    fileprivate var record: Payload {
        Payload(capacity: 64 + (reply?.payload.count ?? 0)) { writer in
            writer.append(last.client)
            writer.append(last.sequence)
            writer.append(order)
            guard let reply else { return }
            writer.append(reply.position.height.rawValue)
            writer.append(reply.position.block.bytes)
            writer.append(reply.payload)
        }
    }

    fileprivate init?(record: Payload) {
        var reader = record.reader
        guard let client = reader.read(UInt64.self), let sequence = reader.read(UInt64.self),
            let order = reader.read(UInt64.self)
        else { return nil }
        self.init(last: CommandID(client: client, sequence: sequence), order: order)
        guard !reader.isAtEnd else { return }
        guard let height = reader.read(UInt64.self), let hash = reader.read(count: 32),
            let block = Digest(bytes: hash.withUnsafeBytes { Array($0) }),
            let bytes = reader.read(count: reader.remaining)
        else { return nil }
        reply = (bytes, LogPosition(height: Height(height), block: block))
    }
}
