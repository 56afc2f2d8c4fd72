/// The views that a replica leads, each as it begins, which is when its first block has committed.
///
/// The current one comes first; one that begins and is lost while its reader is busy is left out. Ends with the replica.
public struct Tenures: AsyncSequence, Sendable {
    private let board: Watched<TenureBoard>

    init(_ board: Watched<TenureBoard>) { self.board = board }

    /// Reads from the current tenure on.
    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(board: board) }

    /// One reader of tenures.
    public struct AsyncIterator: AsyncIteratorProtocol {
        fileprivate let board: Watched<TenureBoard>
        private var last: Tenure?

        fileprivate init(board: Watched<TenureBoard>) { self.board = board }

        /// The next tenure; nil once the replica stops, or if the task is cancelled.
        public mutating func next() async -> Tenure? {
            let seen = last
            let next: Tenure?? = try? await board.wait { board in
                if board.isOver { return .some(nil) }
                guard let current = board.current, current != seen else { return nil }
                return .some(current)
            }
            guard let tenure = next ?? nil else { return nil }
            last = tenure
            return tenure
        }
    }
}

/// What the replica's thread tells those who wait for tenures and certificates.
struct TenureBoard: Sendable {
    /// The view that is led, once its first block has committed.
    private(set) var current: Tenure?
    /// The view that this replica is in, led or not.
    private(set) var view: Tenure?
    /// The replica stops.
    var isOver = false
    /// How far the views led were certified, the newest last.
    private var certified: [(tenure: Tenure, height: Height)] = []

    /// How many views led are remembered.
    static let remembered = 64

    /// A view has begun.
    mutating func entered(_ tenure: Tenure) {
        view = tenure
        if current != tenure { current = nil }
    }

    /// The view that this replica is in is given up.
    mutating func gaveUp(_ view: View) { if current?.view == view { current = nil } }

    /// This replica leads, and a block of the view has committed.
    mutating func leads(_ tenure: Tenure) {
        view = tenure
        current = tenure
    }

    /// This replica has proposed a block in this view.
    mutating func proposed(in tenure: Tenure) {
        guard certified.last?.tenure != tenure else { return }
        certified.append((tenure, .genesis))
        if certified.count > Self.remembered { certified.removeFirst() }
    }

    /// A block of this view has a quorum's votes.
    mutating func certified(_ height: Height, in tenure: Tenure) {
        guard let place = certified.lastIndex(where: { $0.tenure == tenure }) else { return }
        certified[place].height = max(certified[place].height, height)
    }

    /// Whether the block proposed, or a descendant of its view, is certified; nil if that is still open.
    ///
    /// All certificates of one view are on one chain, and a leader proposes one chain: heights decide.
    func isCertified(_ proposed: Proposed) -> Bool? {
        let tenure = Tenure(epoch: proposed.epoch, view: proposed.view)
        if let entry = certified.last(where: { $0.tenure == tenure }), entry.height >= proposed.height { return true }
        return tenure == view ? nil : false
    }
}
