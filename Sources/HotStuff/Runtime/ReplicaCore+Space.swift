import Logging

extension ReplicaCore {
    /// The log's disk has run short of space, or has room again.
    ///
    /// Without room this replica neither votes nor leads, as the writer writes nothing; and it takes in nothing that
    /// would have to be written later, or memory would fill in the disk's place. Peers can still read from it.
    func spaceChanged(_ change: SpaceWatch.Change, in directory: String) {
        let limits = configuration.space
        switch change {
        case .ranShort(let free):
            isShortOfSpace.store(true, ordering: .releasing)
            metrics.shortOfSpace.record(1)
            logger.error(
                "too little space on the log's disk: neither votes nor proposes until there is more",
                metadata: ["directory": "\(directory)", "free": "\(free)", "reserve": "\(limits.reserve)"])
            events.tell(.spaceShort(free: free, reserve: limits.reserve))
            inbox.post(.input(.resign))
        case .returned(let free):
            isShortOfSpace.store(false, ordering: .releasing)
            metrics.shortOfSpace.record(0)
            logger.notice(
                "there is space on the log's disk again", metadata: ["directory": "\(directory)", "free": "\(free)"])
            events.tell(.spaceReturned(free: free))
            inbox.post(.input(.leadAgain))
        case .overdue(let free):
            fail(
                ReplicaError(
                    .storageFailed,
                    "the disk of \(directory) has had less than \(limits.reserve) to spare for "
                        + "\(ConfigurationText.text(limits.patience)), and has \(free)",
                    remedy: "make room, then start the replica again; nothing that was acknowledged is lost"))
        }
    }
}

extension Message {
    /// Whether it only asks for what is in the log, or says where a peer or the view is: no more than a record a view is
    /// written for it.
    var needsNoSpace: Bool {
        switch self {
        case .hello, .entry, .entryRequest, .blockRequest, .commitRequest: true
        case .proposal, .vote, .suspicion, .timeout, .certificate, .blocks, .commits, .evidence, .recallRequest,
            .recallAnswer, .stateDigests:
            false
        }
    }
}
