internal import HotStuffCore

/// What goes wrong, and how it is put right.
extension World {
    /// Puts the faults of a schedule on the calendar.
    func plan(_ planned: [PlannedFault]) {
        for fault in planned {
            let number = faults.count
            faults.append(fault)
            schedule(.fault(number, begins: true), at: fault.at.wholeNanoseconds)
            schedule(.fault(number, begins: false), at: (fault.at + fault.lasting).wholeNanoseconds)
        }
    }

    /// A fault begins or ends.
    func apply(_ number: Int, begins: Bool) {
        guard !isHealed else { return }
        let fault = faults[number]
        note(begins ? .faultBegan : .faultEnded, -1, UInt64(number), text: "\(fault.kind)")
        if begins {
            tally.count(fault.kind.tallied)
            begin(fault)
        } else {
            end(fault)
        }
    }

    private func begin(_ fault: PlannedFault) {
        switch fault.kind {
        case .crash(let index), .reconfigure(let index, _): takeDown(nodes[index])
        case .diskLoss(let index):
            takeDown(nodes[index])
            exchangeDisk(of: nodes[index])
        case .restoredCopy(let index): nodes[index].disk.copy()
        case .crashAll: for node in nodes { takeDown(node) }
        case .crashAtPoint(let index, let countdown): nodes[index].crashCountdown = countdown
        case .pause(let index): nodes[index].isPaused = nodes[index].isUp
        case .partition(let side, let shape): beginPartition(side, shape, until: fault.at + fault.lasting)
        case .disconnect(let one, let other): disconnect(nodes[one], nodes[other])
        case .slowLink(let from, let to, let times): network[from, to].slowness *= UInt64(times)
        case .losses(let perMille): network.extraLossPerMille += perMille
        case .slowDisk(let index, let times): nodes[index].disk.slowness = times
        case .diskFailure(let index, let failure): nodes[index].disk.nextFailure = failure
        case .clockRate(let index, let perMille): nodes[index].clock.setRate(UInt64(perMille), at: now)
        case .clockJump(let index, let interval):
            nodes[index].clock.jump(interval.wholeNanoseconds, at: now)
        case .stall(let index): nodes[index].machine.stalledUntil = now + fault.lasting.wholeNanoseconds
        case .quiet: clock.setQuiet(true)
        case .bursts(let period): clock.setBursts(period.wholeNanoseconds)
        case .diskFull(let index): nodes[index].disk.isFull = true
        }
        // Its timers are due sooner than they were asked for.
        for node in nodes where node.isUp { scheduleWake(node) }
    }

    private func end(_ fault: PlannedFault) {
        switch fault.kind {
        case .crash(let index), .diskLoss(let index): bringUp(nodes[index])
        case .restoredCopy(let index):
            takeDown(nodes[index])
            exchangeDisk(of: nodes[index], for: nodes[index].disk.copies.last)
            bringUp(nodes[index])
        case .crashAll: for node in nodes { bringUp(node) }
        case .reconfigure(let index, let local):
            nodes[index].local = local
            bringUp(nodes[index])
        case .pause(let index): resume(nodes[index])
        case .partition(let side, let shape): endPartition(side, shape)
        case .slowLink(let from, let to, let times):
            network[from, to].slowness = max(1, network[from, to].slowness / UInt64(times))
        case .losses(let perMille): network.extraLossPerMille -= perMille
        case .slowDisk(let index, _): nodes[index].disk.slowness = 1
        case .clockRate(let index, _):
            nodes[index].clock.setRate(1_000, at: now)
            if nodes[index].isUp { scheduleWake(nodes[index]) }
        case .quiet: clock.setQuiet(false)
        case .bursts: clock.setBursts(0)
        case .diskFull(let index): nodes[index].disk.isFull = false
        case .crashAtPoint, .disconnect, .diskFailure, .clockJump, .stall: break
        }
    }

