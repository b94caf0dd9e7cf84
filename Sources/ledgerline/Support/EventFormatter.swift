import LedgerClient
import LineJSON

/// Shows an event on one line: `17:54:01.123  #42  api.called  00D…/support  inbox 1 GET /v60.0/query 200`.
enum EventFormatter {
    private static let typeColumns = 24
    private static let positionColumns = 9

    static func line(_ event: EventLine, _ style: Style) -> String {
        var tape = JSONTape()
        do {
            return try tape.withParsed(event.bytes) { line($0, style) }
        } catch {
            return String(decoding: event.bytes, as: UTF8.self).printable
        }
    }

    private static func line(_ event: JSONView, _ style: Style) -> String {
        let type = event.text("type")
        let time = String(event.text("time").dropFirst(11).dropLast(1))
        let position = "#\(event.count("position"))"
        let scope = [event.text("org"), event.text("workspace")].filter { !$0.isEmpty }.joined(separator: "/")
        let parts = [
            style(time, .dim), style(position.padded(to: positionColumns), .dim),
            style(type.padded(to: typeColumns), look(ofType: type)), style(scope, .bold), details(event, style),
        ]
        return parts.joined(separator: " ")
    }

    static func look(ofType type: String) -> Style.Look {
        switch type {
        case "tier.changed": .magenta
        case _ where type.hasSuffix(".paused") || type.hasSuffix(".stopped"): .yellow
        case _ where type.hasSuffix(".failed") || type == "sync_error.reported": .red
        case _ where type.hasSuffix(".resumed") || type.hasSuffix(".completed") || type.hasSuffix(".resolved"): .green
        case "api.called": .blue
        default: .cyan
        }
    }

    /// What the event says, in the order of its data; bookkeeping is left out.
    private static func details(_ event: JSONView, _ style: Style) -> String {
        guard let data = event["data"] else { return "" }
        var parts: [String] = []
        for (key, value) in data.members {
            let name = key.string() ?? ""
            guard name != "id", name != "fingerprint" else { continue }
            let text = value.string() ?? String(decoding: value.rawBytes, as: UTF8.self)
            parts.append("\(style("\(name.printable)=", .dim))\(text.printable)")
        }
        return parts.joined(separator: " ")
    }
}
