import Foundation

/// Memory that was freed and that the allocator holds for what may come.
package enum FreedMemory {
    /// Free memory that each of the allocator's arenas holds back at its end, in bytes. Two pages of events on their way
    /// to a reader take up to 6 MB, as rows and as what is sent.
    private static let heldBytesMax: CInt = 6 << 20
    /// A larger piece of memory comes from the system and goes back to it when it is freed, in bytes: the most that can be
    /// set.
    private static let heapPieceBytesMax: CInt = 32 << 20

    /// Has the allocator hold back what is freed and soon wanted again, in all of the process. False where it cannot be told.
    ///
    /// By itself glibc holds twice the largest piece that came from the system and was freed, which in a server that reads
    /// is a page: 2 to 4 MB. Little more was in use, and so each page of a stream gave its memory back and touched it anew: a
    /// quarter of the reading threads' time were page faults, and a reader caught up at half the speed (`perf`; 1.5 instead
    /// of 2.8 million events/s).
    @discardableResult
    package static func holdForReading() -> Bool {
        #if canImport(Glibc)
            // Constants of glibc's malloc.h. To set one of them ends that glibc adapts both.
            let (trimThreshold, mapThreshold): (CInt, CInt) = (-1, -3)
            guard let set = function("mallopt", as: (@convention(c) (CInt, CInt) -> CInt).self) else { return false }
            return set(trimThreshold, heldBytesMax) == 1 && set(mapThreshold, heapPieceBytesMax) == 1
        #else
            return false
        #endif
    }

    /// Gives it back to the system, as far as whole pages are free.
    ///
    /// The state grows piece by piece, each time into a larger place, and what comes next does not fit the one it left: of
    /// 527 MB with ten million ids, 96 went back.
    static func giveBack() {
        #if canImport(Glibc)
            guard let trim = function("malloc_trim", as: (@convention(c) (Int) -> CInt).self) else { return }
            _ = trim(0)
        #endif
    }

    #if canImport(Glibc)
        /// A function that the module of the C library does not declare.
        private static func function<Function>(_ name: String, as type: Function.Type) -> Function? {
            dlsym(nil, name).map { unsafeBitCast($0, to: type) }
        }
    #endif
}
