import CZlib

/// zlib streams as SQLite's `sqlar` functions read and write them: `compress()` output without any header of our own.
enum Zlib {
    /// Reached at most 40 bytes per event on varied lines; higher levels cost time and win little.
    static let defaultLevel = 6

    /// The compressed bytes, or nil when they would not be shorter than the original: then the original is stored, and
    /// its length says so.
    static func compressed(_ bytes: some RandomAccessCollection<UInt8>, level: Int = defaultLevel) -> [UInt8]? {
        let whole = Array(bytes)
        let bound = compressBound(uLong(whole.count))
        var length = bound
        let output = [UInt8](unsafeUninitializedCapacity: Int(bound)) { buffer, count in
            let status = compress2(buffer.baseAddress, &length, whole, uLong(whole.count), Int32(level))
            count = status == Z_OK ? Int(length) : 0
        }
        return !output.isEmpty && output.count < whole.count ? output : nil
    }

    /// The original `size` bytes, or nil when `stored` does not hold exactly that many. Bytes as long as `size` were
    /// stored as they are.
    static func inflated(_ stored: [UInt8], size: Int) -> [UInt8]? {
        if stored.count == size { return stored }
        // A size is read from the file: one that deflate cannot reach (its best ratio is 1032:1) is damage, not a wish
        // for memory.
        guard size > 0, size / deflateRatioMax <= stored.count else { return nil }
        var length = uLongf(size)
        var status = Z_OK
        let output = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            status = uncompress(buffer.baseAddress, &length, stored, uLong(stored.count))
            count = status == Z_OK ? Int(length) : 0
        }
        return status == Z_OK && output.count == size ? output : nil
    }

    private static let deflateRatioMax = 1_032
}
