// MARK: - mapping.set, mapping.remove

extension CommandSubject {
    func setMapping(_ mapping: Mapping, confirm: Bool) throws(Rejection) -> [QuotaEvent.Body] {
        if let other = otherMapping(to: mapping) {
            throw .salesforceFieldMapped(salesforce: mapping.salesforce, to: other.mapping.key)
        }
        guard !workspace.mappings.contains(where: { $0.mapping == mapping }) else { return [] }
        return try change(.mappingSet(mapping), cause: .mappingChanged, confirm: confirm)
    }

    func removeMapping(_ key: MappingKey, confirm: Bool) throws(Rejection) -> [QuotaEvent.Body] {
        guard workspace.mappingIndex(key) != nil else { throw .unknownMapping(key) }
        return try change(.mappingRemoved(key), cause: .mappingChanged, confirm: confirm)
    }

    /// The mapping of another attribute to the same Salesforce field (R13).
    private func otherMapping(to mapping: Mapping) -> MappingReport? {
        workspace.mappings.first { other in
            other.mapping.key.object == mapping.key.object && other.mapping.salesforce == mapping.salesforce
                && other.mapping.key != mapping.key
        }
    }
}