    private func takeDown(_ node: Node) {
        node.staysDown = true
        crash(node, restartAfter: nil)
    }

    private func bringUp(_ node: Node) {
        node.staysDown = false
        start(node)
    }

    /// Puts an empty disk, or a copy of an earlier time, in the place of that of a node that is down; it comes back by
    /// *Forgetting* (protocol §2).
    func exchangeDisk(of node: Node, for copy: DiskImage? = nil) {
        precondition(!node.isUp, "a disk is exchanged while its replica runs")
        var image = copy ?? DiskImage(genesis: genesis, hasForgotten: true)
        image.markForgotten()
        node.disk.replace(with: image)
        node.hasLostDisk = true
        node.forgetting = nil
        checks.lostDisk(node, self)
    }

    /// A paused node goes on with all that has happened to it meanwhile.
    func resume(_ node: Node) {
        guard node.isPaused else { return }
        node.isPaused = false
        let held = node.held
        node.held = []
        for event in held { schedule(event, after: 0) }
    }

    // MARK: - Partitions

    /// The directions that a partition cuts.
    private func directions(_ side: [Int], _ shape: PartitionShape) -> [(Int, Int)] {
        var cut: [(Int, Int)] = []
        for one in side {
            for other in nodes.indices where !side.contains(other) {
                switch shape {
                case .symmetric, .flapping: cut += [(one, other), (other, one)]
                case .mute: cut.append((one, other))
                case .deaf: cut.append((other, one))
                }
            }
        }
        return cut
    }

    private func beginPartition(_ side: [Int], _ shape: PartitionShape, until end: Duration) {
        cut(side, shape)
        guard case .flapping(let period) = shape, period > .zero else { return }
        flap(side, shape, period, until: end.wholeNanoseconds, isCut: true)
    }

    private func flap(_ side: [Int], _ shape: PartitionShape, _ period: Duration, until end: UInt64, isCut: Bool) {
        after(period) { [unowned self] in
            guard !isHealed else { return }
            guard now + period.wholeNanoseconds < end else {
                if !isCut { cut(side, shape) }  // the fault's end undoes one cut
                return
            }
            if isCut { endPartition(side, shape) } else { cut(side, shape) }
            flap(side, shape, period, until: end, isCut: !isCut)
        }
    }

    /// Cuts some nodes from the rest.
    func cut(_ side: [Int], _ shape: PartitionShape) {
        for (from, to) in directions(side, shape) { network[from, to].cuts += 1 }
        guard case .symmetric(noticed: true) = shape else { return }
        for one in side {
            for other in nodes.indices where !side.contains(other) { disconnect(nodes[one], nodes[other]) }
        }
    }

    /// Undoes a cut: the connections that it went through are made anew.
    func endPartition(_ side: [Int], _ shape: PartitionShape) {
        for (from, to) in directions(side, shape) where network[from, to].cuts > 0 { network[from, to].cuts -= 1 }
        for one in side {
            for other in nodes.indices where !side.contains(other) && !network.isCut(one, other) {
                disconnect(nodes[one], nodes[other])
                redial(nodes[one], nodes[other])
            }
        }
    }

    /// Everything is put right, for good: from here on every message arrives, every disk writes, every node runs.
    func heal() {
        guard !isHealed else { return }
        note(.healed, -1)
        network.heal()
        clock.setQuiet(false)
        clock.setBursts(0)
        isHealed = true
        for node in nodes {
            node.disk.slowness = 1
            node.disk.nextFailure = nil
            node.disk.isFull = false
            node.crashCountdown = nil
            node.clock.setRate(1_000, at: now)
            node.machine.stalledUntil = 0
            resume(node)
            node.staysDown = false
            if !node.isUp { start(node) }
            if node.isUp { scheduleWake(node) }
        }
        for one in nodes {
            for other in nodes where other.index > one.index {
                disconnect(one, other)
                redial(one, other)
            }
        }
    }
}
