import CAllocator

/// The C library's allocator, of which LMDB has the pages that a transaction writes.
enum Allocator {
    /// Lets this process keep the memory that large transactions give back, up to 256 MiB.
    ///
    /// Left alone, the allocator returns it to the system, and each transaction gets all of its pages anew, at the cost of
    /// a fault and of clearing each: with payloads of a megabyte and more that takes longer than writing them.
    static func keepFreedMemory() {
        #if canImport(Glibc)
        mallopt(M_MMAP_THRESHOLD, 32 << 20)  // the most that it takes
        mallopt(M_TRIM_THRESHOLD, 256 << 20)
        #endif
    }
}
