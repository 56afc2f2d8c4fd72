internal import HotStuffCore

/// What is left out of a run to make it smaller: a text on a command line, so that the smaller run can be replayed.
///
/// `faults:0.4/liars:1/plain:2.3/proposals:8/phase:400/acts:1/replicas:4`: which of the planned faults and of the liars
/// stay, by their places; which settings are made plain; how many blocks a machine proposes; how many milliseconds
/// things go wrong; which acts of a script are left out; how many replicas there are. What is not named stays as it is.
struct Cuts: Sendable, Hashable {
    /// Which faults of the schedule stay; nil for all.
    var faults: [Int]?
    /// Which Byzantine validators stay so; nil for all.
    var liars: [Int]?
    /// Which settings are made plain, by their places in `simplifications`.
    var plain: [Int] = []
    /// How many blocks one life of a sample machine proposes at most.
    var proposals: UInt64?
    /// How long things go wrong, in milliseconds.
    var phase: UInt64?
    /// Which acts of a script are left out, in the order in which it does them.
    var acts: [Int] = []
    /// How many validators there are.
    var replicas: Int?

    /// Settings that can be made plain.
    static let simplifications: [@Sendable (inout RunPlan) -> Void] = [
        { $0.settings.lossPerMille = 0 },
        { $0.settings.repeatPerMille = 0 },
        { $0.settings.keepsOrder = true },
        { $0.settings.listeners = 0 },
        { $0.settings.latency.tailPerMille = 0 },
        { $0.settings.writeTime.tailPerMille = 0 },
        { $0.settings.powers = [] },
        { $0.settings.viewLimit = nil },
        { $0.settings.chainLength = 2 },
        { $0.settings.encodesMessages = false },
    ]

    /// Leaves out of a drawn plan what is to be left out.
    func apply(to plan: inout RunPlan) {
        if let faults { plan.faults = faults.filter(plan.faults.indices.contains).map { plan.faults[$0] } }
        if let liars { plan.byzantine = liars.filter(plan.byzantine.indices.contains).map { plan.byzantine[$0] } }
        for place in plain where Self.simplifications.indices.contains(place) { Self.simplifications[place](&plan) }
        if let proposals { plan.proposals = min(plan.proposals, proposals) }
        if let phase {
            plan.safetyPhase = min(plan.safetyPhase, .milliseconds(Int64(clamping: phase)))
            let end = plan.safetyPhase
            plan.faults.removeAll { $0.at > end }
        }
        plan.droppedActs = acts
        if let replicas, replicas < plan.settings.replicas {
            plan.settings.replicas = replicas
            plan.faults.removeAll { $0.kind.highestNode >= replicas }
            plan.byzantine.removeAll { $0.replica >= replicas }
        }
    }
}

extension Cuts: LosslessStringConvertible {
    /// Reads a text; nil if it is none of `description`'s.
    init?(_ text: String) {
        self.init()
        for part in text.split(separator: "/") {
            let pair = part.split(separator: ":", omittingEmptySubsequences: false)
            guard pair.count == 2 else { return nil }
            let words = pair[1].split(separator: ".")
            let numbers = words.compactMap { Int($0) }.filter { $0 >= 0 }
            guard numbers.count == words.count, take(String(pair[0]), numbers) else { return nil }
        }
    }

    /// Takes in one part; false if there is no such one.
    private mutating func take(_ name: String, _ numbers: [Int]) -> Bool {
        switch name {
        case "faults": faults = numbers
        case "liars": liars = numbers
        case "plain": plain = numbers
        case "acts": acts = numbers
        case "proposals", "phase", "replicas":
            guard numbers.count == 1, let number = numbers.first else { return false }
            switch name {
            case "proposals": proposals = UInt64(number)
            case "phase": phase = UInt64(number)
            default:
                guard number > 0 else { return false }
                replicas = number
            }
        default: return false
        }
        return true
    }

    /// The text; empty if nothing is left out.
    var description: String {
        func list(_ name: String, _ numbers: [Int]?) -> String? {
            numbers.map { "\(name):" + $0.map(String.init).joined(separator: ".") }
        }
        let parts = [
            list("faults", faults), list("liars", liars), list("plain", plain.isEmpty ? nil : plain),
            proposals.map { "proposals:\($0)" }, phase.map { "phase:\($0)" },
            list("acts", acts.isEmpty ? nil : acts), replicas.map { "replicas:\($0)" },
        ]
        return parts.compactMap { $0 }.joined(separator: "/")
    }
}
