import LineJSON
import NIOCore

/// Writes the requests of a measurement; everything but their ids is made beforehand.
struct BenchWorkload: Sendable {
    private static let idCharacters = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ".utf8)
    private static let idLength = 26

    /// Calls in each request.
    let callsPerRequest: Int
    private let isBatch: Bool
    private let usesIDs: Bool
    /// The parameters up to where the ids begin, for every workspace.
    private let heads: [[UInt8]]
    private let methodText: [UInt8]
    private let callText: [UInt8]

    init(orgs: Int, workspaces: Int, batch: Int, usesIDs: Bool) {
        isBatch = batch > 0
        callsPerRequest = max(1, batch)
        self.usesIDs = usesIDs
        methodText = Array(#","method":"\#(batch > 0 ? "usage.record_batch" : "usage.record")","params":{"#.utf8)
        callText = Array(#""verb":"GET","resource":"/v60.0/query","status":200"#.utf8)
        heads = (1...orgs).flatMap { org in
            (1...workspaces).map { workspace in
                Array(#""org":"bench-\#(org)","workspace":"workspace-\#(workspace)","purpose":"inbox""#.utf8)
            }
        }
    }

    /// Appends request `id` with its line end.
    func write(_ id: Int64, to buffer: inout ByteBuffer, using random: inout some RandomNumberGenerator) {
        buffer.writeStaticString(#"{"jsonrpc":"2.0","id":"#)
        buffer.writeString(String(id))
        buffer.writeBytes(methodText)
        buffer.writeBytes(heads[Int(id) % heads.count])
        if isBatch {
            writeCalls(to: &buffer, &random)
        } else {
            buffer.writeStaticString(",")
            buffer.writeBytes(callText)
            if usesIDs { writeID(to: &buffer, &random) }
        }
        buffer.writeStaticString("}}\n")
    }

    private func writeCalls(to buffer: inout ByteBuffer, _ random: inout some RandomNumberGenerator) {
        buffer.writeStaticString(#","calls":["#)
        for index in 0..<callsPerRequest {
            if index > 0 { buffer.writeStaticString(",") }
            buffer.writeStaticString("{")
            buffer.writeBytes(callText)
            if usesIDs { writeID(to: &buffer, &random) }
            buffer.writeStaticString("}")
        }
        buffer.writeStaticString("]")
    }

    private func writeID(to buffer: inout ByteBuffer, _ random: inout some RandomNumberGenerator) {
        buffer.writeStaticString(#","id":""#)
        // 26 characters of 5 bits: 13 from each word.
        for _ in 0..<2 {
            var word = random.next()
            for _ in 0..<(BenchWorkload.idLength / 2) {
                buffer.writeInteger(BenchWorkload.idCharacters[Int(word & 31)])
                word >>= 5
            }
        }
        buffer.writeStaticString("\"")
    }

    /// Whether an answer says that all calls of its request were recorded, and where.
    func accepts(_ result: JSONView) -> Bool {
        guard let position = result.integer("position"), position > 0 else { return false }
        return !isBatch || result.count("recorded") + result.count("duplicates") == Int64(callsPerRequest)
    }
}
