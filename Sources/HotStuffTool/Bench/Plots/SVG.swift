/// A drawing in the making: shapes in the order in which they were added.
struct SVG {
    /// Its size in units, which are pixels unless it is scaled.
    let width: Double
    /// As above.
    let height: Double
    private var shapes: [String] = []

    /// Where a text's point is in it.
    enum Anchor: String {
        /// The text begins, is in the middle, or ends at its point.
        case start, middle, end
    }

    /// An empty white drawing.
    init(width: Double, height: Double) {
        self.width = width
        self.height = height
        rectangle(0, 0, width, height, fill: "#ffffff")
    }

    /// A filled rectangle.
    mutating func rectangle(
        _ x: Double, _ y: Double, _ width: Double, _ height: Double, fill: String, stroke: String? = nil,
        strokeWidth: Double = 1, radius: Double = 0, title: String? = nil
    ) {
        let border = stroke.map { #" stroke="\#($0)" stroke-width="\#(Self.text(strokeWidth))""# } ?? ""
        let corners = radius > 0 ? #" rx="\#(Self.text(radius))""# : ""
        let place =
            #"x="\#(Self.text(x))" y="\#(Self.text(y))" width="\#(Self.text(width))" height="\#(Self.text(height))""#
        let tip = title.map { "<title>\(Self.escape($0))</title>" } ?? ""
        shapes.append(#"<rect \#(place) fill="\#(fill)"\#(border)\#(corners)>\#(tip)</rect>"#)
    }

    /// A straight line.
    mutating func line(
        _ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, stroke: String, width: Double = 1, dashes: String = ""
    ) {
        let ends =
            #"x1="\#(Self.text(x1))" y1="\#(Self.text(y1))" x2="\#(Self.text(x2))" y2="\#(Self.text(y2))""#
        let pattern = dashes.isEmpty ? "" : #" stroke-dasharray="\#(dashes)""#
        shapes.append(#"<line \#(ends) stroke="\#(stroke)" stroke-width="\#(Self.text(width))"\#(pattern)/>"#)
    }

    /// A line of text with its baseline at `y`.
    mutating func text(
        _ text: String, _ x: Double, _ y: Double, size: Double = 12, anchor: Anchor = .start, bold: Bool = false,
        fill: String = "#1f2933"
    ) {
        let weight = bold ? #" font-weight="600""# : ""
        shapes.append(
            #"<text x="\#(Self.text(x))" y="\#(Self.text(y))" font-size="\#(Self.text(size))" "#
                + #"text-anchor="\#(anchor.rawValue)"\#(weight) fill="\#(fill)">\#(Self.escape(text))</text>"#)
    }

    /// The whole file.
    var document: String {
        let size = #"width="\#(Self.text(width))" height="\#(Self.text(height))""#
        let box = #"viewBox="0 0 \#(Self.text(width)) \#(Self.text(height))""#
        return #"<svg xmlns="http://www.w3.org/2000/svg" \#(size) \#(box) font-family="\#(Self.fonts)">"#
            + "\n" + shapes.joined(separator: "\n") + "\n</svg>\n"
    }

    private static let fonts = "Inter, 'Helvetica Neue', Helvetica, Arial, 'DejaVu Sans', sans-serif"

    private static func text(_ value: Double) -> String {
        let rounded = (value * 100).rounded() / 100
        return rounded == rounded.rounded() ? "\(Int(rounded))" : "\(rounded)"
    }

    private static func escape(_ text: String) -> String {
        text.reduce(into: "") { escaped, character in
            switch character {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            default: escaped.append(character)
            }
        }
    }
}

/// A colour between others, as SVG writes it.
enum Colour {
    /// From `low` to `high`, by `part` from 0 to 1.
    static func between(
        _ low: (Double, Double, Double), _ high: (Double, Double, Double), _ part: Double
    ) -> String {
        let part = min(max(part, 0), 1)
        return hexadecimal(
            low.0 + (high.0 - low.0) * part, low.1 + (high.1 - low.1) * part, low.2 + (high.2 - low.2) * part)
    }

    /// One of a cycle of well distinguished colours.
    static func cycle(_ number: Int) -> String { palette[((number % palette.count) + palette.count) % palette.count] }

    private static let palette = [
        "#2f6fb2", "#5aa9d6", "#2a9d8f", "#7bc47f", "#e9b949", "#ee964b", "#d1495b", "#8d5fa8",
    ]

    private static func hexadecimal(_ red: Double, _ green: Double, _ blue: Double) -> String {
        "#"
            + [red, green, blue].map { part in
                let text = String(Int(min(max(part, 0), 255).rounded()), radix: 16)
                return text.count < 2 ? "0" + text : text
            }.joined()
    }
}
