import LineJSON

/// Parses with a tape of its own, for tests that need no reuse.
func parsed<R>(_ text: String, depthLimit: Int = 64, _ body: (JSONView) throws -> R) throws -> R {
    try parsed(Array(text.utf8), depthLimit: depthLimit, body)
}

func parsed<R>(_ bytes: [UInt8], depthLimit: Int = 64, _ body: (JSONView) throws -> R) throws -> R {
    var tape = JSONTape(depthLimit: depthLimit)
    return try tape.withParsed(bytes, body)
}
