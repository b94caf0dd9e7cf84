import EventSourcing

/// Judges, look by look, whether a connection takes up room for nothing: it says nothing, does not end a line, or does not
/// take what it asked for. Pure: the handler looks at regular intervals, and performs what is found.
struct ConnectionWatch {
    /// Time between two looks: what is found lasted for so much longer than allowed at most.
    let interval: TimeSpan

    private let silentLooksMax: Int?
    private let openLineLooksMax: Int?
    private let unreadLooksMax: Int?

    // For how many looks in a row it was so.
    private var silentLooks = 0
    private var openLineLooks = 0
    private var unreadLooks = 0
    private var last = Sight()

    /// What is seen of a connection.
    struct Sight: Hashable {
        /// Since the connection began.
        var receivedBytes = 0
        /// Since the connection began.
        var linesTaken = 0
        /// A line was begun and not ended, and the server waits for its end.
        var isLineOpen = false
        /// Requests are under way, or events are streamed.
        var isBusy = false
        /// What the socket has not taken yet.
        var unsentBytes = 0
        /// What it has taken since the connection began.
        var takenBytes = 0
    }

    enum Finding: Hashable {
        /// Nothing was asked for so long.
        case silent
        /// A line was not ended for so long.
        case openLine
        /// Nothing was taken for so long.
        case unread
    }

    /// Nil where every connection may take its time.
    init?(_ limits: ServerLimits) {
        let bounds = [limits.idleTimeout, limits.lineTimeout, limits.unreadTimeout].filter { $0.milliseconds > 0 }
        guard let shortest = bounds.min() else { return nil }
        let interval = TimeSpan(milliseconds: max(1, shortest.milliseconds / ConnectionWatch.looksPerTimeout))
        func looks(_ timeout: TimeSpan) -> Int? {
            guard timeout.milliseconds > 0 else { return nil }
            return Int((timeout.milliseconds + interval.milliseconds - 1) / interval.milliseconds)
        }
        self.interval = interval
        silentLooksMax = looks(limits.idleTimeout)
        openLineLooksMax = looks(limits.lineTimeout)
        unreadLooksMax = looks(limits.unreadTimeout)
    }

    private static let looksPerTimeout: Int64 = 4

    mutating func look(at now: Sight) -> Finding? {
        // How much is unsent says nothing: a stream writes more as soon as some of it was taken.
        let isUnread = now.unsentBytes > 0 && last.unsentBytes > 0 && now.takenBytes <= last.takenBytes
        let isLineOpen = now.isLineOpen && last.isLineOpen && now.linesTaken == last.linesTaken
        let isSilent = !now.isBusy && now.unsentBytes == 0 && now.receivedBytes == last.receivedBytes
        unreadLooks = isUnread ? unreadLooks + 1 : 0
        openLineLooks = isLineOpen ? openLineLooks + 1 : 0
        silentLooks = isSilent ? silentLooks + 1 : 0
        last = now
        if let most = unreadLooksMax, unreadLooks >= most { return .unread }
        if let most = openLineLooksMax, openLineLooks >= most { return .openLine }
        if let most = silentLooksMax, silentLooks >= most { return .silent }
        return nil
    }
}
