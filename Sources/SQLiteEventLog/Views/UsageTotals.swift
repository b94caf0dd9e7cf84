/// Calls rolled up by series and hour, each series named once.
package struct UsageTotals: Sendable {
    package var series: [UsageSeries] = []
    package var hours: [Hour] = []

    /// The calls of one series in one hour. Each such pair occurs once.
    package struct Hour: Sendable {
        /// Index of the series.
        package var series: Int
        /// Whole hours since 1970-01-01T00:00Z of the instants at which the calls were made.
        package var hour: Int64
        /// Calls that count against the allowance.
        package var calls: Int64
        /// Calls that do not.
        package var uncounted: Int64

        package init(series: Int, hour: Int64, calls: Int64, uncounted: Int64) {
            (self.series, self.hour, self.calls, self.uncounted) = (series, hour, calls, uncounted)
        }
    }

    package init() {}
}

extension UsageTotals {
    package init(_ rows: [HourlyUsage]) {
        var numbers: [[UInt8]: Int] = [:]
        for row in rows {
            let key = row.series.bytes
            let number = numbers[key] ?? series.count
            if number == series.count {
                numbers[key] = number
                series.append(row.series)
            }
            hours.append(
                Hour(series: number, hour: row.hour, calls: Int64(row.calls), uncounted: Int64(row.uncounted))
            )
        }
    }

    /// The same with the series in every row.
    package var rows: [HourlyUsage] {
        hours.map { hour in
            HourlyUsage(
                of: series[hour.series],
                hour: hour.hour,
                calls: Int(hour.calls),
                uncounted: Int(hour.uncounted)
            )
        }
    }
}

extension UsageSeries {
    /// What it is told apart by: Strings are also equal when they are only canonically equivalent. No text holds a NUL.
    fileprivate var bytes: [UInt8] {
        let texts = [org, workspace, integration, purpose, verb, resource, String(status)]
        return Array(texts.joined(separator: "\0").utf8)
    }
}

extension HourlyUsage {
    fileprivate init(of series: UsageSeries, hour: Int64, calls: Int, uncounted: Int) {
        self.init(
            org: series.org,
            hour: hour,
            workspace: series.workspace,
            integration: series.integration,
            purpose: series.purpose,
            verb: series.verb,
            resource: series.resource,
            status: series.status,
            calls: calls,
            uncounted: uncounted
        )
    }

    fileprivate var series: UsageSeries {
        UsageSeries(
            org: org,
            workspace: workspace,
            integration: integration,
            purpose: purpose,
            verb: verb,
            resource: resource,
            status: status
        )
    }
}
