import Foundation

/// Draws the exchange's transactions per second over block sizes, bare and replicated, and beneath them which process has
/// kept how many cores busy.
struct ExchangePlot {
    /// What was measured, a block size each.
    let figures: [ExchangeFigures]

    private static let width = 900.0
    private static let margin = (left: 90.0, right: 40.0)
    /// Where the two panels begin and end.
    private static let (rates, cores) = ((top: 112.0, bottom: 400.0), (top: 492.0, bottom: 652.0))
    private static let height = 712.0
    private static let quiet = "#52606d"

    /// The drawing.
    var svg: SVG {
        var svg = SVG(width: Self.width, height: Self.height)
        svg.text("hotstuff bench exchange --replicas", 24, 32, size: 18, bold: true)
        svg.text(
            "Transactions per second over transactions a block: the exchange's own loop on one thread, and four replicas "
                + "on the same machine,", 24, 54, size: 12, fill: Self.quiet)
        svg.text(
            "over TCP with synced logs, whose leader runs the same exchange and whose followers verify only.", 24, 70,
            size: 12, fill: Self.quiet)
        drawRates(in: &svg)
        drawCores(in: &svg)
        return svg
    }

    // MARK: - Places

    /// The place of a block size: by its logarithm.
    private func x(_ size: Int) -> Double {
        let sizes = figures.map { log(Double($0.plan.blockSize)) }
        let (least, most) = (sizes.min() ?? 0, sizes.max() ?? 1)
        let room = 60.0
        let (left, right) = (Self.margin.left + room, Self.width - Self.margin.right - room)
        guard most > least else { return (left + right) / 2 }
        return left + (right - left) * (log(Double(size)) - least) / (most - least)
    }

    private static func drawScale(
        _ panel: (top: Double, bottom: Double), upTo top: Double, step: Double, in svg: inout SVG,
        label: (Double) -> String
    ) {
        for number in 0...max(0, Int((top / step).rounded())) {
            let value = Double(number) * step
            let y = place(value, of: top, in: panel)
            svg.line(margin.left, y, width - margin.right, y, stroke: "#e4e7eb")
            svg.text(label(value), margin.left - 8, y + 4, size: 11, anchor: .end)
        }
    }

    private static func place(_ value: Double, of top: Double, in panel: (top: Double, bottom: Double)) -> Double {
        panel.bottom - (panel.bottom - panel.top) * value / top
    }

    private func nameSizes(below y: Double, in svg: inout SVG) {
        for figure in figures {
            svg.text(
                Self.grouped(Double(figure.plan.blockSize)), x(figure.plan.blockSize), y + 18, size: 11, anchor: .middle
            )
        }
    }

    private static func grouped(_ value: Double) -> String {
        var digits = "\(Int(value.rounded()))"
        var groups: [Substring] = []
        while digits.count > 3 {
            groups.insert(digits.suffix(3), at: 0)
            digits.removeLast(3)
        }
        return ([Substring(digits)] + groups).joined(separator: ",")
    }

    private static func drawKey(_ names: [(String, String)], _ y: Double, spacing: Double, in svg: inout SVG) {
        for (place, (name, colour)) in names.enumerated() {
            let x = margin.left + spacing * Double(place)
            svg.rectangle(x, y - 9, 22, 10, fill: colour, radius: 2)
            svg.text(name, x + 29, y, size: 12)
        }
    }

    // MARK: - Panels

    private func drawRates(in svg: inout SVG) {
        let (bare, replicated) = (Colour.cycle(0), Colour.cycle(5))
        let most = figures.flatMap { [$0.barePerSecond, $0.replicatedPerSecond] }.max() ?? 1
        let step =
            [1_000.0, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000, 200_000, 500_000]
            .first { $0 * 8 >= most } ?? 1_000_000
        let top = max(step, (most / step).rounded(.up) * step)
        Self.drawScale(Self.rates, upTo: top, step: step, in: &svg) { Self.grouped($0) }
        draw(bare, upTo: top, in: &svg) { $0.barePerSecond }
        draw(replicated, upTo: top, in: &svg) { $0.replicatedPerSecond }
        for figure in figures {
            let values = [figure.barePerSecond, figure.replicatedPerSecond]
            let below = Self.place(values.min() ?? 0, of: top, in: Self.rates) + 22
            // Above the points where there is no room below them.
            let above = Self.place(values.max() ?? 0, of: top, in: Self.rates) - 12
            svg.text(
                "× " + JSON.rounded(figure.ratio, digits: 2).text, x(figure.plan.blockSize),
                below < Self.rates.bottom - 4 ? below : above, size: 12, anchor: .middle, bold: true)
        }
        Self.drawKey([("bare, transactions/s", bare), ("replicated", replicated)], 98, spacing: 190, in: &svg)
        nameSizes(below: Self.rates.bottom, in: &svg)
        svg.text(
            "transactions a block", Self.width / 2, Self.rates.bottom + 38, size: 12, anchor: .middle, fill: Self.quiet)
    }

    private func draw(
        _ colour: String, upTo top: Double, in svg: inout SVG, _ value: (ExchangeFigures) -> Double
    ) {
        let places = figures.sorted { $0.plan.blockSize < $1.plan.blockSize }.map {
            (x: x($0.plan.blockSize), y: Self.place(value($0), of: top, in: Self.rates))
        }
        for (from, to) in zip(places, places.dropFirst()) {
            svg.line(from.x, from.y, to.x, to.y, stroke: colour, width: 2.5)
        }
        for place in places { svg.rectangle(place.x - 4, place.y - 4, 8, 8, fill: colour, radius: 4) }
    }

    private func drawCores(in svg: inout SVG) {
        let parts: [(name: String, value: (ExchangeFigures) -> Double)] = [
            ("the leader's exchange", { $0.machineShare }), ("the rest of its process", { $0.leaderRestShare }),
            ("the three followers", { $0.followersShare }), ("other work", { $0.others?.replicated ?? 0 }),
        ]
        let colours = [Colour.cycle(2), Colour.cycle(4), Colour.cycle(7), "#9aa5b1"]
        let most = figures.map { figure in parts.reduce(0) { $0 + $1.value(figure) } }.max() ?? 1
        let top = max(1, most.rounded(.up))
        svg.text("Cores kept busy while the replicas ran", 24, Self.cores.top - 30, size: 14, bold: true)
        Self.drawKey(zip(parts, colours).map { ($0.name, $1) }, Self.cores.top - 12, spacing: 190, in: &svg)
        Self.drawScale(Self.cores, upTo: top, step: top > 4 ? 1 : 0.5, in: &svg) { JSON.rounded($0, digits: 1).text }
        for figure in figures {
            var sum = 0.0
            for (part, colour) in zip(parts, colours) {
                let value = part.value(figure)
                let (low, high) = (
                    Self.place(sum, of: top, in: Self.cores), Self.place(sum + value, of: top, in: Self.cores)
                )
                let text = JSON.rounded(value, digits: 2).text
                svg.rectangle(
                    x(figure.plan.blockSize) - 32, high, 64, low - high, fill: colour, title: "\(part.name): \(text)")
                if low - high > 14 {
                    svg.text(
                        text, x(figure.plan.blockSize), (low + high) / 2 + 4, size: 11, anchor: .middle, fill: "#ffffff"
                    )
                }
                sum += value
            }
        }
        nameSizes(below: Self.cores.bottom, in: &svg)
    }
}
