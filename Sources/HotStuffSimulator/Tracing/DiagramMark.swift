/// How an event of a run is drawn: what it is, and what is written beside it.
struct DiagramMark: Sendable {
    /// Kinds of marks, each of one colour, in the order of the legend.
    enum Kind: String, Sendable, CaseIterable {
        case proposal, vote, certificate, commit, view, suspicion, timeout, entry, speculation, fault, recovery

        /// In the legend.
        var title: String {
            switch self {
            case .proposal: "proposal"
            case .vote: "vote"
            case .certificate: "certificate alone"
            case .commit: "commit"
            case .view: "enters a view"
            case .suspicion: "suspicion"
            case .timeout: "timeout"
            case .entry: "what opens a view"
            case .speculation: "leads, rolls back"
            case .fault: "fault, crash"
            case .recovery: "start, heal"
            }
        }

        /// As SVG writes it.
        var colour: String {
            switch self {
            case .proposal: "#1a56c4"
            case .vote: "#8a9099"
            case .certificate: "#00897b"
            case .commit: "#0b8043"
            case .view: "#3c4043"
            case .suspicion: "#e37400"
            case .timeout: "#c5221f"
            case .entry: "#8430ce"
            case .speculation: "#795548"
            case .fault: "#c5221f"
            case .recovery: "#137333"
            }
        }
    }

    /// What it is.
    let kind: Kind
    /// What is written beside it.
    let text: String
    /// Whether it is an arrow from one replica to another.
    var isArrow = false

    /// How an event is drawn; nil if it is not.
    init?(_ event: TraceEvent) {
        let number = event.numbers.0
        switch event.kind {
        case .received:
            guard let arrow = Self.arrow(event.text.split(separator: " ").map(String.init)) else { return nil }
            self = arrow
        case .committed: self.init(.commit, "commits \(number)" + (event.text.isEmpty ? "" : " (nudge)"))
        case .caughtUp: self.init(.commit, "caught up to \(number)")
        case .viewEntered: self.init(.view, "view \(number)")
        case .viewSuspected: self.init(.suspicion, "suspects view \(number)")
        case .viewTimedOut: self.init(.timeout, "gives up view \(number)")
        case .leaderStable: self.init(.speculation, "leads view \(number)")
        case .rolledBack: self.init(.speculation, "rolls back \(number)")
        case .equivocation: self.init(.fault, "sees two blocks of one height")
        case .refusedToVote: self.init(.fault, "no vote for \(number)")
        case .crashed: self.init(.fault, "crash")
        case .diskFailed: self.init(.fault, "write fails")
        case .halted, .violation, .faultBegan: self.init(.fault, event.text)
        case .faultEnded: self.init(.recovery, "over: " + event.text)
        case .started: self.init(.recovery, "start")
        case .healed: self.init(.recovery, "everything is put right")
        default: return nil
        }
    }

    private init(_ kind: Kind, _ text: String, isArrow: Bool = false) {
        self.kind = kind
        self.text = text
        self.isArrow = isArrow
    }

    /// The arrow of a message, by the words of its summary in the trace.
    private static func arrow(_ words: [String]) -> DiagramMark? {
        func after(_ word: String) -> String {
            words.firstIndex(of: word).flatMap { words.indices.contains($0 + 1) ? words[$0 + 1] : nil } ?? "?"
        }
        switch words.first {
        case "proposal":
            let nudge = words.last == "nudge" ? " nudge" : ""
            return DiagramMark(.proposal, "\(after("heights"))\(nudge), certifies \(after("justify"))", isArrow: true)
        case "vote": return DiagramMark(.vote, after("height"), isArrow: true)
        case "certificate": return DiagramMark(.certificate, "on \(after("on"))", isArrow: true)
        case "suspicion": return DiagramMark(.suspicion, "view \(after("view"))", isArrow: true)
        case "timeout": return DiagramMark(.timeout, "view \(after("view"))", isArrow: true)
        case "entry": return DiagramMark(.entry, "to view \(after("view"))", isArrow: true)
        case "evidence": return DiagramMark(.fault, "evidence", isArrow: true)
        default: return nil
        }
    }
}
