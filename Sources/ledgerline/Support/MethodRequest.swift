import LedgerClient
import LineJSON

/// A method and its parameters.
struct MethodRequest {
    var method: String
    var params: [UInt8]

    init(_ method: String, _ write: (inout JSONWriter) throws -> Void = { _ in }) rethrows {
        self.method = method
        var writer = JSONWriter()
        try writer.object { params in try write(&params) }
        params = writer.take()
    }
}

extension JSONWriter {
    /// Writes a member only when there is a value.
    mutating func member(_ name: StaticString, ifPresent value: (some JSONWritable)?) {
        if let value { member(name, value) }
    }
}

extension Reply {
    /// Writes the result to standard output: as it is for a program, else as `show` does.
    func show(asJSON: Bool, _ show: (JSONView) -> Void) throws {
        if asJSON {
            Terminal.output.write(bytes + [UInt8(ascii: "\n")])
        } else {
            try withValue(show)
        }
    }
}

extension JSONView {
    /// A member's text; empty when it is no string. Safe to print.
    func text(_ name: StaticString) -> String { self[name]?.string()?.printable ?? "" }

    /// A member's integer; nil when it is none.
    func integer(_ name: StaticString) -> Int64? { self[name]?.integer }

    /// A member's integer; 0 when it is none.
    func count(_ name: StaticString) -> Int64 { self[name]?.integer ?? 0 }

    /// The elements of a member that is an array.
    func elements(_ name: StaticString) -> [JSONView] { self[name].map { Array($0.elements) } ?? [] }

    /// The texts of a member that is an array of strings.
    func texts(_ name: StaticString) -> [String] {
        elements(name).compactMap { $0.string()?.printable }
    }
}
