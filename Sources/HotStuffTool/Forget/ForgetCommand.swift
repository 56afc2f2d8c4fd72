import ArgumentParser
import HotStuff

/// `hotstuff forget`: lets a replica come back that has lost its log, or was given an older copy of it.
struct ForgetCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "forget",
        abstract: "Prepare the log of a replica that may have lost records of what it signed.",
        discussion: """
            For a replica whose log is gone, or was put back from a copy, and whose key has signed before. Makes a log \
            if there is none; one that is there is kept and marked. When the replica runs it asks all other validators \
            how far its signatures may reach, and signs nothing until they have answered and two views more have \
            begun; with four validators all three others must answer. It must be done once, with the replica stopped.
            """)

    @Option(help: ArgumentHelp("The replica's configuration, as testnet writes it.", valueName: "file"))
    var config: String

    @OptionGroup var output: OutputOptions

    func run() throws {
        try output.check()
        let configuration = try HotStuff.Configuration(contentsOf: config)
        let wasThere = try Replica.forget(configuration)
        let key = configuration.identity.key.base64
        let done = wasThere ? "marked the log in" : "made an empty log, marked, in"
        try output.publish(
            .object([
                .init(name: "replica", value: .string(key)),
                .init(name: "directory", value: .string(configuration.directory)),
                .init(name: "log", value: .string(wasThere ? "marked" : "made")),
            ]),
            human: "\(done) \(configuration.directory): replica \(key) may have forgotten what it signed; when it runs "
                + "it asks the other validators, and signs again once they have answered and two views have passed")
    }
}
