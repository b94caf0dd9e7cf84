import TestSupport

/// Something that reads bytes from outside, and what must hold of it whatever they are.
///
/// libFuzzer makes up the bytes (`Tools/fuzz`); those that it found worth keeping are checked with all other tests.
struct FuzzTarget: Sendable, CustomStringConvertible {
    /// Also the name of its directory in `Corpus` and of its dictionary.
    let name: String
    /// Throws `BrokenPromise`.
    let check: @Sendable (UnsafeRawBufferPointer) throws -> Void

    var description: String { name }

    static let all = [framing, json, request, csv, eventLogFile, usageReport, state, logLines]
}

/// What does not hold of an input.
struct BrokenPromise: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}

func require(_ condition: Bool, _ promise: @autoclosure () -> String) throws(BrokenPromise) {
    if !condition { throw BrokenPromise("broken: \(promise())") }
}

func requireEqual<Value: Equatable>(
    _ value: Value,
    _ expected: Value,
    _ promise: @autoclosure () -> String
) throws(BrokenPromise) {
    try require(value == expected, "\(promise())\n  it is:     \(value)\n  should be: \(expected)")
}

extension SeededRandom {
    /// What a check draws beside its input follows from the input: the same bytes are checked the same way again.
    init(for input: UnsafeRawBufferPointer) {
        self.init(seed: input.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 })
    }

    /// The bytes cut anywhere, into pieces of 0 to 40.
    mutating func pieces(of bytes: UnsafeRawBufferPointer) -> [UnsafeRawBufferPointer] {
        var pieces: [UnsafeRawBufferPointer] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            let piece = rest.prefix(Int.random(in: 0...40, using: &self))
            pieces.append(UnsafeRawBufferPointer(rebasing: piece))
            rest = rest[piece.endIndex...]
        }
        return pieces
    }
}
