#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// The usual answer to `usage.record`, read without parsing JSON:
///
///     {"jsonrpc":"2.0","id":12,"result":{"position":345,"tier":"normal","duplicate":false}}
///
/// Every byte is looked at. Whatever differs, be it a blank or a duplicate, is no usual answer.
struct RecordedAnswer: Hashable {
    var id: Int64
    var position: Int64

    /// nil when the line (without its end) is anything else.
    @inline(__always)
    init?(_ line: UnsafeRawBufferPointer) {
        guard var scanner = Scanner(line), scanner.skip(#"{"jsonrpc":"2.0","id":"#), let id = scanner.natural(),
            scanner.skip(#","result":{"position":"#), let position = scanner.natural(),
            scanner.skip(#","tier":"#), scanner.skipTier(),
            scanner.skip(#","duplicate":false}}"#), scanner.isAtEnd
        else { return nil }
        self.id = id
        self.position = position
    }

    private struct Scanner {
        /// Digits that cannot overflow.
        private static let digitsMax = 18

        private var cursor: UnsafeRawPointer
        private let end: UnsafeRawPointer

        @inline(__always)
        init?(_ line: UnsafeRawBufferPointer) {
            guard let start = line.baseAddress else { return nil }
            cursor = start
            end = start + line.count
        }

        var isAtEnd: Bool { cursor == end }

        @inline(__always)
        mutating func skip(_ text: StaticString) -> Bool {
            let length = text.utf8CodeUnitCount
            guard end - cursor >= length, memcmp(cursor, text.utf8Start, length) == 0 else { return false }
            cursor += length
            return true
        }

        /// A number as JSON writes it: without zeros in front.
        @inline(__always)
        mutating func natural() -> Int64? {
            let start = cursor
            var number: Int64 = 0
            while cursor < end, cursor - start < Scanner.digitsMax {
                let digit = byte &- UInt8(ascii: "0")
                guard digit <= 9 else { break }
                number = number &* 10 &+ Int64(digit)
                cursor += 1
            }
            let length = cursor - start
            guard length > 0, length == 1 || start.load(as: UInt8.self) != UInt8(ascii: "0") else { return nil }
            return number
        }

        /// `"normal"`: lower-case letters and underscores; `null` where the call has no workspace.
        @inline(__always)
        mutating func skipTier() -> Bool {
            guard skip("\"") else { return skip("null") }
            let start = cursor
            while cursor < end, Scanner.isTierCharacter(byte) { cursor += 1 }
            return cursor > start && skip("\"")
        }

        @inline(__always)
        private static func isTierCharacter(_ byte: UInt8) -> Bool {
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || byte == UInt8(ascii: "_")
        }

        @inline(__always)
        private var byte: UInt8 { cursor.load(as: UInt8.self) }
    }
}
