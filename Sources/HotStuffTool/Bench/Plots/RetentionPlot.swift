/// Draws the size of a log's file, and of its replica's memory, over the blocks that it has committed.
struct RetentionPlot {
    /// What was measured, in order.
    let samples: [RetentionBench.Sample]
    /// What was run.
    let title: String

    private static let (width, height) = (900.0, 420.0)
    private static let margin = (left: 70.0, right: 30.0, top: 70.0, bottom: 50.0)
    private static let mebibyte = 1_048_576.0

    /// The drawing.
    var svg: SVG {
        var svg = SVG(width: Self.width, height: Self.height)
        svg.text(title, 24, 30, size: 17, bold: true)
        drawAxes(in: &svg)
        draw(samples.map { Double($0.fileSize) }, "the log's file", Colour.cycle(0), at: 0, in: &svg)
        let memory = samples.compactMap { $0.residentSize.map(Double.init) }
        if memory.count == samples.count { draw(memory, "anonymous memory", Colour.cycle(4), at: 1, in: &svg) }
        return svg
    }

    /// The top of the scale, in bytes: a whole number of steps.
    private var top: Double {
        let most = samples.flatMap { [Double($0.fileSize), Double($0.residentSize ?? 0)] }.max() ?? 0
        return max(1, (most / (Self.step(for: most) * Self.mebibyte)).rounded(.up)) * Self.step(for: most)
            * Self.mebibyte
    }

    /// Mebibytes from one line of the scale to the next.
    private static func step(for most: Double) -> Double {
        [1.0, 2, 5, 10, 20, 50, 100, 200, 500].first { $0 * mebibyte * 6 >= most } ?? 1_000
    }

    private func place(_ sample: RetentionBench.Sample, _ bytes: Double) -> (x: Double, y: Double) {
        let last = Double(max(1, samples.last?.blockCount ?? 1))
        let (wide, high) = (
            Self.width - Self.margin.left - Self.margin.right, Self.height - Self.margin.top - Self.margin.bottom
        )
        return (
            Self.margin.left + wide * Double(sample.blockCount) / last, Self.margin.top + high * (1 - bytes / top)
        )
    }

    private func drawAxes(in svg: inout SVG) {
        let step = Self.step(for: top) * Self.mebibyte
        let bottom = Self.height - Self.margin.bottom
        var bytes = 0.0
        while bytes <= top {
            let y = bottom - (bottom - Self.margin.top) * bytes / top
            svg.line(Self.margin.left, y, Self.width - Self.margin.right, y, stroke: "#e4e7eb")
            svg.text("\(Int(bytes / Self.mebibyte)) MiB", Self.margin.left - 8, y + 4, size: 11, anchor: .end)
            bytes += step
        }
        let last = samples.last?.blockCount ?? 0
        for part in 0...4 {
            let x = Self.margin.left + (Self.width - Self.margin.left - Self.margin.right) * Double(part) / 4
            svg.text("\(last / 4 * part)", x, bottom + 20, size: 11, anchor: .middle)
        }
        svg.text("blocks committed", Self.width / 2, bottom + 40, size: 12, anchor: .middle, fill: "#52606d")
    }

    private func draw(_ values: [Double], _ name: String, _ colour: String, at row: Int, in svg: inout SVG) {
        let places = zip(samples, values).map { place($0, $1) }
        for (from, to) in zip(places, places.dropFirst()) {
            svg.line(from.x, from.y, to.x, to.y, stroke: colour, width: 2)
        }
        let x = Self.margin.left + 180 * Double(row)
        svg.line(x, 52, x + 24, 52, stroke: colour, width: 3)
        svg.text(name, x + 32, 56, size: 12)
    }
}
