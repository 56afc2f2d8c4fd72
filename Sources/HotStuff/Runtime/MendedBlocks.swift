import HotStuffStorage

/// The committed blocks as the state machine reads them: a damaged one is waited for until a peer has given it again.
struct MendedBlocks: CommittedBlocks {
    let blocks: any CommittedBlocks
    let repairs: Repairs

    var tip: LogPosition { get throws { try blocks.tip } }
    var tipProof: CommitProof? { get throws { try blocks.tipProof } }
    var firstHeight: Height { get throws { try blocks.firstHeight } }

    func block(at height: Height) throws -> Block? { try mended { try blocks.block(at: height) } }
    func header(at height: Height) throws -> BlockHeader? { try mended { try blocks.header(at: height) } }
    func nextBlocks(from height: Height, through last: Height) throws -> [Block] {
        try mended { try blocks.nextBlocks(from: height, through: last) }
    }
    func nextHeaders(from height: Height, through last: Height) throws -> [BlockHeader] {
        try mended { try blocks.nextHeaders(from: height, through: last) }
    }
    func position(at height: Height) throws -> LogPosition? { try blocks.position(at: height) }
    func block(with hash: Digest) throws -> Block? { try mended { try blocks.block(with: hash) } }

    /// Reads, and reads again each time that what was damaged has been written again.
    ///
    /// - Throws: what reading throws, if nobody can give the block; `Repairs.Ended` if the replica stops meanwhile.
    private func mended<Result>(_ read: () throws -> Result) throws -> Result {
        while true {
            do {
                return try read()
            } catch let error as StorageError where error.damagedBlock != nil {
                guard try repairs.wait(for: error) else { throw error }
            }
        }
    }
}
