internal import CLMDB

extension RawSpan {
    /// Lends `body` these bytes as LMDB takes them.
    ///
    /// LMDB doesn't write through them; `inout` is C's pointer.
    func withValue<Result>(_ body: (inout MDB_val) -> Result) -> Result {
        withUnsafeBytes { buffer in
            var value = MDB_val(
                mv_size: buffer.count, mv_data: UnsafeMutableRawPointer(mutating: buffer.baseAddress))
            return body(&value)
        }
    }
}

extension MDB_val {
    /// The bytes that LMDB returned, valid until the transaction ends or changes something.
    var buffer: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: mv_data, count: mv_size) }
}
