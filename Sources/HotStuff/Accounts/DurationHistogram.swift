/// How often which durations came, in bounded memory.
///
/// Durations are counted in classes whose width is at most 1/256 of what they hold, so what is read from them is off by at
/// most 0.2 %. A second is in class 5,852: 46 KiB.
public struct DurationHistogram: Sendable, Hashable {
    /// By class, up to the highest in use.
    private var counts: [UInt64] = []
    /// How many durations were counted.
    public private(set) var count = 0
    /// Their sum.
    public private(set) var total = Duration.zero

    /// Nothing counted yet.
    public init() {}

    /// Counts a duration; a negative one as zero.
    public mutating func record(_ duration: Duration) {
        let place = Self.place(of: duration.wholeNanoseconds)
        if place >= counts.count { counts += [UInt64](repeating: 0, count: place + 1 - counts.count) }
        counts[place] += 1
        count += 1
        total += duration
    }

    /// The average; nil if nothing was counted.
    public var mean: Duration? { count == 0 ? nil : total / count }

    /// The duration that `part` of those counted do not exceed; nil if nothing was counted.
    ///
    /// - Parameter part: 0.5 for the median, 0 for the shortest and 1 for the longest; clamped to these.
    public func quantile(_ part: Double) -> Duration? {
        guard count > 0 else { return nil }
        let rank = UInt64(max(1, (Double(count) * min(max(part, 0), 1)).rounded(.up)))
        var seen: UInt64 = 0
        for (place, inClass) in counts.enumerated() {
            seen += inClass
            if seen >= rank { return .nanoseconds(Int64(clamping: Self.middle(ofClass: place))) }
        }
        return nil
    }

    /// What was counted since `earlier`, which is this histogram as it was then.
    public func since(_ earlier: DurationHistogram) -> DurationHistogram {
        var difference = self
        for place in earlier.counts.indices where place < counts.count {
            difference.counts[place] -= min(counts[place], earlier.counts[place])
        }
        difference.count = max(0, count - earlier.count)
        difference.total = max(.zero, total - earlier.total)
        return difference
    }

    /// Each octave has 256 classes, and the first 512 nanoseconds one each.
    private static let octaveBits = 8
    private static let classesInOctave = UInt64(1) << octaveBits

    private static func place(of nanoseconds: UInt64) -> Int {
        guard nanoseconds >= classesInOctave else { return Int(nanoseconds) }
        let shift = 63 - nanoseconds.leadingZeroBitCount - octaveBits
        return Int(classesInOctave) * shift + Int(nanoseconds >> UInt64(shift))
    }

    private static func middle(ofClass place: Int) -> UInt64 {
        let octave = Int(classesInOctave)
        guard place >= 2 * octave else { return UInt64(place) }
        let shift = UInt64(place / octave - 1)
        return (UInt64(place % octave + octave) << shift) + (1 << shift) / 2
    }
}

extension DurationHistogram: Codable {
    private enum Key: String, CodingKey {
        case places
        case counts
        case nanoseconds
    }

    /// Reads what `encode` writes.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        let places = try container.decode([Int].self, forKey: .places)
        let counts = try container.decode([UInt64].self, forKey: .counts)
        let highest = Self.place(of: .max)
        guard places.count == counts.count, places.allSatisfy({ (0...highest).contains($0) }),
            counts.allSatisfy({ $0 <= UInt64(UInt32.max) })
        else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: "its classes are not what they can be"))
        }
        self.counts = [UInt64](repeating: 0, count: (places.max() ?? -1) + 1)
        for (place, inClass) in zip(places, counts) { self.counts[place] = inClass }
        count = self.counts.reduce(0) { $0 + Int($1) }
        total = .nanoseconds(try container.decode(Int64.self, forKey: .nanoseconds))
    }

    /// Writes the classes that are in use.
    public func encode(to encoder: any Encoder) throws {
        let used = counts.indices.filter { counts[$0] > 0 }
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(used, forKey: .places)
        try container.encode(used.map { counts[$0] }, forKey: .counts)
        try container.encode(Int64(clamping: total.wholeNanoseconds), forKey: .nanoseconds)
    }
}
