internal import Dispatch

/// Runs `body` over the parts of `0..<count`, on this thread alone if `workers` is 1 and else on several, and returns when all are done.
///
/// What the parts are depends on `workers`, and the order in which they run on chance: `body` must write only where its
/// own part is, so that neither shows.
func inParallel(_ count: Int, workers: Int, _ body: (Range<Int>) -> Void) {
    guard workers > 1, count >= 64 else {
        if count > 0 { body(0..<count) }
        return
    }
    // More parts than workers, as some parts take longer.
    let parts = min(count, workers * 4)
    withoutActuallyEscaping(body) { body in
        // Safe as far as the caller keeps to the rule above, and this function outlasts all calls.
        nonisolated(unsafe) let body = body
        DispatchQueue.concurrentPerform(iterations: parts) { part in
            body((count * part / parts)..<(count * (part + 1) / parts))
        }
    }
}
