import LineJSON
import SQLiteEventLog

/// What calls are told apart by besides the hour, as the bytes of one key: the texts, each with an end mark behind it,
/// and the status.
enum UsageKey {
    /// Occurs in no UTF-8 text.
    private static let endMark: UInt8 = 0xFF
    /// Org, workspace, integration, purpose, verb and resource.
    private static let texts = 6

    /// Lends the key of a call, which is made on the stack.
    @inline(__always)
    static func with<R>(_ call: LoggedCall, _ body: (UnsafeRawBufferPointer) -> R) -> R {
        // A resource's class may be a little longer than its path.
        let textsMax =
            call.org.countMax + call.workspace.countMax + call.integration.countMax + call.purpose.countMax
            + call.verb.countMax + ResourceClass.countMax(ofPath: call.resource.countMax)
        let countMax = textsMax + texts + MemoryLayout<Int64>.size
        return withUnsafeTemporaryAllocation(byteCount: countMax, alignment: 1) { memory in
            let key = memory.baseAddress.unsafelyUnwrapped
            var end = store(call.org, to: key, at: 0)
            end = store(call.workspace, to: key, at: end)
            end = store(call.integration, to: key, at: end)
            end = store(call.purpose, to: key, at: end)
            end = store(call.verb, to: key, at: end)
            end = storeEndMark(to: key, at: call.resource.withText { ResourceClass.store($0, to: key, at: end) })
            key.storeBytes(of: call.status, toByteOffset: end, as: Int64.self)
            end += MemoryLayout<Int64>.size
            return body(UnsafeRawBufferPointer(start: key, count: end))
        }
    }

    @inline(__always)
    private static func store(_ text: LineText, to key: UnsafeMutableRawPointer, at offset: Int) -> Int {
        storeEndMark(to: key, at: text.store(to: key, at: offset))
    }

    @inline(__always)
    private static func storeEndMark(to key: UnsafeMutableRawPointer, at offset: Int) -> Int {
        key.storeBytes(of: endMark, toByteOffset: offset, as: UInt8.self)
        return offset + 1
    }
}

extension UsageKey {
    /// The series that a key stands for.
    static func series(_ key: UnsafeRawBufferPointer) -> UsageSeries {
        var reader = Reader(rest: key[...])
        return UsageSeries(
            org: reader.text(),
            workspace: reader.text(),
            integration: reader.text(),
            purpose: reader.text(),
            verb: reader.text(),
            resource: reader.text(),
            status: reader.number()
        )
    }

    private struct Reader {
        var rest: Slice<UnsafeRawBufferPointer>

        mutating func text() -> String {
            let end = rest.firstIndex(of: UsageKey.endMark) ?? rest.endIndex
            defer { rest = rest[(end + 1)...] }
            return String(decoding: rest[..<end], as: UTF8.self)
        }

        func number() -> Int {
            Int(UnsafeRawBufferPointer(rebasing: rest).loadUnaligned(as: Int64.self))
        }
    }
}
