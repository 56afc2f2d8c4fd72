#if canImport(Glibc)
internal import Glibc
#elseif canImport(Darwin)
internal import Darwin
#endif

/// The data file, read beside LMDB's map: where the map would end the process, reading says what is wrong.
struct PageFile {
    /// The system's number for the open file; whoever made this value keeps it open.
    let number: CInt

    /// The file's size in bytes.
    func size() throws(PageFlaw) -> UInt64 {
        var status = stat()
        guard fstat(number, &status) == 0 else { throw PageFlaw("fstat: \(String(cString: strerror(errno)))") }
        return UInt64(max(0, status.st_size))
    }

    /// Reads bytes of the file into `target`, all that it has room for.
    func read(at offset: UInt64, into target: UnsafeMutableRawBufferPointer) throws(PageFlaw) {
        var done = 0
        while done < target.count, let start = target.baseAddress {
            let count = pread(number, start + done, target.count - done, off_t(offset) + off_t(done))
            guard count >= 0 || errno == EINTR else {
                throw PageFlaw("it cannot be read: \(String(cString: strerror(errno)))")
            }
            guard count != 0 else { throw PageFlaw("the file ends before it") }
            done += max(0, count)
        }
    }

    /// Both meta pages, the newer one first.
    func metaPages() throws(PageFlaw) -> (newer: MetaPage, older: MetaPage) {
        let first = try metaPage(0, pageSize: 0)
        let second = try metaPage(1, pageSize: first.pageSize)
        return first.transaction > second.transaction ? (first, second) : (second, first)
    }

    /// The meta page with this number.
    func metaPage(_ number: UInt64, pageSize: Int) throws(PageFlaw) -> MetaPage {
        try withUnsafeTemporaryAllocation(byteCount: MetaPage.size, alignment: 8) { bytes throws(PageFlaw) in
            do throws(PageFlaw) {
                try read(at: number * UInt64(pageSize), into: bytes)
                return try MetaPage(UnsafeRawBufferPointer(bytes), number: number)
            } catch { throw PageFlaw("page \(number): \(error.text)", isForeign: error.isForeign) }
        }
    }
}

// A name of its own, since a member hides the system's.
/// Compares bytes as unsigned numbers, the first one that differs deciding.
func compareBytes(_ left: UnsafeRawPointer, _ right: UnsafeRawPointer, _ count: Int) -> Int {
    Int(memcmp(left, right, count))
}
