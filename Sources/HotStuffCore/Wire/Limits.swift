/// Every maximum that input is held against, with the memory it implies.
public enum Limits {
    /// Members of a validator set; a certificate is then at most 66 KiB, a header with a timeout entry 260 KiB.
    public static let validators = 1_000
    /// Blocks in `maxWindow`; engines hold at most this many uncertified blocks a branch.
    public static let window = 65_536
    /// Bytes of one payload: 1 GiB; a genesis configuration sets its own below this.
    public static let payload = 1 << 30
    /// Bytes of a genesis configuration's application data: 16 MiB, inline in the configuration file.
    public static let applicationData = 16 << 20
    /// Blocks in one proposal: 256 headers, so at most 65 MiB of headers for 1,000 validators.
    public static let run = 256
    /// Hashes in one block request: 8 KiB.
    public static let requestedBlocks = 256
    /// Blocks in one answer to a commit request, whatever the byte limit says.
    public static let answeredBlocks = 1_024
    /// Blocks in one run of committed blocks that is accepted.
    ///
    /// What is answered with, and as many windows as may lie below the first block that can be proved; their headers
    /// are bounded by `message` long before.
    public static let committedRun = answeredBlocks + 4 * window
    /// Payload bytes in one answer, unless its first block alone has more.
    public static let answeredBytes = 8 << 20
    /// Digests of states in one message, and kept of each member: 10 KiB.
    public static let stateDigests = 256
    /// Headers in a commit proof: the longest commit chain less one.
    public static let proofHeaders = 2
    /// Bytes of one encoded message, without the payloads beside it: 64 MiB.
    public static let message = 64 << 20
}
