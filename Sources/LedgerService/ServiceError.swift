package import EventSourcing

/// Why the service could not do what was asked, apart from the domain's rejections and the log's errors.
package enum ServiceError: Error, Hashable, Sendable, CustomStringConvertible {
    /// There is one of a kind at a time, and one is under way.
    case busy(String)
    /// A file of that name is there already; nothing is overwritten.
    case exists(String)
    /// The service takes no more requests.
    case stopping
    /// The work with this name was broken off, as the service is stopping. What it leaves is in order.
    case interrupted(String)
    /// There is more to do than can be held; nothing was done.
    case overloaded(retryAfter: TimeSpan)
    /// A parameter that only the service can judge; `field` is its name on the wire.
    case invalid(field: String, message: String)

    package var description: String {
        switch self {
        case .busy(let message): message
        case .exists(let name): "\(name) exists already"
        case .stopping: "the service is stopping"
        case .interrupted(let task): "the service is stopping: \(task) was not completed"
        case .overloaded: "the service is overloaded"
        case .invalid(let field, let message): "\(field): \(message)"
        }
    }
}
