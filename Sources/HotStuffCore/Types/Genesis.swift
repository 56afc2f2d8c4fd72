/// What all replicas of a chain must agree on (protocol §1); its hash is the chain's ID.
public struct Genesis: Sendable {
    /// A name for people.
    public var chainName: String
    /// The validators of epoch 0.
    public var validators: ValidatorSet
    /// `L`: how many certificates in a chain commit a block; 2 or 3.
    public var commitChainLength = 2
    /// `K`: how many blocks a view may have; nil for no limit.
    public var viewLimit: Int?
    /// How many blocks a block may lie above the one that its `justify` certifies.
    public var maxWindow = 1_024
    /// How many payload bytes may lie in those blocks; at least twice the payload limit.
    public var maxWindowSize = ByteCount.mebibytes(512)
    /// Most bytes that a payload may have.
    public var payloadLimit = ByteCount.mebibytes(64)
    /// Who leads which view.
    public var rotation: any LeaderRotation = RoundRobin()
    /// Opaque; handed to every state machine through its log.
    public var applicationData: [UInt8] = []

    /// A chain named `chainName` of these validators, with the defaults of protocol §1.
    public init(chainName: String, validators: ValidatorSet) {
        self.chainName = chainName
        self.validators = validators
    }

    /// Why a genesis configuration cannot be used.
    public struct Invalid: Error, Sendable, Hashable, CustomStringConvertible {
        /// What is wrong and what would be right.
        public let description: String
    }

    /// Checks every bound.
    ///
    /// - Throws: `Invalid`, naming the first value that is out of its bounds.
    public func validate() throws(Invalid) {
        func check(_ holds: Bool, _ text: @autoclosure () -> String) throws(Invalid) {
            guard holds else { throw Invalid(description: text()) }
        }
        try check((1...255).contains(chainName.utf8.count), "the chain's name must have 1 to 255 bytes")
        try check(
            commitChainLength == 2 || commitChainLength == 3,
            "the commit chain length must be 2 or 3, not \(commitChainLength)")
        if let limit = viewLimit { try check(limit >= 1, "a view needs room for at least 1 block, not \(limit)") }
        try check(
            (1...Limits.window).contains(maxWindow), "the window must be 1 to \(Limits.window) blocks, not \(maxWindow)"
        )
        try check(
            (1...Limits.payload).contains(payloadLimit.bytes),
            "the payload limit must be 1 to \(Limits.payload) bytes, not \(payloadLimit.bytes)")
        try check(
            maxWindowSize.bytes / 2 >= payloadLimit.bytes,
            "the window's size (\(maxWindowSize)) must be at least twice the payload limit (\(payloadLimit))")
        try check(
            applicationData.count <= Limits.applicationData,
            "the application data may have at most \(Limits.applicationData) bytes, not \(applicationData.count)")
    }
}
