import LineJSON
import LineProtocol

/// A server of two methods, `subtract {minuend, subtrahend}` and `get_data {}`, and the notifications `update` and
/// `notify_hello`: enough to play the examples of the JSON-RPC 2.0 specification at the level of envelopes.
struct FakeServer: ~Copyable {
    private var decoder: RequestDecoder
    /// Methods called, in order.
    private(set) var calls: [String] = []

    init(batchRequestsMax: Int = 1_000) {
        decoder = RequestDecoder(batchRequestsMax: batchRequestsMax)
    }

    /// The line that answers `line`, or nil when nothing is sent.
    mutating func answer(_ line: String) -> String? {
        var calls: [String] = []
        let answer = Array(line.utf8).withUnsafeBytes { bytes in
            decoder.withDecoded(bytes) { decoded in FakeServer.answer(decoded, &calls) }
        }
        self.calls += calls
        return answer.map { String(decoding: $0, as: UTF8.self) }
    }

    private static func answer(_ decoded: DecodedLine, _ calls: inout [String]) -> [UInt8]? {
        switch decoded {
        case .request(let request): return answer(.success(request), &calls)
        case .rejected(let rejected): return answer(.failure(rejected), &calls)
        case .batch(let batch):
            var answers = BatchAnswer(requestCount: batch.count)
            for outcome in batch {
                if let one = answer(outcome, &calls) { answers.add(one) } else { answers.skipOne() }
            }
            return answers.finish()
        }
    }

    private static func answer(
        _ outcome: Result<RequestEnvelope, RejectedRequest>,
        _ calls: inout [String]
    ) -> [UInt8]? {
        var writer = JSONWriter()
        switch outcome {
        case .success(let request):
            let result = Result { () throws(RPCError) in try call(request, &calls) }
            guard let reply = request.reply else { return nil }
            switch result {
            case .success(let json): writer.answer(reply) { $0.value(raw: json.utf8) }
            case .failure(let error): writer.answer(reply, error: error)
            }
        case .failure(let rejected):
            guard let reply = rejected.reply else { return nil }
            writer.answer(reply, error: rejected.error)
        }
        return writer.take()
    }

    private static func call(_ request: RequestEnvelope, _ calls: inout [String]) throws(RPCError) -> String {
        let method = request.method.string() ?? ""
        guard ["subtract", "get_data", "update", "notify_hello"].contains(method) else { throw .methodNotFound(method) }
        let params = try request.namedParams()
        calls.append(method)
        guard method == "subtract" else { return "[\"hello\",5]" }
        guard let minuend = params?["minuend"]?.integer else {
            throw .invalidParams("minuend is missing", field: "minuend")
        }
        guard let subtrahend = params?["subtrahend"]?.integer else {
            throw .invalidParams("subtrahend is missing", field: "subtrahend")
        }
        return "\(minuend - subtrahend)"
    }
}
