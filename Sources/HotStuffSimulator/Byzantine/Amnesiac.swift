/// Crashes now and then, and comes back with an empty disk and the same key, as if it had promised nothing.
final class Amnesiac: Behaviour {
    let name = "amnesiac"
    let forgets = true

    private let crashesByItself: Bool

    init(crashesByItself: Bool = true) { self.crashesByItself = crashesByItself }

    func started(_ hands: ByzantineHands) {
        guard crashesByItself else { return }
        hands.crash(after: hands.viewDuration * (1 + hands.below(6)) / 4)
    }
}
