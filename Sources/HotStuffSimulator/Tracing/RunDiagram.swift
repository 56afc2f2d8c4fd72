/// A sequence diagram of a run: a column for each replica, time from top to bottom, an arrow for each message that
/// says something new.
package struct RunDiagram: Sendable {
    private var events: [TraceEvent] = []
    /// How many events are drawn at most; a longer run is drawn from its beginning.
    package static let limit = 1_500

    /// A diagram of nothing yet.
    package init() {}

    /// Adds an event, if it is one that is drawn.
    mutating func add(_ event: TraceEvent) {
        guard events.count < Self.limit, Style(event) != nil else { return }
        events.append(event)
    }

    /// How an event is drawn.
    private struct Style {
        let colour: String
        let isArrow: Bool
        let text: String

        init?(_ event: TraceEvent) {
            let number = event.numbers.0
            switch event.kind {
            case .received:
                guard let shown = Self.message(event.text) else { return nil }
                self = shown
            case .committed: self.init("#188038", false, "commit \(number)")
            case .viewEntered: self.init("#5f6368", false, "view \(number)")
            case .viewSuspected: self.init("#e37400", false, "suspects \(number)")
            case .viewTimedOut: self.init("#c5221f", false, "gives up \(number)")
            case .leaderStable: self.init("#1967d2", false, "leads")
            case .rolledBack: self.init("#9334e6", false, "rolls back \(number)")
            case .crashed: self.init("#c5221f", false, "crash")
            case .started: self.init("#188038", false, "start")
            case .halted, .violation: self.init("#c5221f", false, event.text)
            case .diskFailed: self.init("#c5221f", false, "disk fails")
            case .faultBegan: self.init("#c5221f", false, event.text)
            case .faultEnded: self.init("#188038", false, "ends: " + event.text)
            case .healed: self.init("#188038", false, "all is healed")
            default: return nil
            }
        }

        private init(_ colour: String, _ isArrow: Bool, _ text: String) {
            self.colour = colour
            self.isArrow = isArrow
            self.text = text
        }

        private static func message(_ text: String) -> Style? {
            switch text.prefix(while: { $0 != " " }) {
            case "proposal": Style("#1967d2", true, text)
            case "vote": Style("#9aa0a6", true, String(text.prefix { $0 != "," }))
            case "certificate": Style("#188038", true, text)
            case "suspicion": Style("#e37400", true, text)
            case "timeout": Style("#c5221f", true, text)
            case "entry": Style("#9334e6", true, text)
            case "evidence": Style("#c5221f", true, text)
            default: nil
            }
        }
    }

    /// The picture.
    package var svg: String {
        let columns = (events.map(\.node) + events.compactMap(\.peer)).max().map { $0 + 1 } ?? 1
        let gap = 190
        let (width, top, row) = (columns * gap + 200, 60, 16)
        var body = ""
        for column in 0..<columns {
            let x = 160 + column * gap
            body += "<text x='\(x)' y='30' text-anchor='middle' font-weight='bold'>\(column)</text>\n"
            body += "<line x1='\(x)' y1='40' x2='\(x)' y2='\(top + (events.count + 1) * row)' stroke='#dadce0'/>\n"
        }
        // A row for each event: times are too uneven for a scale, so each row says its own.
        for (place, event) in events.enumerated() {
            guard let style = Style(event) else { continue }
            let y = top + (place + 1) * row
            let x = 160 + max(event.node, 0) * gap
            body += "<text x='8' y='\(y)' fill='#80868b'>\(event.at / 1_000_000).\(event.at / 100_000 % 10) ms</text>\n"
            if style.isArrow, let peer = event.peer {
                body += arrow(from: 160 + peer * gap, to: x, y, style.colour, style.text)
            } else if event.node < 0 {
                body += "<text x='110' y='\(y)' fill='\(style.colour)'>\(escaped(style.text))</text>\n"
            } else {
                body += "<circle cx='\(x)' cy='\(y - 4)' r='3' fill='\(style.colour)'/>"
                body += "<text x='\(x + 6)' y='\(y)' fill='\(style.colour)'>\(escaped(style.text))</text>\n"
            }
        }
        return """
            <svg xmlns='http://www.w3.org/2000/svg' width='\(width)' height='\(top + (events.count + 2) * row)' \
            font-family='sans-serif' font-size='11'>
            <rect width='100%' height='100%' fill='white'/>
            \(body)</svg>
            """
    }

    private func arrow(from: Int, to: Int, _ y: Int, _ colour: String, _ text: String) -> String {
        let back = to > from ? -6 : 6
        return "<path d='M\(from) \(y - 4)H\(to)m\(back) -3l\(-back) 3l\(back) 3' fill='none' stroke='\(colour)'/>"
            + "<text x='\(to > from ? from + 8 : from - 8)' y='\(y - 6)' font-size='9' fill='\(colour)' "
            + "text-anchor='\(to > from ? "start" : "end")'>\(escaped(text))</text>\n"
    }

    private func escaped(_ text: String) -> String {
        var escaped = ""
        for character in text {
            switch character {
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "&": escaped += "&amp;"
            default: escaped.append(character)
            }
        }
        return escaped
    }
}
