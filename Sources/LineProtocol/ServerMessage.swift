public import LineJSON

/// What one line from the server is. It borrows from the line and is valid only inside the closure it was lent to.
public enum ServerMessage {
    /// The answer to request `id`: what the method gave.
    case result(id: JSONView, value: JSONView)
    /// The answer to request `id`: why it failed. The id is null when the server could not read one.
    case failure(id: JSONView, error: RPCError)
    /// A notification, such as `events.batch`.
    case notification(method: JSONView, params: JSONView?)
    /// A control line of an event stream, such as `caught_up`; its members stand in `line`.
    case control(name: JSONView, line: JSONView)
    /// A raw event line of an event stream.
    case event(JSONView)
}

/// A line that no server should send.
public enum ServerMessageError: Error, Hashable, Sendable {
    /// The line is no JSON.
    case notJSON(JSONError)
    /// The line is JSON but no object.
    case notAnObject
    /// The `error` member is no error object.
    case malformedError
}

/// Reads lines from the server. One for each connection: its memory serves every line again.
public struct ServerMessageDecoder: ~Copyable, Sendable {
    private var tape = JSONTape()

    /// A decoder.
    public init() {}

    /// Decodes a line (without its end) and lends the message to `body`; it is valid only until `body` returns.
    ///
    /// Throws `ServerMessageError`, and whatever `body` throws.
    public mutating func withDecoded<R>(
        _ line: UnsafeRawBufferPointer,
        _ body: (ServerMessage) throws -> R
    ) throws -> R {
        try tape.withResult(of: line) { result in
            try body(ServerMessage(result.mapError(ServerMessageError.notJSON).get()))
        }
    }
}

extension ServerMessage {
    init(_ line: JSONView) throws(ServerMessageError) {
        guard line.kind == .object else { throw .notAnObject }
        if let id = line["id"] {
            self = try ServerMessage(answer: line, id: id)
        } else if let name = line["control"], name.kind == .string {
            self = .control(name: name, line: line)
        } else if let method = line["method"], method.kind == .string {
            self = .notification(method: method, params: line["params"])
        } else {
            self = .event(line)
        }
    }

    private init(answer: JSONView, id: JSONView) throws(ServerMessageError) {
        if let value = answer["result"] {
            self = .result(id: id, value: value)
        } else if let error = answer["error"].flatMap(RPCError.init) {
            self = .failure(id: id, error: error)
        } else {
            throw .malformedError
        }
    }
}
