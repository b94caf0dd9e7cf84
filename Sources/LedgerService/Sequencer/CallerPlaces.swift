import QuotaDomain

/// Where the callers of one burst stand in the state: each is looked up by name once.
struct CallerPlaces {
    private let callers: [BurstCaller]
    private var places: [CallerPlace?]

    init(_ callers: [BurstCaller]) {
        self.callers = callers
        places = Array(repeating: nil, count: callers.count)
    }

    mutating func find(_ caller: Int, in state: borrowing QuotaState) -> CallerPlace {
        // What was not known may have come to be with the call of another caller of this burst.
        if let place = places[caller], place.isKnown { return place }
        let place = state.place(of: callers[caller].caller)
        places[caller] = place
        return place
    }

    /// A place that was found.
    subscript(caller: Int) -> CallerPlace {
        get {
            guard let place = places[caller] else { preconditionFailure("the caller was not looked up") }
            return place
        }
        set { places[caller] = newValue }
    }
}
