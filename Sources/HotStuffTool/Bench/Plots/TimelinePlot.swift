import HotStuff

/// Draws where the time of blocks goes: a lane each for proposing, consensus, the disk and executing, one bar a block.
///
/// A block has one colour in all lanes. What one lane does while another is busy stands above or below it, so that one
/// sees how far the leader's state machine runs ahead.
struct TimelinePlot {
    /// What the leader has noted.
    let leader: AccountsPage
    /// What one of the followers has noted.
    let follower: AccountsPage
    /// What was run.
    let title: String

    /// A block's time in one lane.
    private struct Bar {
        let height: UInt64
        let start: UInt64
        let end: UInt64
    }

    /// What is done in one place.
    private struct Lane {
        let name: String
        let explanation: String
        let bars: [Bar]
        /// How high it is drawn.
        let height: Double
        /// How many bars lie above each other in it.
        var rows = 1
        /// Every how-many-th block is drawn.
        var step: UInt64 = 1
    }

    private static let margin = (left: 170.0, right: 30.0, top: 74.0, bottom: 48.0)
    private static let width = 1_200.0
    private static let gap = 18.0
    /// How many bars may lie above each other.
    private static let mostRows = 48

    /// The drawing; nil if nothing was noted that could be drawn.
    var svg: SVG? {
        guard let window else { return nil }
        let lanes = lanes(in: window)
        let height = lanes.reduce(0) { $0 + $1.height + Self.gap } + Self.margin.top + Self.margin.bottom
        var svg = SVG(width: Self.width, height: height)
        svg.text(title, 24, 32, size: 18, bold: true)
        svg.text(
            "One bar a block, one colour a block in all lanes; time goes to the right.", 24, 54, size: 12,
            fill: "#52606d")
        drawAxis(window, to: height - Self.margin.bottom + 6, in: &svg)
        var y = Self.margin.top
        for lane in lanes {
            draw(lane, at: y, window, in: &svg)
            y += lane.height + Self.gap
        }
        return svg
    }

    // MARK: - What is drawn

    /// The last stretch of time that shows some blocks' whole way.
    private var window: ClosedRange<UInt64>? {
        let whole = leader.blocks.filter { $0[.finished] != nil && $0[.drained] != nil && $0[.proposing] != nil }
        guard let last = whole.last, let first = whole.first, let end = last[.finished],
            let begin = first[.proposing], end > begin
        else { return nil }
        let ways = whole.compactMap { block in
            block[.finished].flatMap { end in block[.proposing].map { end - min($0, end) } }
        }.sorted()
        let way = ways[ways.count / 2]
        let interval = (end - begin) / UInt64(whole.count)
        let length = min(max(way * 5 / 2, interval * 8), end - begin)
        return (end - length)...end
    }

    private func lanes(in window: ClosedRange<UInt64>) -> [Lane] {
        func bars(_ page: AccountsPage, _ from: BlockStage, _ to: BlockStage) -> [Bar] {
            page.blocks.compactMap { block in
                guard let start = block[from], let end = block[to], end >= window.lowerBound,
                    start <= window.upperBound
                else { return nil }
                return Bar(height: block.height, start: start, end: max(start, end))
            }
        }
        var consensus = Lane(
            name: "consensus", explanation: "sent to decided", bars: bars(leader, .sent, .decided), height: 250)
        let deepest = rows(of: consensus.bars).values.max().map { $0 + 1 } ?? 1
        consensus.step = UInt64((deepest + Self.mostRows - 1) / Self.mostRows)
        consensus.rows = max(1, deepest / Int(consensus.step) + (consensus.step > 1 ? 1 : 0))
        return [
            Lane(
                name: "propose", explanation: "leader: propose()", bars: bars(leader, .proposing, .proposed),
                height: 46),
            consensus,
            Lane(
                name: "disk", explanation: "leader: sync the decision", bars: bars(leader, .decided, .committed),
                height: 46),
            Lane(
                name: "execute", explanation: "follower: execute()", bars: bars(follower, .executing, .executed),
                height: 46),
        ]
    }

    /// A row for each bar in which it overlaps no other, the lowest that is free.
    private func rows(of bars: [Bar]) -> [UInt64: Int] {
        var ends: [UInt64] = []
        var rows: [UInt64: Int] = [:]
        for bar in bars.sorted(by: { $0.start < $1.start }) {
            let row = ends.firstIndex { $0 <= bar.start } ?? ends.count
            if row == ends.count { ends.append(bar.end) } else { ends[row] = bar.end }
            rows[bar.height] = row
        }
        return rows
    }

    // MARK: - Drawing

    private func draw(_ lane: Lane, at y: Double, _ window: ClosedRange<UInt64>, in svg: inout SVG) {
        svg.rectangle(
            Self.margin.left, y, Self.width - Self.margin.left - Self.margin.right, lane.height, fill: "#f5f7fa")
        svg.text(lane.name, 24, y + 20, size: 15, bold: true)
        svg.text(lane.explanation, 24, y + 38, size: 10.5, fill: "#52606d")
        if lane.step > 1 { svg.text("(every \(lane.step)th block)", 24, y + 54, size: 11, fill: "#52606d") }
        let drawn = lane.bars.filter { $0.height % lane.step == 0 }
        let rows = rows(of: drawn)
        let rowHeight = lane.rows == 1 ? lane.height : min(lane.height / Double(lane.rows), 24)
        for bar in drawn {
            let x = place(max(bar.start, window.lowerBound), window)
            let end = place(min(bar.end, window.upperBound), window)
            let row = lane.rows == 1 ? 0 : min(rows[bar.height] ?? 0, lane.rows - 1)
            let milliseconds = JSON.rounded(Double(bar.end - bar.start) / 1e6, digits: 2).text
            svg.rectangle(
                x, y + Double(row) * rowHeight + 1, max(1, end - x - 0.5), max(1, rowHeight - 2),
                fill: Colour.cycle(Int(bar.height)), radius: min(2, rowHeight / 4),
                title: "block \(bar.height): \(lane.name) \(milliseconds) ms")
            if end - x > 34, rowHeight > 11 {
                svg.text(
                    "\(bar.height)", (x + end) / 2, y + Double(row) * rowHeight + rowHeight / 2 + 4, size: 10,
                    anchor: .middle, fill: "#ffffff")
            }
        }
    }

    private func drawAxis(_ window: ClosedRange<UInt64>, to bottom: Double, in svg: inout SVG) {
        let length = Double(window.upperBound - window.lowerBound) / 1e6
        var step = 0.1
        for candidate in [0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000]
        where length / step > 12 { step = candidate }
        var time = 0.0
        while time <= length {
            let x = place(window.lowerBound + UInt64(time * 1e6), window)
            svg.line(x, Self.margin.top - 8, x, bottom, stroke: "#cbd2d9", dashes: "2 3")
            svg.text(
                step < 1 ? "\(JSON.rounded(time, digits: 1).text) ms" : "\(Int(time.rounded())) ms", x, bottom + 16,
                size: 11, anchor: .middle, fill: "#52606d")
            time += step
        }
    }

    private func place(_ time: UInt64, _ window: ClosedRange<UInt64>) -> Double {
        let part = Double(time - window.lowerBound) / Double(max(1, window.upperBound - window.lowerBound))
        return Self.margin.left + part * (Self.width - Self.margin.left - Self.margin.right)
    }
}
