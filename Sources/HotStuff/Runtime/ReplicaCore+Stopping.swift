import Dispatch
import Logging

extension ReplicaCore {
    /// How long the state machine's present call may take once stopping is overdue.
    private static let lastCall = DispatchTimeInterval.milliseconds(100)

    /// Waits until the replica is asked to stop, or stops by itself, and sees it to its end: transport, replica, state
    /// machine, writer, each after what feeds it.
    func superviseTheEnd() async {
        let limit = await life.waitToTheEnd { $0.phase == .stopping && !$0.isLaunching ? .some($0.stopLimit) : nil }
        startTheLimit(limit)
        calls.end()
        submissions.end()
        board.update { $0.isOver = true }
        lead.update { $0.isOver = true }
        if !hasFailed { await handOver(limit) }
        await stopTransport(limit)
        await stopReplica()
        await stopMachine()
        // A call of the state machine that does not return keeps both.
        if !life.value.threads.contains(.machine) { await waitForEnd(of: .checker) }
        logFeed.end(life.value.cause)
        await waitForEnd(of: .reader)
        logFeed.answerWhatIsLeft()
        writes.close()
        await waitForEnd(of: .writer)
        peers.parcels.close()
        await waitForEnd(of: .courier)
        endFeeds()
        let cause = life.update { life in
            life.phase = .stopped
            return life.cause
        }
        logger.info("stopped", metadata: cause.map { ["code": "\($0.code)"] } ?? [:])
    }

    private func startTheLimit(_ limit: Duration) {
        let overdue = DispatchTime.now() + .nanoseconds(Int(clamping: limit.wholeNanoseconds))
        DispatchQueue.global().asyncAfter(deadline: overdue) { [weak life] in life?.update { $0.isOverdue = true } }
        DispatchQueue.global().asyncAfter(deadline: overdue + Self.lastCall) { [weak life] in
            life?.update { $0.isHopeless = true }
        }
    }

    /// Lets the engine hand its view over, and waits until that is on its way; a leader also until the view is over, for
    /// what it says of its view lapses with the next certificate, and must be said again then.
    private func handOver(_ limit: Duration) async {
        let led = board.value.current
        inbox.post(.input(.resign))
        inbox.post(.barrier { [life] in life.update { $0.hasResigned = true } })
        await life.waitToTheEnd { life in
            life.hasResigned || life.isOverdue || !life.threads.contains(.replica) ? () : nil
        }
        guard let led else { return }
        await withTaskGroup { [board, clock] group in
            group.addTask { _ = try? await board.wait { $0.view != led ? () : nil } }
            group.addTask { try? await clock.wait(until: clock.now + min(limit / 4, Self.longestHandOver)) }
            await group.next()
            group.cancelAll()
        }
    }

    /// How long a leader that stops waits for the others to leave its view: where they can't, it stops all the same.
    private static let longestHandOver = Duration.seconds(1)

    private func stopTransport(_ limit: Duration) async {
        await peers.stop(drainingFor: hasFailed ? .zero : min(limit / 2, .seconds(1)))
        peers.intake.close()
        for place in peers.intake.lanes.indices { await waitForEnd(of: .verifier(place)) }
    }

    private func stopReplica() async {
        inbox.close()
        await waitForEnd(of: .replica)
    }

    /// Lets the state machine do what is decided, as far as there is time, and close.
    private func stopMachine() async {
        repairs.end()
        machine.close()
        let isDone: Bool = await life.waitToTheEnd { life in
            if !life.threads.contains(.machine) { return true }
            return life.isOverdue ? false : nil
        }
        if isDone { return }
        machine.abandon()
        let isClosed: Bool = await life.waitToTheEnd { life in
            if !life.threads.contains(.machine) { return true }
            return life.isHopeless ? false : nil
        }
        if isClosed { return }
        fail(
            ReplicaError(
                .deadlineExceeded, "a call of the state machine is still running",
                remedy: "allow more time, or end the process: what is decided is in the log"))
    }
}
