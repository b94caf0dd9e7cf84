extension Range<Int> {
    /// The first index for which `isBefore` is false, or the upper bound; it has to be true up to some index and false
    /// from there on. By halving.
    @inlinable
    package func partitionPoint(_ isBefore: (Int) -> Bool) -> Int {
        var (low, high) = (lowerBound, upperBound)
        while low < high {
            let middle = (low + high) / 2
            if isBefore(middle) { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
