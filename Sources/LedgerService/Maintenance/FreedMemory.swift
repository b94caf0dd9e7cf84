import Foundation

/// Memory that was freed and that the allocator holds for what may come.
enum FreedMemory {
    /// Gives it back to the system, as far as whole pages are free.
    ///
    /// The state grows piece by piece, each time into a larger place, and what comes next does not fit the one it left: of
    /// 527 MB with ten million ids, 96 went back.
    static func giveBack() {
        #if canImport(Glibc)
            // The module of the C library does not declare it.
            guard let symbol = dlsym(nil, "malloc_trim") else { return }
            let trim = unsafeBitCast(symbol, to: (@convention(c) (Int) -> CInt).self)
            _ = trim(0)
        #endif
    }
}
