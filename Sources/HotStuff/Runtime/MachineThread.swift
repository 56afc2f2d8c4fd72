internal import HotStuffStorage

/// What the state machine's own thread does: makes it, lets it recover, then instructions in order and, when none
/// waits, proposals.
///
/// It alone touches the machine, from the first call to the last.
struct MachineThread {
    let seat: MachineSeat
    let context: StateMachineContext
    let log: OpenedLog
    let repairs: Repairs
    let applicationData: [UInt8]
    let clock: ReplicaClock
    /// The cores that it may run on; none for all that the process may.
    let cores: [Int]
    /// Tells how far a recovery has got, and how far it goes; called often.
    let recovering: @Sendable (Height, _ tip: Height) -> Void
    /// Where to tell the replica's thread what was done, when, and what the machine was called for so far.
    let answers: AnswerLane
    /// The machine cannot go on.
    let fail: @Sendable (ReplicaError) -> Void

    /// Runs the machine that `make` makes until its seat is closed.
    func run<Machine: StateMachine & ~Copyable>(_ make: (StateMachineContext) throws -> Machine) {
        do {
            if !cores.isEmpty { try ThreadCores.bind(to: cores) }
            var host = try StateMachineHost(
                makeMachine(make), signals: seat.signals, payloadLimit: context.payloadLimit,
                clock: { [clock] in clock.now })
            host.leavesUnchecked = AnswerLane.largeProposal
            try tell(&host) { host in try recover(&host) }
            try work(&host)
            try host.close()
        } catch is Repairs.Ended {
            // The replica stops, and nobody will give the block that the machine waited for.
        } catch let fault as StateMachineFault where fault.cause is Repairs.Ended {
        } catch let fault as StateMachineFault {
            fail(ReplicaError(fault))
        } catch let error as ReplicaError {
            fail(error)
        } catch let refused as ThreadCores.Refused {
            fail(
                ReplicaError(
                    .unsupported, "cannot keep the state machine on cores \(refused.cores): \(refused)",
                    remedy: "name cores in machineCores that this machine has and this process may use, or none",
                    cause: refused))
        } catch {
            fail(ReplicaError(log: error))
        }
        seat.close()
        seat.commands.close()
    }

    private func makeMachine<Machine: StateMachine & ~Copyable>(
        _ make: (StateMachineContext) throws -> Machine
    ) throws -> Machine {
        do {
            return try make(context)
        } catch {
            throw StateMachineFault(call: .make, position: nil, cause: error)
        }
    }

    private func recover<Machine: StateMachine & ~Copyable>(
        _ host: inout StateMachineHost<Machine>
    ) throws -> MachineAnswer {
        let blocks = MendedBlocks(blocks: try log.committedBlocks(), repairs: repairs)
        let tip = try blocks.tip
        let answer = try host.recover(
            from: CommittedLog(blocks, applicationData: applicationData) { recovering($0, tip.height) })
        seat.noteDurable(host.durablePosition, final: tip)
        return answer
    }

    private func work<Machine: StateMachine & ~Copyable>(_ host: inout StateMachineHost<Machine>) throws {
        var final: LogPosition?
        while true {
            let asking = host.asking
            let limit: Duration? =
                switch asking {
                case .now: .zero
                case .never: nil
                case .onSignal(let pause): pause
                }
            guard let instructions = seat.instructions.take(waitingUpTo: limit) else { return }
            for instruction in instructions {
                if seat.isAbandoned { return }
                let done = try tell(&host) { host in try host.perform(instruction, load: load) }
                if case .committed(let position, _)? = done { final = position }
            }
            if let position = final {
                seat.noteDurable(host.durablePosition, final: position)
                final = nil
            }
            guard instructions.isEmpty else { continue }
            if case .onSignal(.some) = asking { host.retryIsDue() }
            try tell(&host) { host in try host.proposeIfAsked() }
        }
    }

    /// Calls the machine, and tells what it did and how long it took.
    @discardableResult
    private func tell<Machine: StateMachine & ~Copyable>(
        _ host: inout StateMachineHost<Machine>,
        _ call: (inout StateMachineHost<Machine>) throws -> MachineAnswer?
    ) throws -> MachineAnswer? {
        let start = clock.now
        guard let done = try call(&host) else { return nil }
        let call = Bookkeeper.Call(start: start, end: clock.now)
        answers.tell(AnswerLane.Report(answer: done, call: call, counters: host.counters))
        return done
    }

    /// A decided payload that waited in the log.
    private func load(_ position: LogPosition) throws -> Payload {
        let blocks = MendedBlocks(blocks: try log.committedBlocks(), repairs: repairs)
        guard let block = try blocks.block(at: position.height), block.position == position else {
            throw ReplicaError(
                .storageFailed, "the log has no block at \(position), which is decided",
                remedy: "check the disk, and let the replica begin anew as a listener")
        }
        return block.payload
    }
}

extension ReplicaError {
    /// What a fault of the state machine means for its replica.
    init(_ fault: StateMachineFault) {
        let call = Call(rawValue: fault.call.rawValue)
        if let broken = fault.cause as? StateMachineFault.BrokenContract {
            switch broken {
            case .emptyPayload, .tooLong, .undecodable:
                self.init(
                    .unusablePayload, "\(fault)", remedy: "correct the state machine's encode and decode", call: call,
                    position: fault.position, cause: broken)
                return
            case .foreignTables:
                self.init(
                    .stateAheadOfLog, "\(fault)",
                    remedy:
                        "restore log and tables from one copy, or remove the tables: they are made again from the log",
                    call: call, position: fault.position, cause: broken)
                return
            case .kept: break
            }
        }
        if let pruned = fault.cause as? CommittedLog.Unreadable, case .pruned = pruned {
            self.init(
                .logPruned, "\(fault)", remedy: "start the machine from a copy of another replica's tables", call: call,
                position: fault.position, cause: pruned)
            return
        }
        if fault.call == .recover, let damage = fault.cause as? StorageError {
            self.init(damage)
            return
        }
        self.init(
            .stateMachineFailed, "\(fault)",
            remedy: "remove the cause and start the replica again; its log is intact", call: call,
            position: fault.position, cause: fault.cause)
    }
}
