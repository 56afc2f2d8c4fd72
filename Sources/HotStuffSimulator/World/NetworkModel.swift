/// The connections between the nodes of a world, and what is wrong with each direction.
struct NetworkModel {
    /// One direction between two nodes.
    struct Link {
        /// How many faults swallow all that goes this way.
        var cuts = 0
        /// By how much slower it is than usual.
        var slowness: UInt64 = 1
        /// When the last message on it arrives.
        var lastArrival: UInt64 = 0
        /// When the receiving end learns of its connection: nothing arrives before that.
        var opensAt: UInt64 = 0
    }

    /// What two nodes have between them.
    struct Connection {
        var isUp = false
        /// Goes up whenever it is lost: what was on its way then never arrives.
        var generation = 0
    }

    private var links: [Link]
    private var connections: [Connection]
    let count: Int
    /// Of a thousand messages, how many more are lost for now.
    var extraLossPerMille = 0

    init(count: Int) {
        self.count = count
        links = Array(repeating: Link(), count: count * count)
        connections = Array(repeating: Connection(), count: count * count)
    }

    /// One direction.
    subscript(from: Int, to: Int) -> Link {
        get { links[from * count + to] }
        set { links[from * count + to] = newValue }
    }

    /// What two nodes have between them.
    func connection(_ one: Int, _ other: Int) -> Connection { connections[min(one, other) * count + max(one, other)] }

    mutating func update(_ one: Int, _ other: Int, _ change: (inout Connection) -> Void) {
        change(&connections[min(one, other) * count + max(one, other)])
    }

    /// Whether something is cut between the two.
    func isCut(_ one: Int, _ other: Int) -> Bool { self[one, other].cuts > 0 || self[other, one].cuts > 0 }

    /// Undoes every cut and slowness.
    mutating func heal() {
        extraLossPerMille = 0
        for index in links.indices {
            links[index].cuts = 0
            links[index].slowness = 1
        }
    }
}
