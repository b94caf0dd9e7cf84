import EventSourcing

/// What an event can be picked by, read from the text that follows its time in the line:
/// `,"type":"api.called","org":"acme","workspace":"support",`, where events of an org have no workspace.
struct EventNames {
    let labels: [BlockLabel]

    /// Reads the line whose time ends at `start`. Nil when the names do not stand there as every event line has them, or
    /// one of them is written with an escape: then it takes a JSON reader to tell what it is.
    init?(in lines: UnsafeRawBufferPointer, at start: Int) {
        var cursor = start
        guard let type = lines.name(.type, behind: "\",\"type\":\"", &cursor),
            let org = lines.name(.org, behind: "\",\"org\":\"", &cursor)
        else { return nil }
        guard lines.skip(EventNames.beforeWorkspace, at: cursor) != nil else {
            labels = [type, org]
            return
        }
        guard let workspace = lines.name(.workspace, behind: EventNames.beforeWorkspace, &cursor) else { return nil }
        labels = [type, org, workspace]
    }

    private static let beforeWorkspace: StaticString = "\",\"workspace\":\""
}

extension BlockLabels {
    /// Exactly those of these lines; `.anything` where one of them cannot be told.
    init(ofLines lines: [UInt8]) {
        self = lines.withUnsafeBytes { bytes in
            var labels = BlockLabels.none
            var start = 0
            while start < bytes.count {
                guard let line = EventLine(in: bytes, at: start),
                    let names = EventNames(in: bytes, at: line.timeStart + Timestamp.textLength)
                else { return .anything }
                for label in names.labels { labels.insert(label) }
                start = line.end
            }
            return labels
        }
    }
}

extension UnsafeRawBufferPointer {
    /// The label of the name between `opening` and the quote that ends it, which `cursor` is moved to.
    fileprivate func name(_ kind: BlockLabel.Kind, behind opening: StaticString, _ cursor: inout Int) -> BlockLabel? {
        guard let start = skip(opening, at: cursor),
            let end = self[start...].firstIndex(where: { $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "\\") }),
            self[end] == UInt8(ascii: "\"")
        else { return nil }
        cursor = end
        return BlockLabel(kind, UnsafeRawBufferPointer(rebasing: self[start..<end]))
    }
}
