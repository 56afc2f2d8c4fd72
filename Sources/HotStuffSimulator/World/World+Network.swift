internal import HotStuffCore

/// Messages and connections.
extension World {
    // MARK: - Sending

    /// A replica's message leaves, as its behaviour wants.
    func leave(_ message: Message, from node: Node, to keys: [ValidatorKey]) {
        guard let behaviour = node.behaviour else { return transmit(message, from: node, to: keys) }
        for outgoing in behaviour.sends(message, to: keys, ByzantineHands(self, node)) {
            release(outgoing, from: node)
        }
    }

    /// A Byzantine replica's message leaves, now or later.
    func release(_ outgoing: Outgoing, from node: Node) {
        guard outgoing.delay > .zero else { return transmit(outgoing.message, from: node, to: outgoing.addressees) }
        let life = node.life
        after(outgoing.delay) { [unowned self] in
            if node.isUp, node.life == life {
                transmit(outgoing.message, from: node, to: outgoing.addressees)
            }
        }
    }

    /// Puts a message on the way to all nodes with these keys that there is a connection to.
    func transmit(_ message: Message, from node: Node, to keys: [ValidatorKey]) {
        guard !keys.isEmpty else { return }
        checks.learn(message)
        let parcel = Parcel(
            message, sentAt: now, isEncoded: settings.encodesMessages || node.behaviour != nil)
        for key in keys {
            for other in nodes where other.key == key && other !== node { transmit(parcel, from: node, to: other) }
        }
    }

    private func transmit(_ parcel: Parcel, from node: Node, to other: Node) {
        let connection = network.connection(node.index, other.index)
        guard connection.isUp else { return }
        var link = network[node.index, other.index]
        guard link.cuts == 0, passes?(parcel.message, node, other) ?? true else {
            tally.count(.lost)
            return
        }
        if networkRandom.chance(perMille: settings.lossPerMille + network.extraLossPerMille), !isHealed {
            tally.count(.lost)
            note(.lost, node.index, peer: other.index, text: parcel.message.summary)
            return
        }
        var copies = 1
        if networkRandom.chance(perMille: settings.repeatPerMille), !isHealed {
            copies = 2
            tally.count(.repeated)
        }
        for _ in 0..<copies {
            var at = now + settings.latency.draw(&networkRandom) * link.slowness
            at = max(at, link.opensAt)
            if settings.keepsOrder { at = max(at, link.lastArrival) }
            if at < link.lastArrival { tally.count(.reordered) }
            link.lastArrival = max(link.lastArrival, at)
            schedule(
                .message(parcel, from: node.index, to: other.index, generation: connection.generation), at: at)
        }
        network[node.index, other.index] = link
    }

    // MARK: - Receiving

    /// A message arrives: it is decoded, verified and given to the engine, or refused on the way.
    func arrive(_ parcel: Parcel, from sender: Node, to node: Node, generation: Int) {
        guard node.isUp, network.connection(sender.index, node.index).generation == generation else { return }
        tally.messages += 1
        let verified: Verified<Message>
        switch checked(parcel, from: sender, by: node.verifier) {
        case .success(let message): verified = message
        case .failure(let refusal):
            tally.refusedMessages += 1
            note(
                .refused, node.index, peer: sender.index, sentAt: parcel.sentAt,
                text: "\(parcel.message.summary): \(refusal)")
            if sender.isHonest {
                report(.honestRefused, node, "replica \(node.index) refused what \(sender.index) said: \(refusal)")
            }
            return
        }
        note(
            .received, node.index, peer: sender.index, parcel.traceNumber, sentAt: parcel.sentAt,
            text: parcel.message.summary)
        if let behaviour = node.behaviour,
            !behaviour.receives(parcel.message, from: sender.key, ByzantineHands(self, node))
        {
            return
        }
        tell(node, .message(verified, from: sender.key))
    }

    /// Why a message was not taken in.
    private enum Refusal: Error {
        case undecodable(WireError)
        case unverified(VerificationError)
    }

    private func checked(
        _ parcel: Parcel, from sender: Node, by verifier: Verifier
    ) -> Result<Verified<Message>, Refusal> {
        if let encoded = parcel.encoded {
            do throws(WireError) {
                let message = try Message.decode(
                    kind: encoded.message.kind, header: encoded.message.header, body: encoded.body)
                return verify(message, sender, verifier).mapError { .unverified($0) }
            } catch {
                return .failure(.undecodable(error))
            }
        }
        let verdict = parcel.verdict ?? verify(parcel.message, sender, verifier)
        parcel.verdict = verdict
        return verdict.mapError { .unverified($0) }
    }

    private func verify(
        _ message: Message, _ sender: Node, _ verifier: Verifier
    ) -> Result<Verified<Message>, VerificationError> {
        do throws(VerificationError) {
            return .success(try verifier.verify(message, from: sender.key))
        } catch {
            return .failure(error)
        }
    }

    /// A Byzantine replica gives the honest one that it wraps a message of its own making.
    func deliverToSelf(_ message: Message, _ node: Node) {
        guard case .success(let verified) = verify(message, node, node.verifier) else { return }
        schedule(.own(OwnMessage(verified), node: node.index, life: node.life), after: 0)
    }

    // MARK: - Connections

    /// Makes a connection between two nodes, if both run and nothing is cut between them.
    func dial(_ one: Node, _ other: Node) {
        guard one.isUp, other.isUp, one.key != other.key, !network.isCut(one.index, other.index),
            !network.connection(one.index, other.index).isUp
        else { return }
        network.update(one.index, other.index) { $0.isUp = true }
        tellOfConnection(one, other, isUp: true)
    }

