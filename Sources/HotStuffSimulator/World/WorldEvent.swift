internal import HotStuffCore

/// What happens in a world.
enum WorldEvent {
    /// A message arrives on a connection of this generation.
    case message(Parcel, from: Int, to: Int, generation: Int)
    /// The replica's own signed message comes back to it.
    case own(OwnMessage, node: Int, life: Int)
    /// The engine's wake-up with this number is due.
    case wake(node: Int, number: UInt64)
    /// The disk has written a group.
    case written(node: Int, life: Int)
    /// The state machine has done a piece of work.
    case machineDone(node: Int, life: Int)
    /// A pause that the state machine named is over.
    case machineRetry(node: Int, life: Int)
    /// The pacemaker calls `doPropose()`.
    case pace(node: Int, life: Int)
    /// A connection is there or gone, as one end sees it.
    case connection(node: Int, life: Int, peer: Int, isUp: Bool, generation: Int)
    /// Two replicas try to connect.
    case dial(Int, Int)
    /// A stopped replica starts again.
    case restart(node: Int, life: Int)
    /// A fault of the schedule begins or ends.
    case fault(Int, begins: Bool)
    /// Whatever a scenario or a behaviour asks for.
    case call(() -> Void)

    /// The node that cannot take it in while it is paused; nil if it is none's.
    var pausable: Int? {
        switch self {
        case .message(_, _, let to, _): to
        case .own(_, let node, _), .wake(let node, _), .written(let node, _), .machineDone(let node, _),
            .machineRetry(let node, _), .pace(let node, _), .connection(let node, _, _, _, _):
            node
        case .dial, .restart, .fault, .call: nil
        }
    }
}

/// A message that a replica signed, on its way back to it: an object, so that events stay small.
final class OwnMessage {
    let message: Verified<Message>

    init(_ message: Verified<Message>) { self.message = message }
}

/// A message on its way to several replicas: made into bytes once, and verified once where it is not.
final class Parcel {
    let message: Message
    /// When it was sent, in nanoseconds.
    let sentAt: UInt64
    /// Its bytes, where messages become bytes.
    let encoded: (message: EncodedMessage, body: Payload)?
    /// What tells it apart in a trace.
    let traceNumber: UInt64
    /// What the world's verifier said of it, where they do not.
    var verdict: Result<Verified<Message>, VerificationError>?

    init(_ message: Message, sentAt: UInt64, isEncoded: Bool) {
        self.message = message
        self.sentAt = sentAt
        traceNumber = UInt64(message.traceNumber)
        guard isEncoded else {
            encoded = nil
            return
        }
        let bytes = message.encoded()
        encoded = (bytes, Self.joined(bytes.payloads))
    }

    private static func joined(_ payloads: [Payload]) -> Payload {
        switch payloads.count {
        case 0: .empty
        case 1: payloads[0]
        default: Payload(capacity: payloads.reduce(0) { $0 + $1.count }) { for part in payloads { $0.append(part) } }
        }
    }
}
