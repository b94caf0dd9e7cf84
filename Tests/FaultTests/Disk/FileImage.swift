/// The bytes of one file: those that would survive anything, and what was done to them since.
struct FileImage {
    private(set) var synced: [UInt8] = []
    private var unsynced: [Change] = []

    fileprivate enum Change {
        case write([UInt8], at: Int)
        case resize(to: Int)
    }

    init(synced: [UInt8] = []) {
        self.synced = synced
    }

    mutating func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) {
        unsynced.append(.write(Array(bytes), at: offset))
    }

    mutating func resize(to count: Int) {
        unsynced.append(.resize(to: count))
    }

    mutating func sync() {
        for change in unsynced { change.apply(to: &synced) }
        unsynced = []
    }

    /// What a failed sync leaves. The kernel takes what it could not write for written: no later sync tries again.
    mutating func forgetUnsynced() {
        unsynced = []
    }

    /// What power loss leaves.
    func remains(using random: inout some RandomNumberGenerator) -> [UInt8] {
        var bytes = synced
        switch Fate.allCases.randomElement(using: &random)! {
        case .lost: break
        case .kept: for change in unsynced { change.apply(to: &bytes) }
        case .cutShort:
            let end = Int.random(in: 0...unsynced.count, using: &random)
            for change in unsynced[..<end] { change.apply(to: &bytes) }
            if end < unsynced.count { unsynced[end].applySectors(to: &bytes, using: &random) }
        case .scattered:
            for change in unsynced {
                switch Int.random(in: 0..<3, using: &random) {
                case 0: break
                case 1: change.apply(to: &bytes)
                default: change.applySectors(to: &bytes, using: &random)
                }
            }
        }
        return bytes
    }

    /// What becomes of the changes that were not synced.
    private enum Fate: CaseIterable {
        case lost
        case kept
        /// Those up to one of them arrived, and a part of that one.
        case cutShort
        /// Each arrived, or did not, or in part, whatever became of the ones before.
        case scattered
    }
}

/// What a disk writes as a whole or not at all, in bytes.
private let sectorSize = 512

extension FileImage.Change {
    fileprivate func apply(to bytes: inout [UInt8]) {
        switch self {
        case .write(let written, let offset): bytes.place(written[...], at: offset)
        case .resize(let count): bytes.resize(to: count)
        }
    }

    /// Some of its sectors. A new length comes or does not.
    fileprivate func applySectors(to bytes: inout [UInt8], using random: inout some RandomNumberGenerator) {
        guard case .write(let written, let offset) = self else {
            if Bool.random(using: &random) { apply(to: &bytes) }
            return
        }
        var start = 0
        while start < written.count {
            let end = min(start + sectorSize - (offset + start) % sectorSize, written.count)
            if Bool.random(using: &random) { bytes.place(written[start..<end], at: offset + start) }
            start = end
        }
    }
}

extension [UInt8] {
    fileprivate mutating func resize(to count: Int) {
        if count < self.count { removeLast(self.count - count) }
        if count > self.count { self += [UInt8](repeating: 0, count: count - self.count) }
    }

    fileprivate mutating func place(_ written: ArraySlice<UInt8>, at offset: Int) {
        if count < offset + written.count { resize(to: offset + written.count) }
        withUnsafeMutableBytes { bytes in
            written.withUnsafeBytes { UnsafeMutableRawBufferPointer(rebasing: bytes[offset...]).copyMemory(from: $0) }
        }
    }
}
