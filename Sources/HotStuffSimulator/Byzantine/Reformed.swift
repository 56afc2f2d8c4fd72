/// A validator that was Byzantine and no longer is; what it has signed still counts against it.
final class Reformed: Behaviour {
    let name = "reformed"
}
