/// An error that the closure of a scoped operation may throw: says what the operation as a whole then throws.
///
/// Both the closure and LMDB can fail. A package with an error type of its own conforms that type, and gets one type
/// out of closure and operation together:
///
/// ```swift
/// extension StorageError: BodyError {
///     static func wrapping(_ error: LMDBError) -> StorageError { .lmdb(error) }
/// }
///
/// func block(at key: RawSpan) throws(StorageError) -> Block? {
///     try environment.read { transaction throws(StorageError) in
///         try transaction.get(key, in: blocks) { bytes throws(StorageError) in try Block(decoding: bytes) }
///     }
/// }
/// ```
///
/// `LMDBError` itself conforms, and `Never`, for closures that don't throw: operations then throw `LMDBError`. Closures
/// that throw anything else go through the untyped overloads.
public protocol BodyError: Error {
    /// What the operation throws.
    associatedtype Thrown: Error = Self

    /// The error to throw when LMDB fails.
    static func wrapping(_ error: LMDBError) -> Thrown

    /// The error to throw when the closure throws this one.
    var thrown: Thrown { get }
}

extension BodyError where Thrown == Self {
    /// The error itself.
    public var thrown: Self { self }
}

extension LMDBError: BodyError {
    /// The error itself.
    public static func wrapping(_ error: LMDBError) -> LMDBError { error }
}

extension Never: BodyError {
    /// The error itself.
    public static func wrapping(_ error: LMDBError) -> LMDBError { error }

    /// Never called, since there is no value to call it on.
    public var thrown: LMDBError { switch self {} }
}
