/// A sequence diagram of a run: a column for each replica, time from top to bottom, an arrow for each message that
/// says something new.
package struct RunDiagram: Sendable {
    /// An event and how it is drawn.
    struct Entry: Sendable {
        let event: TraceEvent
        let mark: DiagramMark
    }

    /// What is drawn of the run's beginning.
    private(set) var first: [Entry] = []
    /// What is drawn of its end, where a violation is.
    private(set) var last: [Entry] = []
    /// How many events between the two are not drawn.
    private(set) var leftOut = 0

    /// How many events are drawn of the beginning.
    static let firstLimit = 400
    /// How many events are drawn of the end.
    static let lastLimit = 800

    /// A diagram of nothing yet.
    package init() {}

    /// Adds an event, if it is one that is drawn.
    mutating func add(_ event: TraceEvent) {
        guard let mark = DiagramMark(event) else { return }
        let entry = Entry(event: event, mark: mark)
        guard first.count >= Self.firstLimit else { return first.append(entry) }
        last.append(entry)
        // Many at once, since taking off the first of an array moves all others.
        guard last.count >= 2 * Self.lastLimit else { return }
        last.removeFirst(Self.lastLimit)
        leftOut += Self.lastLimit
    }

    /// The picture.
    package func svg(title: String) -> String { DiagramDrawing(self, title: title).svg }
}
