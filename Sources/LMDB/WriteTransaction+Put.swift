internal import CLMDB

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Darwin)
internal import Darwin
#endif

/// How an entry is put.
public struct PutOptions: OptionSet, Sendable, Hashable {
    /// LMDB's flags.
    public let rawValue: UInt32

    /// Options from LMDB's flags.
    public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// The key sorts behind every other of the database: found without a search, and pages are filled whole.
    ///
    /// Any other key throws kind ``LMDBError/Kind/keyExists``. `MDB_APPEND`.
    public static let append = PutOptions(rawValue: UInt32(MDB_APPEND))
    /// A key that is there already throws kind ``LMDBError/Kind/keyExists``, and its value stays.
    ///
    /// `MDB_NOOVERWRITE`.
    public static let noOverwrite = PutOptions(rawValue: UInt32(MDB_NOOVERWRITE))
}

extension WriteTransaction {
    /// Puts a value under a key, in place of the one that is there.
    ///
    /// - Throws: kinds ``LMDBError/Kind/mapFull``, ``LMDBError/Kind/wrongSize``, ``LMDBError/Kind/keyExists`` (as the
    ///   options say), ``LMDBError/Kind/transactionFull``, ``LMDBError/Kind/system``.
    public mutating func put(
        _ value: RawSpan, for key: RawSpan, in database: Database, _ options: PutOptions = []
    ) throws(LMDBError) {
        try prepare(key, byteCount: value.byteCount, in: database, options)
        let code = key.withValue { key in
            value.withValue { value in
                mdb_put(context.transaction, context.handle(of: database), &key, &value, options.rawValue)
            }
        }
        try context.check(code, "mdb_put", database)
    }

    /// Puts a value that `fill` writes, piece by piece, to where it is stored; otherwise as
    /// ``put(_:for:in:_:)``.
    ///
    /// ```swift
    /// try transaction.put(byteCount: header.count + payload.count, for: key.span.bytes, in: blocks) { output in
    ///     output.append(bytes: header.span.bytes)
    ///     output.append(bytes: payload.span.bytes)
    /// }
    /// ```
    ///
    /// - Parameters:
    ///   - byteCount: the value's size.
    ///   - fill: writes exactly so many bytes; fewer trap, as what was in memory before would be stored with them. If
    ///     it throws, the transaction can only be taken back.
    public mutating func put<Failure: BodyError>(
        byteCount: Int, for key: RawSpan, in database: Database, _ options: PutOptions = [],
        fill: (inout OutputRawSpan) throws(Failure) -> Void
    ) throws(Failure.Thrown) {
        let space: UnsafeMutableRawBufferPointer
        do { space = try reserve(byteCount, for: key, in: database, options) } catch {
            throw Failure.wrapping(error)
        }
        var output = OutputRawSpan(buffer: space, initializedCount: 0)
        do { try fill(&output) } catch {
            context.spoil()
            throw error.thrown
        }
        let written = output.finalize(for: space)
        precondition(written == byteCount, "a reserved value was filled in part")
    }

    /// Puts a value that `fill` writes, which may throw errors of any type; otherwise as the typed form.
    @_disfavoredOverload
    public mutating func put(
        byteCount: Int, for key: RawSpan, in database: Database, _ options: PutOptions = [],
        fill: (inout OutputRawSpan) throws -> Void
    ) throws {
        let space = try reserve(byteCount, for: key, in: database, options)
        var output = OutputRawSpan(buffer: space, initializedCount: 0)
        do { try fill(&output) } catch {
            context.spoil()
            throw error
        }
        let written = output.finalize(for: space)
        precondition(written == byteCount, "a reserved value was filled in part")
    }

    /// Looks at the way to the key, and deletes a value that has more pages of its own than the new one needs.
    ///
    /// LMDB would leave the new one all of them: how many it has could then not be told from its size, and a damaged
    /// count would free pages of others.
    private mutating func prepare(
        _ key: RawSpan, byteCount: Int, in database: Database, _ options: PutOptions
    ) throws(LMDBError) {
        try context.look(at: key, in: database, forChange: true)
        guard options.isDisjoint(with: [.append, .noOverwrite]) else { return }
        var old = MDB_val()
        let code = key.withValue { key in
            mdb_get(context.transaction, context.handle(of: database), &key, &old)
        }
        let pageSize = context.environment.pageSize
        guard code == MDB_SUCCESS, old.mv_size > pageSize,
            PageLayout.overflowPages(old.mv_size, pageSize: pageSize)
                > PageLayout.overflowPages(byteCount, pageSize: pageSize)
        else { return }
        try delete(key, in: database)
    }

    private mutating func reserve(
        _ byteCount: Int, for key: RawSpan, in database: Database, _ options: PutOptions
    ) throws(LMDBError) -> UnsafeMutableRawBufferPointer {
        precondition(byteCount >= 0, "a value's size is not negative")
        try prepare(key, byteCount: byteCount, in: database, options)
        var value = MDB_val(mv_size: byteCount, mv_data: nil)
        let flags = options.rawValue | UInt32(MDB_RESERVE)
        let code = key.withValue { key in
            mdb_put(context.transaction, context.handle(of: database), &key, &value, flags)
        }
        try context.check(code, "mdb_put", database)
        let space = UnsafeMutableRawBufferPointer(start: value.mv_data, count: value.mv_size)
        Self.wantLargePages(space)
        return space
    }

    /// Asks the system for large pages under a value that is about to be written for the first time: it would give out
    /// 64 MB as 16,384 small ones, each at the cost of a fault, which takes longer than all the rest of the transaction.
    private static func wantLargePages(_ space: UnsafeMutableRawBufferPointer) {
        #if os(Linux)
        guard let start = space.baseAddress, space.count >= 2 * largePage else { return }
        let first = (Int(bitPattern: start) + largePage - 1) / largePage * largePage
        let last = (Int(bitPattern: start) + space.count) / largePage * largePage
        // A hint; a system that takes none is only slower.
        madvise(UnsafeMutableRawPointer(bitPattern: first), last - first, MADV_HUGEPAGE)
        #endif
    }

    /// A large page's size on most machines.
    private static var largePage: Int { 2 << 20 }
}

extension OutputRawSpan {
    /// Appends a copy of `bytes`; traps if there is no room for them.
    public mutating func append(bytes: RawSpan) {
        withUnsafeMutableBytes { buffer, count in
            precondition(bytes.byteCount <= buffer.count - count, "more bytes than were reserved")
            bytes.withUnsafeBytes { bytes in
                UnsafeMutableRawBufferPointer(rebasing: buffer[count...]).copyMemory(from: bytes)
            }
            count += bytes.byteCount
        }
    }
}
