/// A diagram on its way to SVG.
///
/// Every event has a row, whatever time lies between two: a scale would be empty in the quiet times and black in the
/// busy ones. An arrow begins where its message was sent, at the height that this moment has among the rows.
struct DiagramDrawing {
    private let diagram: RunDiagram
    private let title: String
    private let columns: Int
    private var entries: [(entry: RunDiagram.Entry, y: Double)] = []
    /// Where the events that are left out would be.
    private var gap: Double?

    private static let gutter = 190
    private static let left = 120
    private static let top = 96
    private static let row = 15.0

    init(_ diagram: RunDiagram, title: String) {
        self.diagram = diagram
        self.title = title
        let all = diagram.first + diagram.last
        columns = (all.map(\.event.node) + all.compactMap(\.event.peer)).max().map { $0 + 1 } ?? 1
        var y = Double(Self.top)
        for (place, entry) in all.enumerated() {
            y += Self.row
            if place == diagram.first.count, diagram.leftOut > 0 {
                gap = y
                y += 2 * Self.row
            }
            entries.append((entry, y))
        }
    }

    private var width: Int { Self.left + (columns - 1) * Self.gutter + 190 }
    private var height: Double { (entries.last?.y ?? Double(Self.top)) + 2 * Self.row }
    private func x(_ column: Int) -> Int { Self.left + column * Self.gutter }

    /// The whole picture.
    var svg: String {
        """
        <svg xmlns='http://www.w3.org/2000/svg' width='\(width)' height='\(Int(height))' font-family='sans-serif' \
        font-size='11'>
        <defs>\(arrowHeads)</defs>
        <rect width='100%' height='100%' fill='white'/>
        <text x='12' y='22' font-size='14' font-weight='bold'>\(escaped(title))</text>
        \(legend)\(lifelines)\(marks)\(leftOut)</svg>
        """
    }

    // MARK: - What stands still

    private var arrowHeads: String {
        DiagramMark.Kind.allCases.map {
            "<marker id='\($0.rawValue)' viewBox='0 0 8 8' refX='8' refY='4' markerWidth='7' markerHeight='7' "
                + "orient='auto'><path d='M0 0.5L8 4L0 7.5z' fill='\($0.colour)'/></marker>"
        }.joined()
    }

    private var legend: String {
        var text = ""
        var x = 12
        var y = 42
        for kind in DiagramMark.Kind.allCases {
            let size = 26 + kind.title.count * 6
            if x + size > width {
                x = 12
                y += 16
            }
            text += "<circle cx='\(x + 4)' cy='\(y - 4)' r='4' fill='\(kind.colour)'/>"
            text += "<text x='\(x + 12)' y='\(y)' fill='#3c4043'>\(kind.title)</text>\n"
            x += size
        }
        return text
    }

    /// A column for each replica: a band while it is up, in another shade in each view, nothing while it is down.
    private var lifelines: String {
        var text = ""
        for column in 0..<columns {
            text += "<text x='\(x(column))' y='\(Self.top - 4)' text-anchor='middle' font-weight='bold' "
            text += "font-size='13'>replica \(column)</text>\n"
            text += "<path d='M\(x(column)) \(Self.top)V\(coordinate(height))' stroke='#dadce0' "
            text += "stroke-dasharray='2 4'/>\n"
            var since = Double(Self.top)
            var view: UInt64? = 0
            for (entry, y) in entries where entry.event.node == column {
                switch entry.event.kind {
                case .viewEntered:
                    text += band(column, since, y, view)
                    (since, view) = (y, entry.event.numbers.0)
                case .crashed, .halted:
                    text += band(column, since, y, view)
                    (since, view) = (y, nil)
                case .started: if view == nil { (since, view) = (y, 0) }
                default: break
                }
            }
            text += band(column, since, height, view)
        }
        return text
    }

