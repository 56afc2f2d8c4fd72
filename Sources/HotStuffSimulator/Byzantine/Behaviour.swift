internal import HotStuffCore

/// What a Byzantine validator does with what the honest replica that it wraps sends and gets.
///
/// It holds that replica's key, so it can sign whatever it likes by `ByzantineHands`; other keys it has only where
/// their owners are Byzantine too and collude.
protocol Behaviour: AnyObject {
    /// What it is called in schedules.
    var name: String { get }
    /// The wrapped replica sends a message: what leaves instead, and to whom.
    func sends(_ message: Message, to addressees: [ValidatorKey], _ hands: ByzantineHands) -> [Outgoing]
    /// A message has arrived: whether the wrapped replica gets it.
    func receives(_ message: Message, from sender: ValidatorKey, _ hands: ByzantineHands) -> Bool
    /// The replica has started, or started again.
    func started(_ hands: ByzantineHands)
    /// Whether it forgets its disk at a crash.
    var forgets: Bool { get }
}

extension Behaviour {
    /// All of it, unchanged.
    func sends(_ message: Message, to addressees: [ValidatorKey], _ hands: ByzantineHands) -> [Outgoing] {
        [Outgoing(message, to: addressees)]
    }
    /// It does.
    func receives(_ message: Message, from sender: ValidatorKey, _ hands: ByzantineHands) -> Bool { true }
    /// Nothing.
    func started(_ hands: ByzantineHands) {}
    /// It does not.
    var forgets: Bool { false }
}

/// A message that leaves a Byzantine replica.
struct Outgoing {
    /// What is said.
    let message: Message
    /// To whom.
    let addressees: [ValidatorKey]
    /// How long it is held back.
    let delay: Duration

    /// A message that leaves, now or after a while.
    init(_ message: Message, to addressees: [ValidatorKey], after delay: Duration = .zero) {
        self.message = message
        self.addressees = addressees
        self.delay = delay
    }
}
