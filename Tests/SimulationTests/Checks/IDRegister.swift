/// An idempotency id: the first one who comes with it wins.
struct IDRegister: SequentialObject {
    private var content: Int?
    /// Nil while nobody was told.
    private var position: Int64?

    enum Operation {
        case win(content: Int, position: Int64)
        case repeated(content: Int, position: Int64)
        /// Refused, for another content was first.
        case lose(content: Int)
        /// Nothing was told.
        case unknown(content: Int)
    }

    func after(_ operation: Operation) -> IDRegister? {
        switch operation {
        case .win(let content, let position):
            return self.content == nil ? IDRegister(content: content, position: position) : nil
        case .repeated(let content, let position):
            guard content == self.content, self.position ?? position == position else { return nil }
            return IDRegister(content: content, position: position)
        case .lose(let content):
            return self.content != nil && self.content != content ? self : nil
        case .unknown(let content):
            return self.content == nil ? IDRegister(content: content) : nil
        }
    }
}
