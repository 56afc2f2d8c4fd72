import Logging
import NIOCore
import PeerTransport

/// What a verifier's thread does: makes frames into messages, checks them, and passes on what is good.
///
/// It waits where the replica's thread is behind; then its lane fills, and the transport stops reading.
struct VerifierThread {
    let lane: Intake.Lane
    let verifier: Verifier
    let peers: Peers
    let inbox: Inbox<ReplicaThread.Item>
    let events: EventHub
    let metrics: ReplicaMetrics
    let logger: Logger
    let witness: (@Sendable (Message, ValidatorKey) -> Void)?
    /// Whether nothing is passed on at present for which much would have to be written.
    let hasNoSpace: () -> Bool

    /// Works until the lane is closed.
    func run() {
        while let items = lane.items.take(waitingUpTo: nil) {
            for item in items {
                check(item)
                if lane.finished(item) { peers.resume(item.peer) }
            }
        }
    }

    private func check(_ item: Intake.Item) {
        guard let sender = ValidatorKey(item.peer) else { return }
        let frame = item.frame
        let header = Array(frame.header.readableBytesView)
        do throws(WireError) {
            let message = try Message.decode(kind: frame.kind, header: header, body: Payload(adopting: frame.body))
            // Lost, as if by the network: what it says will be said again.
            guard message.needsNoSpace || !hasNoSpace() else { return }
            do throws(VerificationError) {
                let verified = try verifier.verify(message, from: sender)
                witness?(verified.value, sender)
                _ = inbox.put(.input(.message(verified, from: sender)), bytes: frame.byteCount)
            } catch {
                refuse(sender, error.fault.description)
            }
        } catch {
            refuse(sender, error.description)
        }
    }

    private func refuse(_ sender: ValidatorKey, _ reason: String) {
        metrics.refusedMessages.increment()
        logger.debug("refused a message", metadata: ["peer": "\(sender)", "reason": "\(reason)"])
        events.tell(.refused(sender, reason: reason))
    }
}

extension Payload {
    /// Takes over the memory of what was received, without a copy.
    init(adopting buffer: ByteBuffer) {
        guard buffer.readableBytes > 0 else {
            self = .empty
            return
        }
        self = buffer.withUnsafeReadableBytesWithStorageManagement { bytes, storage in
            // Safe to release from any thread, as reference counts are atomic. While it is held a `ByteBuffer` copies on
            // write, so the bytes stay as they are.
            nonisolated(unsafe) let held = storage.retain()
            return Payload(adopting: bytes) { held.release() }
        }
    }
}
