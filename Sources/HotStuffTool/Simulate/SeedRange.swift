import ArgumentParser

/// Seeds from one to another, both included, as `0..999`; or one alone.
struct SeedRange: ExpressibleByArgument, Sendable {
    /// The seeds.
    let seeds: ClosedRange<UInt64>

    /// These seeds.
    init(_ seeds: ClosedRange<UInt64>) { self.seeds = seeds }

    /// Reads `A..B`, or `A`.
    init?(argument: String) {
        let parts = argument.split(separator: ".", omittingEmptySubsequences: true)
        guard let first = parts.first.flatMap({ UInt64($0) }) else { return nil }
        guard parts.count == 2, argument.contains("..") else {
            guard parts.count == 1, !argument.contains(".") else { return nil }
            seeds = first...first
            return
        }
        guard let last = UInt64(parts[1]), first <= last else { return nil }
        seeds = first...last
    }
}
