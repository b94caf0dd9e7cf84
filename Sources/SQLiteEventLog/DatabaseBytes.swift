import Foundation
import GRDB

/// Bytes in and out of SQLite with one copy on the way out and none on the way in.
extension Row {
    /// The value of a column; nil when it is NULL or of another type, which only a damaged file can have. Subscripts trap.
    func valid<Value: DatabaseValueConvertible & StatementColumnConvertible>(at index: Int) -> Value? {
        try? decode(Value.self, atIndex: index)
    }

    /// The blob of a column, or nil when it is NULL.
    func bytes(at column: Int) throws -> [UInt8]? {
        try withUnsafeData(atIndex: column) { $0.map { [UInt8]($0) } }
    }
}

extension [UInt8] {
    /// Calls `body` with a view of the bytes that copies nothing. The view must not be used after `body` returns:
    /// GRDB's `execute(arguments:)` binds it as SQLITE_STATIC and unbinds it before it returns.
    func withDataView<Result>(_ body: (Data) throws -> Result) rethrows -> Result {
        try withUnsafeBytes { bytes in
            guard let start = bytes.baseAddress else { return try body(Data()) }
            let view = Data(
                bytesNoCopy: UnsafeMutableRawPointer(mutating: start),
                count: bytes.count,
                deallocator: .none
            )
            return try body(view)
        }
    }
}
