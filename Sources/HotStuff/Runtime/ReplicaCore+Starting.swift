import Logging

extension ReplicaCore {
    /// Opens the log, starts the threads, listens, and waits until the state machine has taken up the log.
    ///
    /// - Throws: `ReplicaError`; everything that was begun has ended then.
    func start(_ launch: MachineLauncher) async throws {
        let mayStart = life.update { life in
            guard life.phase == .idle else { return false }
            life.phase = .starting
            life.isLaunching = true
            return true
        }
        guard mayStart else {
            throw ReplicaError(
                .notRunning, "the replica was started or stopped before", remedy: "make another one to start again")
        }
        Task.detached { [self] in await superviseTheEnd() }
        do {
            let log = try await openLog()
            try startThreads(log, launch)
            try await peers.start()
            life.update { $0.isLaunching = false }
            try await waitForRecovery()
        } catch {
            life.update { $0.isLaunching = false }
            if error is CancellationError {
                requestStop(within: .seconds(10))
            } else if life.value.phase < .stopping {
                fail(ReplicaError(log: error))
            }
            try await waitUntilStopped()
            try Task.checkCancellation()
            throw ReplicaError(
                .notRunning, "the replica was stopped while it started", remedy: "make another one to start again")
        }
        logger.info(
            "started",
            metadata: [
                "port": "\(peers.port)", "committed": "\(status.committed.height)",
                "keeps": "\(configuration.retention)",
            ])
    }

    /// Opens the log on the thread that will write it.
    private func openLog() async throws -> OpenedLog {
        let log = try await withCheckedThrowingContinuation { continuation in
            do {
                try startThread(.writer) { [self] in write(to: continuation) }
            } catch {
                continuation.resume(throwing: error)
            }
        }
        if !log.recovered.mayVote {
            logger.warning(
                """
                runs as a listener, without a vote: \(configuration.directory) holds no formatted log; \
                hotstuff testnet formats the logs of a new network, \
                hotstuff forget makes one for a replica that lost its own
                """)
        }
        repairs.begin(with: log.recovered.damaged)
        logFeed.advance(to: log.recovered.tipPosition.height)
        return log
    }

    /// The writer's thread.
    private func write(to opened: CheckedContinuation<OpenedLog, any Error>) {
        let log: OpenedLog
        do {
            log = try OpenedLog(configuration)
        } catch {
            return opened.resume(throwing: error)
        }
        opened.resume(returning: log)
        var thread = WriterThread(
            log: log, requests: writes, inbox: inbox, feed: logFeed, metrics: metrics, clock: clock, repairs: repairs,
            space: SpaceWatch(configuration.space, freeSpace: configuration.freeSpace ?? { log.freeSpace }),
            pruning: Pruning(log, of: self), spaceChanged: { [self] in spaceChanged($0, in: log.directory) },
            fail: fail)
        thread.run()
    }