    private func band(_ column: Int, _ from: Double, _ to: Double, _ view: UInt64?) -> String {
        guard let view, to > from else { return "" }
        let shade = ["#d2e3fc", "#fce8b2", "#ceead6", "#f3d6fb"][Int(view % 4)]
        return "<rect x='\(x(column) - 4)' y='\(coordinate(from))' width='8' height='\(coordinate(to - from))' "
            + "fill='\(shade)'/>\n"
    }

    private var leftOut: String {
        guard let gap else { return "" }
        return "<text x='\(Self.left)' y='\(coordinate(gap))' font-style='italic' fill='#5f6368'>"
            + "… \(diagram.leftOut) events are not drawn …</text>\n"
    }

    // MARK: - What happens

    private var marks: String {
        var text = ""
        var labels = ""  // last, so that no line is drawn over them
        var shownTime: UInt64?
        for (entry, y) in entries {
            let (event, mark) = (entry.event, entry.mark)
            let tenth = event.at / 100_000
            if shownTime != tenth {
                text += "<text x='\(Self.left - 40)' y='\(coordinate(y))' text-anchor='end' fill='#80868b'>"
                text += "\(tenth / 10).\(tenth % 10) ms</text>\n"
                shownTime = tenth
            }
            if mark.isArrow, let peer = event.peer {
                text += arrow(from: peer, to: event.node, sent: event.sentAt.map(y(at:)) ?? y, y, mark)
                // At the arrow's head, where arrows that left together have parted.
                let isRight = event.node > peer
                labels += label(mark, x: x(event.node) + (isRight ? -15 : 15), y: y - 6, isLeft: isRight, size: 9)
            } else if event.node < 0 {
                text += "<path d='M\(Self.left - 30) \(coordinate(y - 4))H\(width)' stroke='\(mark.kind.colour)' "
                text += "stroke-dasharray='6 3' opacity='0.5'/>"
                labels += label(mark, x: Self.left - 26, y: y - 6)
            } else {
                text += "<circle cx='\(x(event.node))' cy='\(coordinate(y - 4))' r='4' fill='\(mark.kind.colour)'/>"
                labels += label(mark, x: x(event.node) + 8, y: y)
            }
        }
        return text + labels
    }

    private func arrow(from: Int, to: Int, sent: Double, _ y: Double, _ mark: DiagramMark) -> String {
        let isRight = to > from
        let (start, end) = (x(from) + (isRight ? 4 : -4), x(to) + (isRight ? -5 : 5))
        return "<path d='M\(start) \(coordinate(min(sent, y) - 4))L\(end) \(coordinate(y - 4))' fill='none' "
            + "stroke='\(mark.kind.colour)' opacity='0.75' marker-end='url(#\(mark.kind.rawValue))'/>"
    }

    private func label(_ mark: DiagramMark, x: Int, y: Double, isLeft: Bool = false, size: Int = 11) -> String {
        "<text x='\(x)' y='\(coordinate(y))' font-size='\(size)' fill='\(mark.kind.colour)' stroke='white' "
            + "stroke-width='3' paint-order='stroke' text-anchor='\(isLeft ? "end" : "start")'>"
            + "\(escaped(mark.text))</text>\n"
    }

    /// Where a moment lies between the rows of the events before and after it.
    private func y(at time: UInt64) -> Double {
        var (low, high) = (0, entries.count)
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].entry.event.at < time { low = middle + 1 } else { high = middle }
        }
        guard low > 0, low < entries.count else { return entries.first?.y ?? 0 }
        let (before, after) = (entries[low - 1], entries[low])
        let (start, end) = (before.entry.event.at, after.entry.event.at)
        let share = end > start ? Double(time - start) / Double(end - start) : 1
        return before.y + (after.y - before.y) * share
    }

    private func coordinate(_ value: Double) -> String {
        let tenths = Int((value * 10).rounded())
        return "\(tenths / 10).\(abs(tenths % 10))"
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
