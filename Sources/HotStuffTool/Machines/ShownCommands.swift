import HotStuff

/// A command machine that shows on a board what it has applied.
struct ShownCommands<Machine: CommandStateMachine & ~Copyable>: CommandStateMachine, ~Copyable {
    private var machine: Machine
    private let board: MachineBoard
    private var commands = 0

    /// Shows `machine` on `board`.
    init(_ machine: consuming Machine, on board: MachineBoard) {
        self.machine = machine
        self.board = board
        show(nil)
    }

    /// Applies the command.
    mutating func apply(_ command: Machine.Command) throws -> Machine.Reply {
        commands += 1
        return try machine.apply(command)
    }

    /// Shows the state as of this block.
    mutating func commit(_ position: LogPosition) throws {
        try machine.commit(position)
        show(position)
    }

    /// The machine's.
    var durablePosition: LogPosition? { machine.durablePosition }

    /// The machine's.
    var stateDigest: Digest? { machine.stateDigest }

    /// Whether the machine does.
    static var keepsRecords: Bool { Machine.keepsRecords }

    /// Gives it to the machine.
    mutating func keep(_ record: Payload, number: UInt32) throws { try machine.keep(record, number: number) }

    /// The machine's.
    func forEachRecord(_ body: (_ number: UInt32, _ record: Payload) throws -> Void) throws {
        try machine.forEachRecord(body)
    }

    /// Closes the machine.
    consuming func close() throws { try machine.close() }

    private func show(_ position: LogPosition?) {
        let digest = machine.stateDigest?.hexadecimalText
        board.update { picture in
            if let position {
                picture.height = position.height.rawValue
                picture.blocks += 1
            }
            picture.commands = commands
            picture.digest = digest
        }
    }
}