    private func startThreads(_ log: OpenedLog, _ launch: MachineLauncher) throws {
        calls.begin()
        let verifier = Verifier(genesis: configuration.genesis, accepts: accepting(launch))
        let engine = makeEngine(log.recovered, verifier)
        try startThread(.replica) { [self] in
            var thread = engine
            thread.run()
            inbox.close()
        }
        let answers = AnswerLane { [self] in tell($0) }
        let machineThread = MachineThread(
            seat: machine, context: try makeContext(log), log: log, repairs: repairs,
            applicationData: configuration.genesis.applicationData, clock: clock,
            cores: configuration.machineCores,
            recovering: RecoveryReport(events: events, metrics: metrics, logger: logger, clock: clock).show,
            answers: answers, fail: fail)
        // In this order: the end of the machine's thread ends the checker's, and would not if it had never begun.
        try startThread(.machine, stack: DedicatedThread.largeStack) {
            launch.run(machineThread)
            answers.close()
        }
        try startThread(.checker) { [self] in
            do {
                try answers.run(launch.check)
            } catch {
                fail((error as? StateMachineFault).map { ReplicaError($0) } ?? ReplicaError(log: error))
            }
        }
        let reader = LogReaderThread(
            log: log, requests: logFeed.requests, peers: peers,
            commitChainLength: configuration.genesis.commitChainLength,
            repairs: repairs, logger: logger,
            keep: { [configuration, logger] file in
                do {
                    let path = try file.write(to: configuration.directory)
                    logger.error("kept the block after which the state differs", metadata: ["file": "\(path)"])
                } catch {
                    logger.error("cannot keep the block after which the state differs", metadata: ["cause": "\(error)"])
                }
            }, fail: fail)
        try startThread(.reader) { reader.run() }
        try startThread(.courier) { [peers] in
            while let parcels = peers.parcels.take(waitingUpTo: nil) {
                for parcel in parcels { peers.dispatch(parcel) }
            }
        }
        for (number, lane) in peers.intake.lanes.enumerated() {
            let thread = VerifierThread(
                lane: lane, verifier: verifier, peers: peers, inbox: inbox, events: events, metrics: metrics,
                logger: logger, witness: configuration.witness,
                hasNoSpace: { [self] in isShortOfSpace.load(ordering: .acquiring) })
            try startThread(.verifier(number)) { thread.run() }
        }
        let pacing = Pacing(pacemaker: configuration.pacemaker, proposer: proposer) { [self] error in
            fail(
                ReplicaError(
                    .pacemakerFailed, "the pacemaker failed: \(error)",
                    remedy: "correct it and start the replica again", cause: error))
        }
        Task.detached { await pacing.run() }
    }

    /// What the engine is told.
    private var engineConfiguration: EngineConfiguration {
        let genesis = configuration.genesis
        var engine = EngineConfiguration(
            genesis: genesis, chainID: genesis.chainID, key: configuration.identity.key)
        engine.viewDuration = configuration.viewDuration
        engine.bufferDepth = configuration.speculation.bufferDepth
        engine.adaptsBuffer = configuration.speculation.adaptsBuffer
        engine.followers = configuration.speculation.followers
        if case .whenValid(let limit) = configuration.voting { engine.validationLimit = limit }
        engine.window = configuration.window
        engine.decidedSize = configuration.decidedQueue
        return engine
    }

    private func makeEngine(_ recovered: RecoveredLog, _ verifier: Verifier) -> ReplicaThread {
        let engine = engineConfiguration
        var signer = MessageSigner(signer: configuration.identity.signer, chainID: engine.chainID)
        signer.begin(recovered.epoch)
        verifier.begin(recovered.epoch)
        var random = SystemRandomNumberGenerator()
        let nonce = Nonce((0..<32).map { _ in UInt8.random(in: .min ... .max, using: &random) })
        return ReplicaThread(
            core: self, engine: Engine(configuration: engine, recovered: recovered, nonce: nonce, now: clock.now),
            signer: signer)
    }

    private func makeContext(_ log: OpenedLog) throws -> StateMachineContext {
        StateMachineContext(
            signals: machine.signals, payloadLimit: configuration.genesis.payloadLimit,
            appliedBlockLimit: engineConfiguration.appliedBlockLimit,
            directory: try log.machineDirectory(), commands: machine.commands)
    }

    private func accepting(_ launch: MachineLauncher) -> @Sendable (Payload) -> Bool {
        switch configuration.voting {
        case .whenHeld: { _ in true }
        case .whenDecodable, .whenValid: launch.accepts
        }
    }

    /// The state machine's thread has done something.
    private func tell(_ report: AnswerLane.Report) {
        if case .recovered(let tip, _) = report.answer {
            life.update { $0.hasRecovered = true }
            if configuration.retention != .everything, tip.height > .genesis, machine.neededFrom <= Height(1) {
                logger.warning(
                    "drops no blocks: the state machine keeps nothing of its own, and needs them all to start again")
            }
        }
        inbox.post(.machine(report))
    }

    private func waitForRecovery() async throws {
        let isStopping = try await life.wait { life in
            if life.phase >= .stopping { return true }
            guard life.hasRecovered else { return nil }
            life.phase = .running
            return false
        }
        if isStopping { throw ReplicaError.stopped }
    }
}
