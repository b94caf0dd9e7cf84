import LineJSON
import LineProtocol
import TestSupport

extension FuzzTarget {
    /// Every line is answered by one line that answers each of its requests once, in order, by the rules of its
    /// dialect. Only notifications go without.
    static let request = FuzzTarget(name: "request") { input in
        var decoder = RequestDecoder(batchRequestsMax: batchRequestsMax)
        let line = decoder.withDecoded(input) { decoded in answerLine(to: decoded) }
        let expected = try expectedAnswers(to: input)
        try requireEqual(line == nil, expected.answers.isEmpty, "whether there is an answer")
        guard let line else { return }
        try require(!line.contains(UInt8(ascii: "\n")), "the answer is one line")
        var tape = JSONTape()
        try tape.withParsed(line) { answer in
            try requireEqual(answer.kind == .array, expected.isBatch, "a batch is answered by an array")
            let answers = answer.kind == .array ? answer.elements.map(Answer.init) : [Answer(answer)]
            try requireEqual(answers, expected.answers, "the answers")
        }
    }

    private static let batchRequestsMax = 4

    /// What can be told of an answer without knowing the method.
    private struct Answer: Equatable {
        var dialect: RequestDialect
        var id: JSONNode
        /// Nil when the request was passed on to its method.
        var code: Int64?

        init(dialect: RequestDialect, id: JSONNode, code: Int? = nil) {
            (self.dialect, self.id, self.code) = (dialect, id, code.map { Int64($0) })
        }

        init(_ answer: JSONView) {
            dialect = answer["jsonrpc"] == nil ? .netcat : .jsonRPC
            id = answer["id"].map { JSONNode($0) } ?? .string([])
            code = answer["error"]?["code"]?.integer
        }
    }

    /// The line without its end, from methods that succeed with null.
    private static func answerLine(to line: DecodedLine) -> [UInt8]? {
        switch line {
        case .request(let request): return answer(to: .success(request))
        case .rejected(let rejected): return answer(to: .failure(rejected))
        case .batch(let requests):
            var batch = BatchAnswer(requestCount: requests.count)
            for request in requests {
                if let answer = answer(to: request) { batch.add(answer) } else { batch.skipOne() }
            }
            return batch.finish()
        }
    }

    private static func answer(to request: Result<RequestEnvelope, RejectedRequest>) -> [UInt8]? {
        var writer = JSONWriter()
        switch request {
        case .success(let request):
            guard let reply = request.reply else { return nil }
            writer.answer(reply) { $0.null() }
        case .failure(let rejected):
            guard let reply = rejected.reply else { return nil }
            writer.answer(reply, error: rejected.error)
        }
        return writer.bytes
    }

    // MARK: - By the specification

    private static func expectedAnswers(
        to input: UnsafeRawBufferPointer
    ) throws -> (isBatch: Bool, answers: [Answer]) {
        var tape = JSONTape()
        return try tape.withResult(of: input) { result throws in
            guard case .success(let root) = result else { return (false, [refusal(RPCError.ReservedCode.parseError)]) }
            guard root.kind == .array else {
                return (false, expectedAnswer(to: root, isInBatch: false).map { [$0] } ?? [])
            }
            guard (1...batchRequestsMax).contains(root.count) else {
                return (false, [refusal(RPCError.ReservedCode.invalidRequest)])
            }
            return (true, root.elements.compactMap { expectedAnswer(to: $0, isInBatch: true) })
        }
    }

    private static func refusal(_ code: Int, dialect: RequestDialect = .jsonRPC, id: JSONNode = .null) -> Answer {
        Answer(dialect: dialect, id: id, code: code)
    }

    /// Nil for a notification.
    private static func expectedAnswer(to request: JSONView, isInBatch: Bool) -> Answer? {
        guard request.kind == .object else { return refusal(RPCError.ReservedCode.invalidRequest) }
        let dialect: RequestDialect = request["jsonrpc"] == nil && !isInBatch ? .netcat : .jsonRPC
        let isIDLegal = request["id"].map { [.string, .number, .null].contains($0.kind) } ?? true
        let id = request["id"].map { JSONNode($0) } ?? .null
        guard isIDLegal, isRequest(request, of: dialect) else {
            return refusal(RPCError.ReservedCode.invalidRequest, dialect: dialect, id: isIDLegal ? id : .null)
        }
        if dialect == .jsonRPC && request["id"] == nil { return nil }
        let deadline = request["deadline_ms"].map { $0.integer ?? 0 } ?? 1
        let areExtensionsLegal = (1...86_400_000).contains(deadline) && (request["token"]?.kind ?? .string) == .string
        return Answer(
            dialect: dialect,
            id: id,
            code: areExtensionsLegal ? nil : RPCError.ReservedCode.invalidParams
        )
    }

    private static func isRequest(_ request: JSONView, of dialect: RequestDialect) -> Bool {
        let isDialectKept =
            switch dialect {
            case .jsonRPC: request["jsonrpc"]?.string() == "2.0"
            case .netcat: request.members.allSatisfy { knownMembers.contains($0.key.string() ?? "") }
            }
        return isDialectKept && request["method"]?.kind == .string
            && [.object, .array].contains(request["params"]?.kind ?? .object)
    }

    private static let knownMembers = ["method", "params", "id", "deadline_ms", "token"]
}