    /// Loses the connection between two nodes and what is on its way; they try again unless something is cut.
    func disconnect(_ one: Node, _ other: Node) {
        guard network.connection(one.index, other.index).isUp else { return }
        network.update(one.index, other.index) {
            $0.isUp = false
            $0.generation += 1
        }
        tellOfConnection(one, other, isUp: false)
        redial(one, other)
    }

    /// Lets two nodes try to connect in a while.
    func redial(_ one: Node, _ other: Node) {
        schedule(.dial(one.index, other.index), after: settings.redial.draw(&networkRandom))
    }

    /// Both ends learn of their connection, each in its own time.
    private func tellOfConnection(_ one: Node, _ other: Node, isUp: Bool) {
        let generation = network.connection(one.index, other.index).generation
        for (node, peer) in [(one, other), (other, one)] where node.isUp {
            let event = WorldEvent.connection(
                node: node.index, life: node.life, peer: peer.index, isUp: isUp, generation: generation)
            let at = now + networkRandom.duration(.microseconds(100), .milliseconds(3)).wholeNanoseconds
            if isUp { network[peer.index, node.index].opensAt = at }
            schedule(event, at: at)
        }
    }

    /// One end learns of a connection.
    func noteConnection(_ node: Node, _ peer: Node, isUp: Bool, generation: Int) {
        let connection = network.connection(node.index, peer.index)
        guard !isUp || (connection.isUp && connection.generation == generation) else { return }
        // An end learns of its connections in their order: of the loss of an earlier one no more, once it has a later.
        guard isUp || (node.peers[peer.index] && generation > node.peerGenerations[peer.index]) else { return }
        if isUp { node.peerGenerations[peer.index] = generation }
        note(isUp ? .connected : .disconnected, node.index, peer: peer.index)
        // With twins, one key is several nodes: it is connected while one of them is.
        let isShared = nodes.contains { $0 !== peer && $0.key == peer.key && node.peers[$0.index] }
        let wasUp = node.peers[peer.index]
        node.peers[peer.index] = isUp
        if wasUp, isUp, !isShared { tell(node, .disconnected(peer.key)) }
        if isUp || !isShared { tell(node, isUp ? .connected(peer.key) : .disconnected(peer.key)) }
    }

    // MARK: - Processes

    /// Ends a node at once; what was not durable is lost.
    ///
    /// - Parameters:
    ///   - restartAfter: when it starts again; nil for never by itself.
    ///   - keepingGroup: whether the group being written is there afterwards; by the dice if nil.
    func crash(_ node: Node, restartAfter: Duration?, keepingGroup: Bool? = nil) {
        guard node.isUp else { return }
        let keeps = keepingGroup ?? (diskRandom.below(2) == 0)
        note(.crashed, node.index, keeps && node.disk.isBusy ? 1 : 0)
        node.stopped()
        node.machine = MachineWork()
        node.pacing.isWaiting = false
        node.isPaused = false
        node.held = []
        node.disk.crash(keepingGroup: keeps)
        checks.committed(node, self)
        for other in nodes where other !== node { disconnect(node, other) }
        node.peers = Array(repeating: false, count: nodes.count)
        node.peerGenerations = Array(repeating: -1, count: nodes.count)
        if let restartAfter, node.halt == nil {
            schedule(.restart(node: node.index, life: node.life), after: restartAfter.wholeNanoseconds)
        }
    }

    /// A node's nonce: another one in each of its lives.
    private func nonce(for node: Node) -> Nonce? {
        let number = chainID.firstWord ^ UInt64(node.index) << 32 ^ UInt64(node.life)
        return Nonce(Digest(of: (0..<8).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }).bytes)
    }

    /// Starts a node with what its disk holds.
    func start(_ node: Node) {
        guard !node.isUp, node.halt == nil else { return }
        node.life += 1
        node.running = node.local
        node.staysDown = false
        node.crashCountdown = nil
        if node.life > 1 { tally.restarts += 1 }
        if node.behaviour?.forgets == true, node.life > 1 { node.disk.replace(with: DiskImage(genesis: genesis)) }
        note(.started, node.index, UInt64(node.life))
        var configuration = EngineConfiguration(genesis: genesis, chainID: chainID, key: node.key)
        configuration.window = node.local.window
        configuration.bufferDepth = node.local.bufferDepth
        configuration.adaptsBuffer = settings.adaptsBuffer
        configuration.followers = settings.followers
        configuration.validationLimit = settings.validationLimit
        configuration.decidedBlocks = settings.decidedBlocks
        configuration.viewDuration = ExponentialViewDuration(
            base: node.local.viewDuration, ceiling: max(settings.viewCeiling, node.local.viewDuration),
            idleFactor: settings.idleFactor)
        configuration.brokenRule = settings.brokenRule
        settings.adjustEngine?(node.index, &configuration)
        node.toldTime = node.clock.reading(at: now)
        node.wakeAt = nil
        let start = Timestamp(nanoseconds: node.toldTime)
        node.started(
            Engine(
                configuration: configuration, recovered: node.disk.image.recovered(), nonce: nonce(for: node),
                now: start))
        seatMachine(node, configuration)
        perform(node.begin(), of: node)
        guard node.isUp else { return }
        for other in nodes where other !== node {
            // A world begins with everybody in place.
            if now == 0 { schedule(.dial(node.index, other.index), after: 0) } else { redial(node, other) }
        }
        propose(node)
        workMachine(node)
        if let behaviour = node.behaviour { behaviour.started(ByzantineHands(self, node)) }
    }
}
