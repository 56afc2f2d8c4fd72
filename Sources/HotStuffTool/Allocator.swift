import CAllocator

/// The C library's allocator, of which LMDB has the pages that a transaction writes.
enum Allocator {
    /// Lets this process keep the memory that large transactions give back, up to 256 MiB.
    ///
    /// Left alone, the allocator returns it to the system, and each transaction gets all of its pages anew, at the cost of
    /// a fault and of clearing each: with payloads of a megabyte and more that takes longer than writing them.
    ///
    /// A thread other than the first has its memory in heaps of 64 MiB, which go back to the system whenever one is empty,
    /// however much may be kept, unless the padding is larger. With payloads of 16 MB a state machine's thread spent a fifth
    /// of its time on getting them anew.
    static func keepFreedMemory() {
        #if canImport(Glibc)
        mallopt(M_MMAP_THRESHOLD, 32 << 20)  // the most that it takes
        mallopt(M_TRIM_THRESHOLD, 256 << 20)
        mallopt(M_TOP_PAD, 128 << 20)  // of addresses; memory is only what is used of them
        #endif
    }
}
