internal import HotStuffCore

/// A promise that was broken in a run.
struct Violation: Error, Sendable, CustomStringConvertible {
    /// Which one.
    enum Kind: String, Sendable, CaseIterable {
        /// Two replicas have committed different blocks at one height.
        case agreement = "agreement"
        /// A committed block does not extend the one before it.
        case brokenChain = "broken chain"
        /// A committed block breaks a rule that no honest quorum votes for (protocol §4).
        case invalidBlock = "invalid block committed"
        /// Two blocks of one view and height are certified (protocol §9, lemma 1).
        case certificates = "conflicting certificates"
        /// An honest key has signed contradicting votes, proposals or timeouts.
        case contradiction = "contradicting signatures"
        /// Something left before what it depends on was durable.
        case durability = "left before durable"
        /// A committed block is on too few disks.
        case lostBlock = "committed on too few disks"
        /// A state machine's committed state is not that of plain execution.
        case divergence = "divergence"
        /// A bound of the ledger, or on memory, was passed.
        case bound = "bound passed"
        /// A state machine is asked for proposals before its replica leads for good.
        case askedTooEarly = "proposals asked for too early"
        /// A state machine threw or broke its contract.
        case machineFault = "state machine fault"
        /// An honest replica stopped itself.
        case halted = "honest replica stopped"
        /// An honest replica's message was refused, or an honest leader's block was not voted for.
        case honestRefused = "honest message refused"
        /// A log cannot be read.
        case damagedLog = "damaged log"
        /// Nothing commits though nothing is wrong any more.
        case liveness = "liveness"
        /// What a scenario expects did not happen.
        case expectation = "expectation"
    }

    /// Which promise.
    let kind: Kind
    /// The node at which it showed, if at one.
    let node: Int?
    /// When.
    let at: Timestamp
    /// After how many events.
    let step: Int
    /// What happened.
    let text: String

    /// The promise, the time and what happened.
    var description: String {
        "\(kind.rawValue), after \(step) steps, \(at.nanoseconds / 1_000_000) ms: \(text)"
    }
}
