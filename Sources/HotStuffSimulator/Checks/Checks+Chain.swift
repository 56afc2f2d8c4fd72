internal import HotStuffCore

/// What every committed block must be like, whoever proposed it: the rules of protocol §4 that a header shows.
///
/// No honest replica votes for a block that breaks one, so no quorum does; written anew from the page, not shared with
/// the engine.
extension Checks {
    /// What is wrong with a block that is committed after `parent`, which is nil for genesis; nil if nothing is.
    func flaw(of header: BlockHeader, after parent: BlockHeader?) -> String? {
        let justify = header.justify
        guard justify.height < header.height, certifiesHistory(justify) else {
            return "its certificate is not on an ancestor"
        }
        guard header.height.rawValue - justify.height.rawValue <= UInt64(genesis.maxWindow) else {
            return "it lies more than \(genesis.maxWindow) blocks above what it certifies"
        }
        guard let parent, parent.view == header.view else {
            return flawOfFirst(header, after: parent)
        }
        guard header.index == parent.index + 1 else { return "its index does not follow from its parent's" }
        guard justify.rank >= parent.justify.rank else { return "its certificate ranks below its parent's" }
        if let limit = genesis.viewLimit, header.index >= UInt64(limit) { return "its view has no room for it" }
        return nil
    }

    private func certifiesHistory(_ certificate: QuorumCertificate) -> Bool {
        guard certificate.height > .genesis else { return certificate.block == genesisPosition.block }
        let index = Int(certificate.height.rawValue) - 1
        guard history.indices.contains(index) else { return false }
        return history[index].block == certificate.block && committedHeaders[index].view == certificate.view
            && committedHeaders[index].index == certificate.index
    }

    /// What is wrong with the first block of a view.
    private func flawOfFirst(_ header: BlockHeader, after parent: BlockHeader?) -> String? {
        guard header.view >= parent?.view ?? header.view else { return "its view is below its parent's" }
        let justify = header.justify
        guard header.index == 0 else { return "it is the first of its view and has index \(header.index)" }
        guard header.parent == justify.block else { return "the first of its view is not on what it certifies" }
        guard justify.isGenesis || justify.view < header.view else { return "its certificate is of its own view" }
        switch header.entry {
        case nil:
            return header.view == View(0) && justify.isGenesis ? nil : "nothing in it opens its view"
        case .timeout(let certificate):
            guard certificate.view == header.view.previous else { return "what opens its view ends another" }
            let isHighest = certificate.reports.allSatisfy { $0.rank <= justify.rank }
            return isHighest ? nil : "what opens its view reports a higher certificate than it carries"
        case .rotation(let certificate):
            let isLast = genesis.viewLimit.map { justify.index == UInt64($0 - 1) } ?? false
            let fits = certificate.block == justify.block && justify.view == header.view.previous
            return isLast && fits ? nil : "the block that it says ended the view before did not"
        }
    }
}
