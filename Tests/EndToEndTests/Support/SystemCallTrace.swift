import Foundation

/// The output of `strace -f -yy -o FILE`.
struct SystemCallTrace {
    struct Call {
        var name: Substring
        /// The rest of the line: the arguments and the result, both halves joined when the call was interrupted by others.
        var text: Substring
        /// Lines of the trace in which the call began and ended.
        var entered: Int
        var left: Int

        /// What the first argument stands for, in angle brackets: a path, or the two ends of a connection.
        var file: Substring {
            guard let begin = text.firstIndex(of: "<") else { return "" }
            let connection = text[begin...].hasPrefix("<TCP:[")
            guard let end = text[begin...].firstRange(of: connection ? "]>" : ">") else { return "" }
            return text[begin..<end.upperBound]
        }

        var succeeded: Bool { text.hasSuffix(" = 0") }
        var writes: Bool { ["write", "writev", "sendto", "sendmsg"].contains(name) }

        /// The numbers that stand behind `beginning` anywhere in the arguments.
        func positions(beginning: String) -> [Int] {
            text.ranges(of: beginning).compactMap { Int(text[$0.upperBound...].prefix { $0.isNumber }) }
        }
    }

    /// In the order in which they ended.
    private(set) var calls: [Call] = []

    init(file: String) throws {
        var begun: [Substring: Call] = [:]
        let lines = try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n")
        for (number, line) in lines.enumerated() {
            let process = line.prefix { $0.isNumber }
            let event = line[process.endIndex...].drop { $0 == " " }
            if event.hasPrefix("<... ") {
                guard var call = begun.removeValue(forKey: process) else { continue }
                let rest = event.firstRange(of: " resumed>").map { event[$0.upperBound...] } ?? ""
                (call.text, call.left) = (call.text + rest, number)
                calls.append(call)
            } else if let name = event.firstIndex(of: "(").map({ event[..<$0] }) {
                var call = Call(name: name, text: event[name.endIndex...], entered: number, left: number)
                let interruption = " <unfinished ...>"
                if call.text.hasSuffix(interruption) {
                    call.text = call.text.dropLast(interruption.count)
                    begun[process] = call
                } else {
                    calls.append(call)
                }
            }
        }
    }
}
