import EventSourcing
import Foundation
import TestSupport

/// A recorded conversation: a file in `Protocol/transcripts/`.
///
///     # a comment
///     @ 2026-11-21T12:00:00.000Z      the server's clock is set
///     > {"method":"server.ping"}      a line is sent
///     < {"id":null,"result":{…}}      and this is the answer, to the byte
///     2> …  2< …                      the same on a second connection
struct Transcript {
    let path: String
    let lines: [String]

    init(path: String) throws {
        self.path = path
        var lines = try String(contentsOfFile: path, encoding: .utf8).components(separatedBy: "\n")
        if lines.last == "" { lines.removeLast() }
        self.lines = lines
    }

    struct Difference: Error, CustomStringConvertible {
        var description: String
    }

    /// Plays it against a server and returns what it then says. Every `<` line is read in its turn.
    func play(port: Int, clock: ManualClock, wake: () -> Void, directory: String) throws -> [String] {
        var sockets: [String: LineSocket] = [:]
        func socket(_ name: Substring) throws -> LineSocket {
            if let open = sockets[String(name)] { return open }
            let opened = try LineSocket(port: port)
            sockets[String(name)] = opened
            return opened
        }
        return try lines.enumerated().map { number, line in
            if line.hasPrefix("@ ") {
                guard let instant = Timestamp(line.dropFirst(2).trimmingCharacters(in: .whitespaces)) else {
                    throw Difference(description: "\(path):\(number + 1): no instant: \(line)")
                }
                clock.now = instant
                wake()
            } else if let (name, text) = Transcript.split(line, at: ">") {
                try socket(name).send(text)
            } else if let (name, _) = Transcript.split(line, at: "<") {
                let answer = try socket(name).readLine() ?? "(closed)"
                return "\(name)< " + answer.replacingOccurrences(of: directory, with: "$DATA")
            }
            return line
        }
    }

    /// `2> text` is ("2", "text"); nil for other lines.
    private static func split(_ line: String, at sign: Character) -> (Substring, String)? {
        let name = line.prefix { $0.isNumber }
        let rest = line.dropFirst(name.count)
        guard rest.first == sign else { return nil }
        return (name, String(rest.dropFirst().drop { $0 == " " }))
    }

    func write(_ lines: [String]) throws {
        try (lines.joined(separator: "\n") + "\n").write(toFile: path, atomically: true, encoding: .utf8)
    }
}
