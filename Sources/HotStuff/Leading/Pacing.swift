/// Runs the pacemaker: once a tenure, never two at a time, cancelled when the tenure is over.
struct Pacing: Sendable {
    let pacemaker: any Pacemaker
    let proposer: ReplicaProposer
    /// Told of an error that is no consequence of losing a view.
    let onFailure: @Sendable (any Error) -> Void

    /// Paces until the replica stops.
    func run() async {
        for await tenure in proposer.tenures {
            let pacing = Task {
                do {
                    try await pacemaker.pace(tenure, proposer)
                } catch is ProposeError {
                    // The view is lost, or its end is near: the next tenure begins anew.
                } catch is CancellationError {
                    // As above.
                } catch {
                    onFailure(error)
                }
            }
            await proposer.board.waitToTheEnd { $0.isOver || $0.current != tenure ? () : nil }
            pacing.cancel()
            await pacing.value
        }
    }
}
