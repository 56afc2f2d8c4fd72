import HotStuff

/// Draws a sweep: a column for each round trip, a row for each figure, and in each a table of P and E in colours.
struct SweepPlot {
    /// What was measured.
    let result: PipelineSweep.Result

    /// One figure of every point.
    private struct Figure: Sendable {
        let name: String
        let explanation: String
        /// What is shown of a point.
        let value: @Sendable (SweepCell) -> Double?
        /// How good that is: 1 as good as it should be or better, 0 hopeless; nil where nothing is expected of it.
        let goodness: @Sendable (SweepCell, Double) -> Double
        /// Whether it misses what is expected of it.
        let isMissed: @Sendable (SweepCell, Double) -> Bool
        let digits: Int
    }

    private static let cell = (width: 52.0, height: 34.0)
    private static let margin = (left: 214.0, top: 96.0)
    private static let gap = (columns: 70.0, rows: 66.0)

    /// The drawing.
    var svg: SVG {
        let plan = result.plan
        let table = (
            width: Self.cell.width * Double(plan.propose.count), height: Self.cell.height * Double(plan.execute.count)
        )
        let figures = Self.figures.filter { figure in result.cells.contains { figure.value($0) != nil } }
        var svg = SVG(
            width: Self.margin.left + (table.width + Self.gap.columns) * Double(plan.roundTrips.count),
            height: Self.margin.top + (table.height + Self.gap.rows) * Double(figures.count))
        svg.text("hotstuff bench pipeline --sweep", 24, 34, size: 19, bold: true)
        let seconds = JSON.rounded(plan.time / .seconds(1), digits: 1).text
        svg.text(
            "Four replicas over TCP with synced logs; median of \(plan.repeats) runs of \(seconds) s. "
                + "P: propose(), E: execute(). Framed in red: not as good as it should be.", 24, 56, size: 12,
            fill: "#52606d")
        for (column, roundTrip) in plan.roundTrips.enumerated() {
            let x = Self.margin.left + (table.width + Self.gap.columns) * Double(column)
            svg.text(
                "round trip \(PipelineFigures.milliseconds(roundTrip).text) ms", x + table.width / 2, 82, size: 14,
                anchor: .middle, bold: true)
            for (row, figure) in figures.enumerated() {
                let y = Self.margin.top + (table.height + Self.gap.rows) * Double(row)
                if column == 0 {
                    svg.text(figure.name, 24, y + 34, size: 14, bold: true)
                    for (line, text) in figure.explanation.split(separator: "\n").enumerated() {
                        svg.text(String(text), 24, y + 54 + Double(line) * 15, size: 11, fill: "#52606d")
                    }
                }
                draw(figure, roundTrip, x, y, in: &svg)
            }
        }
        return svg
    }

    private func draw(_ figure: Figure, _ roundTrip: Duration, _ x: Double, _ y: Double, in svg: inout SVG) {
        let plan = result.plan
        for (row, execute) in plan.execute.enumerated() {
            let middle = y + Self.cell.height * (Double(row) + 0.5) + 4
            svg.text("\(PipelineFigures.milliseconds(execute).text)", x - 6, middle, size: 11, anchor: .end)
        }
        svg.text("E ms", x - 6, y - 6, size: 10, anchor: .end, fill: "#7b8794")
        let below = y + Self.cell.height * Double(plan.execute.count) + 15
        for (column, propose) in plan.propose.enumerated() {
            let centre = x + Self.cell.width * (Double(column) + 0.5)
            svg.text("\(PipelineFigures.milliseconds(propose).text)", centre, below, size: 11, anchor: .middle)
        }
        svg.text("P ms", x - 6, below, size: 10, anchor: .end, fill: "#7b8794")
        for point in result.cells where point.roundTrip == roundTrip {
            guard let column = plan.propose.firstIndex(of: point.load.propose),
                let row = plan.execute.firstIndex(of: point.load.execute)
            else { continue }
            draw(
                figure, point, x + Self.cell.width * Double(column), y + Self.cell.height * Double(row), in: &svg)
        }
    }

    private func draw(_ figure: Figure, _ point: SweepCell, _ x: Double, _ y: Double, in svg: inout SVG) {
        guard let value = figure.value(point) else { return }
        let colour = Colour.between((214, 96, 77), (69, 151, 130), figure.goodness(point, value))
        let isMissed = figure.isMissed(point, value)
        svg.rectangle(
            x + 1.5, y + 1.5, Self.cell.width - 3, Self.cell.height - 3, fill: colour,
            stroke: isMissed ? "#b00020" : nil, strokeWidth: 2.5, radius: 4)
        svg.text(
            Self.text(value, digits: figure.digits), x + Self.cell.width / 2, y + Self.cell.height / 2 + 4.5,
            size: 12.5, anchor: .middle, bold: isMissed, fill: "#ffffff")
    }

    private static func text(_ value: Double, digits: Int) -> String {
        let text = JSON.rounded(value, digits: digits).text
        guard digits > 0 else { return text.hasSuffix(".0") ? String(text.dropLast(2)) : text }
        let places = text.split(separator: ".").last?.count ?? 0
        return text + String(repeating: "0", count: max(0, digits - places))
    }

    // MARK: - Figures

    private static let figures = [
        Figure(
            name: "efficiency", explanation: "blocks/s over the ideal:\none block every max(P, E)",
            value: { $0.median?.efficiency }, goodness: { goodness($1, $0.efficiencyTarget) },
            isMissed: { $1 < $0.efficiencyTarget }, digits: 2),
        Figure(
            name: "with a slow follower", explanation: "the same, while one of\nthree is so much slower",
            value: { $0.slowFollower?.efficiency }, goodness: { goodness($1, $0.slowFollowerTarget) },
            isMissed: { $1 < $0.slowFollowerTarget }, digits: 2),
        Figure(
            name: "without speculation", explanation: "the same, with a leader\nthat does not run ahead",
            value: { $0.withoutSpeculation?.efficiency }, goodness: { goodness($1, $0.efficiencyTarget) },
            isMissed: { _, _ in false }, digits: 2),
        Figure(
            name: "time to the decision", explanation: "median ms from doPropose()\nuntil it is in the leader's log",
            value: { $0.decision },
            goodness: { 1 - max(0, $1 - $0.decisionTarget) / max(10, $0.decisionTarget) },
            isMissed: { $1 > $0.decisionTarget }, digits: 0),
    ]

    /// 1 at the target, falling to 0 at nothing.
    private static func goodness(_ value: Double, _ target: Double) -> Double {
        value >= target ? 1 : value / target * 0.8
    }
}
