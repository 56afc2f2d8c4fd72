import Foundation
import NIOCore
import PeerTransport
import Synchronization
import Testing

/// What a network told its user, in order, and a way to wait for it.
///
/// Waiting has no time limit of its own: the tests' time limit trait is the guard, whose cancellation ends every wait and
/// has it say what did come.
final class Recorder: Sendable {
    /// One callback.
    enum Entry: Sendable, Equatable {
        case event(PeerEvent)
        case frame(ReceivedFrame, from: PeerKey)
    }

    private struct Waiter {
        let isMet: @Sendable ([Entry]) -> Bool
        let continuation: CheckedContinuation<Bool, Never>
    }

    private struct State {
        var entries: [Entry] = []
        var times: [NIODeadline] = []
        var waiters: [UUID: Waiter] = [:]
        var isTaking = true
    }

    private let state = Mutex(State())

    /// All callbacks so far.
    var entries: [Entry] { state.withLock { $0.entries } }

    /// When each callback came.
    var times: [NIODeadline] { state.withLock { $0.times } }

    /// The frames so far.
    var frames: [ReceivedFrame] { entries.frames }

    /// The events so far.
    var events: [PeerEvent] { entries.events }

    /// What `deliver` answers from now on.
    func take(_ isTaking: Bool) { state.withLock { $0.isTaking = isTaking } }

    /// For `deliver`.
    func record(_ frame: ReceivedFrame, from peer: PeerKey) -> Bool { record(.frame(frame, from: peer)) }

    /// For `onEvent`.
    func record(_ event: PeerEvent) { _ = record(.event(event)) }

    /// Returns once the callbacks meet a condition.
    func wait(until isMet: @escaping @Sendable ([Entry]) -> Bool) async {
        let id = UUID()
        let wasMet = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let outcome: Bool? = state.withLock { state in
                    if isMet(state.entries) { return true }
                    // A cancellation that comes later finds the waiter.
                    if Task.isCancelled { return false }
                    state.waiters[id] = Waiter(isMet: isMet, continuation: continuation)
                    return nil
                }
                if let outcome { continuation.resume(returning: outcome) }
            }
        } onCancel: {
            state.withLock { $0.waiters.removeValue(forKey: id) }?.continuation.resume(returning: false)
        }
        if !wasMet { Issue.record("waited in vain; what came: \(entries)") }
    }

    /// Returns once that many frames have come.
    func wait(forFrames count: Int) async { await wait { $0.frames.count >= count } }

    /// Returns once the peer has connected that many times.
    func wait(forConnections count: Int = 1, of peer: PeerKey) async {
        await wait { $0.events.count { $0.isConnected(peer) } >= count }
    }

    /// Returns once an event meets a condition.
    func wait(forEvent isMet: @escaping @Sendable (PeerEvent) -> Bool) async {
        await wait { $0.events.contains(where: isMet) }
    }

    private func record(_ entry: Entry) -> Bool {
        let (met, answer) = state.withLock { state in
            state.entries.append(entry)
            state.times.append(.now())
            let met = state.waiters.filter { $0.value.isMet(state.entries) }
            for id in met.keys { state.waiters[id] = nil }
            return (met.values, state.isTaking)
        }
        for waiter in met { waiter.continuation.resume(returning: true) }
        return answer
    }
}

extension [Recorder.Entry] {
    var frames: [ReceivedFrame] {
        compactMap { if case .frame(let frame, _) = $0 { frame } else { nil } }
    }

    var events: [PeerEvent] {
        compactMap { if case .event(let event) = $0 { event } else { nil } }
    }
}

extension PeerEvent {
    /// Whether this peer connected.
    func isConnected(_ peer: PeerKey) -> Bool {
        if case .connected(peer, _) = self { true } else { false }
    }

    /// Why this peer's connection ended; nil if this is another event.
    func end(of peer: PeerKey) -> ConnectionEnd? {
        if case .disconnected(peer, let end) = self { end } else { nil }
    }

    /// Why a connection was refused; nil if this is another event.
    var refusal: ConnectionEnd? {
        if case .refused(_, _, let end) = self { end } else { nil }
    }

    /// Why a dial failed; nil if this is another event.
    var dialFailure: ConnectionEnd? {
        if case .dialFailed(_, _, let end) = self { end } else { nil }
    }
}
