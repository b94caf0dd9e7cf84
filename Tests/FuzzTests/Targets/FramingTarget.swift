import LineProtocol
import NIOCore
import TestSupport

extension FuzzTarget {
    /// The bytes of a connection give the same lines however they arrive and are asked for, and no more of them is held
    /// than one line.
    static let framing = FuzzTarget(name: "framing") { input in
        var random = SeededRandom(for: input)
        let lineBytesMax = Int.random(in: 1...24, using: &random)
        try requireEqual(
            try framed(input, lineBytesMax: lineBytesMax, &random),
            lines(of: input, lineBytesMax: lineBytesMax),
            "lines of up to \(lineBytesMax) bytes"
        )
    }

    private enum Line: Equatable {
        case line([UInt8])
        case overLong

        init(_ line: FramedLine) {
            switch line {
            case .line(let bytes): self = .line(Array(bytes))
            case .overLong: self = .overLong
            }
        }
    }

    private static func framed(
        _ input: UnsafeRawBufferPointer,
        lineBytesMax: Int,
        _ random: inout SeededRandom
    ) throws -> [Line] {
        var framer = LineFramer(lineBytesMax: lineBytesMax)
        var lines: [Line] = []
        for piece in random.pieces(of: input) {
            var buffer = ByteBuffer(bytes: piece)
            framer.append(&buffer)
            try requireEqual(buffer.readableBytes, 0, "all of the input is taken")
            takeLines(from: &framer, to: &lines, &random)
            try require(framer.heldBytes <= lineBytesMax, "\(framer.heldBytes) bytes are held")
        }
        framer.finish()
        takeLines(from: &framer, to: &lines, &random)
        try requireEqual(framer.heldBytes, 0, "nothing is held at the end")
        return lines
    }

    /// Takes all lines that are complete, in one of three ways.
    private static func takeLines(from framer: inout LineFramer, to lines: inout [Line], _ random: inout SeededRandom) {
        struct Interruption: Error {}
        switch Int.random(in: 0..<3, using: &random) {
        case 0:
            framer.forEachLine { lines.append(Line($0)) }
        case 1:
            while let line = framer.withNextLine({ Line($0) }) { lines.append(line) }
        default:
            // A line for which the closure throws is taken all the same.
            while true {
                let count = lines.count
                try? framer.forEachLine { line in
                    lines.append(Line(line))
                    throw Interruption()
                }
                if lines.count == count { return }
            }
        }
    }

    /// The same, from all bytes at once.
    private static func lines(of input: UnsafeRawBufferPointer, lineBytesMax: Int) -> [Line] {
        input.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).compactMap { bytes in
            if bytes.count > lineBytesMax { return .overLong }
            if bytes.allSatisfy({ " \t\r".utf8.contains($0) }) { return nil }
            return .line(Array(bytes.last == UInt8(ascii: "\r") ? bytes.dropLast() : bytes))
        }
    }
}
