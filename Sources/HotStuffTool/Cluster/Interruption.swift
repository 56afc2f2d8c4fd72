import Dispatch
import Foundation

/// Ctrl-C and SIGTERM as something to poll for, so that a command can end its children before it ends itself.
final class Interruption {
    /// Readable once the process is asked to end.
    let descriptor: Descriptor
    private let sources: [any DispatchSourceSignal]

    /// From here on these signals no longer end the process by themselves.
    init() throws {
        let (reading, writing) = try Descriptor.pipe()
        reading.stopBlocking()
        descriptor = reading
        sources = [SIGINT, SIGTERM, SIGHUP].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler {
                var byte: UInt8 = 0
                _ = write(writing.number, &byte, 1)
            }
            source.resume()
            return source
        }
        signal(SIGPIPE, SIG_IGN)
    }

    deinit { for source in sources { source.cancel() } }
}
