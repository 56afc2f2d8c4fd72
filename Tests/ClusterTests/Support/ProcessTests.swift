import Testing

/// Tests with real processes: one after the other, since each needs the machine's cores.
@Suite(.serialized, .timeLimit(.minutes(5)))
enum ProcessTests {}
