public import LineJSON

/// What one line asks for.
public enum DecodedLine {
    /// One request.
    case request(RequestEnvelope)
    /// Something that is answered with one error (or, for a notification, not at all).
    indirect case rejected(RejectedRequest)
    /// Several requests, answered by one line (JSON-RPC 2.0 section 6).
    case batch(RequestBatch)
}

/// Reads request lines. One for each connection: its memory serves every line again.
public struct RequestDecoder: ~Copyable, Sendable {
    /// How many requests one batch may hold.
    public let batchRequestsMax: Int
    @usableFromInline var tape = JSONTape()

    /// A decoder that refuses batches of more than `batchRequestsMax` requests.
    public init(batchRequestsMax: Int = 1_000) {
        self.batchRequestsMax = batchRequestsMax
    }

    /// Decodes a line (without its end) and lends the outcome to `body`; it is valid only until `body` returns.
    @inlinable
    public mutating func withDecoded<R, E: Error>(
        _ line: UnsafeRawBufferPointer,
        _ body: (DecodedLine) throws(E) -> R
    ) throws(E) -> R {
        let batchRequestsMax = batchRequestsMax
        return try tape.withResult(of: line) { result throws(E) in
            try body(DecodedLine(result, batchRequestsMax: batchRequestsMax))
        }
    }
}

extension DecodedLine {
    @usableFromInline
    init(_ result: Result<JSONView, JSONError>, batchRequestsMax: Int) {
        do throws(RejectedRequest) {
            let root = try result.mapError { RejectedRequest(reply: .unreadable, error: .parseError($0)) }.get()
            self =
                root.kind == .array
                ? .batch(try RequestBatch(root, requestsMax: batchRequestsMax))
                : .request(try RequestEnvelope(root, isInBatch: false))
        } catch {
            self = .rejected(error)
        }
    }
}

/// The requests of a batch, in order; each may be refused on its own.
public struct RequestBatch: Sequence {
    private let elements: JSONView

    init(_ array: JSONView, requestsMax: Int) throws(RejectedRequest) {
        guard array.count > 0 else {
            throw RejectedRequest(reply: .unreadable, error: .invalidRequest("the batch is empty"))
        }
        guard array.count <= requestsMax else {
            throw RejectedRequest(
                reply: .unreadable,
                error: .invalidRequest(
                    "a batch may hold \(requestsMax) requests, not \(array.count)",
                    reason: "BATCH_TOO_LARGE"
                ).with("batch_requests_max", requestsMax)
            )
        }
        elements = array
    }

    /// How many requests, notifications and invalid ones included; at least 1.
    public var count: Int { elements.count }

    /// Iterates over the outcomes.
    public func makeIterator() -> Iterator { Iterator(elements: elements.elements) }

    /// Decodes one request after the other.
    public struct Iterator: IteratorProtocol {
        var elements: JSONElements

        /// The next request, or what to answer in its place.
        public mutating func next() -> Result<RequestEnvelope, RejectedRequest>? {
            guard let element = elements.next() else { return nil }
            return Result { () throws(RejectedRequest) in try RequestEnvelope(element, isInBatch: true) }
        }
    }
}
