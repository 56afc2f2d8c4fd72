internal import HotStuffCore

/// The state machines' threads.
extension World {
    /// Makes a new state machine for a node that starts.
    func seatMachine(_ node: Node, _ configuration: EngineConfiguration) {
        var work = MachineWork()
        let clock = clock
        let signals = MachineSignals {}
        let queue = CommandQueue(clock: { clock.now }, signalWork: { signals.signalWork() })
        let context = StateMachineContext(
            signals: signals, payloadLimit: genesis.payloadLimit,
            appliedBlockLimit: configuration.appliedBlockLimit, directory: "", commands: queue)
        do {
            let place = MachinePlace(node: node.index, life: node.life) { clock.isQuiet }
            work.seat = try maker.seat(context, signals, place)
        } catch {
            report(.machineFault, node, "replica \(node.index): \(error)")
        }
        work.signals = signals
        work.commands = queue
        work.isRecoveryDue = true
        node.machine = work
    }

    /// The engine wants something of the state machine.
    func give(_ instruction: MachineInstruction, to node: Node) {
        checks.instructed(instruction, node, self)
        node.machine.signals.announce(instruction)
        node.machine.instructions.append(instruction)
        workMachine(node)
    }

    /// Begins the next piece of work, if there is one.
    func workMachine(_ node: Node) {
        guard let job = node.machine.next() else {
            if node.machine.job == nil { awaitWork(node) }
            return
        }
        node.machine.job = job
        var cost: UInt64 =
            switch job {
            case .propose: settings.proposeTime.draw(&machineRandom)
            case .recover, .instruction(.execute), .instruction(.validate):
                settings.executeTime.draw(&machineRandom) * (settings.slowExecution[node.index] ?? 1)
            case .instruction: 0
            }
        if node.machine.stalledUntil > now { cost += node.machine.stalledUntil - now }
        schedule(.machineDone(node: node.index, life: node.life), after: cost)
    }

    private func awaitWork(_ node: Node) {
        guard !node.machine.isRetryScheduled, case .onSignal(let pause?) = node.machine.seat?.asking else { return }
        node.machine.isRetryScheduled = true
        let wait = max(pause, .milliseconds(1))
        schedule(.machineRetry(node: node.index, life: node.life), after: wait.wholeNanoseconds)
    }

    /// Does the piece of work whose time is over, and tells the engine.
    func finishMachineWork(_ node: Node) {
        guard let job = node.machine.job, let seat = node.machine.seat else { return }
        node.machine.job = nil
        do {
            let answer: MachineAnswer? =
                switch job {
                case .recover: try seat.recover(from: node.disk.image, applicationData: genesis.applicationData)
                case .instruction(let instruction):
                    try seat.perform(instruction) { [image = node.disk.image] position in
                        image.block(at: position.height)?.payload ?? .empty
                    }
                case .propose: try seat.proposeIfAsked()
                }
            if let answer {
                checks.answered(answer, node, self)
                tell(node, .machine(answer))
            }
        } catch {
            report(.machineFault, node, "replica \(node.index): \(error)")
        }
        if node.isUp { workMachine(node) }
    }

    /// Submits a command now and then, each at one replica that runs, from clients of its own.
    func feed(_ make: @escaping @Sendable (inout SeededRandom) -> Payload) {
        var random = SeededRandom(seed: machineRandom.next(), stream: 5)
        var submitted: UInt64 = 0
        func submitNext() {
            let running = nodes.filter { $0.isUp && $0.keyNumber < settings.replicas }
            if !running.isEmpty, !clock.isQuiet {
                submitted += 1
                let node = random.pick(running)
                let id = CommandID(client: submitted % 8, sequence: submitted)
                // A full queue refuses; that is its client's business.
                try? node.machine.commands?.submit(make(&random), id: id) { _ in }
                workMachine(node)
            }
            after(random.duration(.milliseconds(1), .milliseconds(40)), submitNext)
        }
        after(.milliseconds(1), submitNext)
    }
}
