/// What a connection may do next. Pure: the handler tells it what happened and performs the action it returns.
struct ConnectionStateMachine: ~Copyable {
    private var state = State.open(Activity())
    private let requestsInFlightMax: Int

    private enum State {
        /// Takes requests.
        case open(Activity)
        /// Takes no more requests, because the client closed its side or the server drains: answers what it has.
        case finishing(Activity, isDraining: Bool)
        case closed
    }

    private struct Activity {
        var requestsInFlight = 0
        /// Streams and subscriptions.
        var readers = 0
    }

    enum Action: Equatable {
        case none
        /// The input was left unread and may be read again.
        case read
        case close
    }

    init(requestsInFlightMax: Int) {
        self.requestsInFlightMax = requestsInFlightMax
    }

    /// Whether requests are still taken.
    var takesRequests: Bool {
        switch state {
        case .open: true
        case .finishing, .closed: false
        }
    }

    /// Whether a stream or subscription may begin: also behind a half-close, not while the server drains.
    var takesReaders: Bool {
        switch state {
        case .open: true
        case .finishing(_, let isDraining): !isDraining
        case .closed: false
        }
    }

    /// Whether more input may be read: a client that sends faster than it is answered waits.
    var mayRead: Bool {
        switch state {
        case .open(let activity): activity.requestsInFlight < requestsInFlightMax
        // Reading on is how a full close of the other side is noticed.
        case .finishing: true
        case .closed: false
        }
    }

    /// Requests that may begin before those that are under way are answered.
    var room: Int {
        switch state {
        case .open(let activity): max(0, requestsInFlightMax - activity.requestsInFlight)
        // What comes is not looked at any more.
        case .finishing, .closed: requestsInFlightMax
        }
    }

    /// Whether requests are under way, or events are streamed.
    var isBusy: Bool {
        switch state {
        case .open(let activity), .finishing(let activity, _): activity.requestsInFlight > 0 || activity.readers > 0
        case .closed: false
        }
    }

    mutating func requestsBegan(_ count: Int) {
        change { $0.requestsInFlight += count }
    }

    mutating func requestsAnswered(_ count: Int) -> Action {
        let couldRead = mayRead
        change { $0.requestsInFlight -= count }
        return couldRead || !mayRead ? actionWhenIdle() : .read
    }

    mutating func readerBegan() {
        change { $0.readers += 1 }
    }

    mutating func readerEnded() -> Action {
        change { $0.readers -= 1 }
        return actionWhenIdle()
    }

    /// The client sends no more: everything asked is answered, and streams go on until it closes altogether.
    mutating func inputClosed() -> Action {
        if case .open(let activity) = state { state = .finishing(activity, isDraining: false) }
        return actionWhenIdle()
    }

    /// The server takes no more requests; streams end.
    mutating func drain() -> Action {
        switch state {
        case .open(let activity), .finishing(let activity, _): state = .finishing(activity, isDraining: true)
        case .closed: break
        }
        return actionWhenIdle()
    }

    mutating func closed() {
        state = .closed
    }

    private mutating func change(_ body: (inout Activity) -> Void) {
        switch state {
        case .open(var activity):
            body(&activity)
            state = .open(activity)
        case .finishing(var activity, let isDraining):
            body(&activity)
            state = .finishing(activity, isDraining: isDraining)
        case .closed:
            break
        }
    }

    private mutating func actionWhenIdle() -> Action {
        guard case .finishing(let activity, let isDraining) = state, activity.requestsInFlight == 0,
            activity.readers == 0 || isDraining
        else { return .none }
        state = .closed
        return .close
    }
}
