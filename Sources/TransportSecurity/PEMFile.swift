import Foundation
package import NIOSSL

/// A file in PEM that could not be used. Says which one and why, and nothing of what is in it.
package struct PEMFileError: Error, Hashable, CustomStringConvertible {
    package var path: String
    package var reason: String

    package var description: String { "\(path) \(reason)" }
}

/// What both ends of an encrypted connection read from files.
package enum PEMFile {
    /// All certificates of a file, at least one, in its order.
    package static func certificates(_ path: String) throws(PEMFileError) -> [NIOSSLCertificate] {
        let bytes = try contents(path)
        guard let certificates = try? NIOSSLCertificate.fromPEMBytes(bytes), !certificates.isEmpty else {
            throw PEMFileError(path: path, reason: "holds no certificate in PEM")
        }
        return certificates
    }

    /// The private key of a file.
    package static func privateKey(_ path: String) throws(PEMFileError) -> NIOSSLPrivateKey {
        let bytes = try contents(path)
        guard let key = try? NIOSSLPrivateKey(bytes: bytes, format: .pem) else {
            throw PEMFileError(path: path, reason: "holds no private key in PEM without a passphrase")
        }
        return key
    }

    /// Never empty: the parsers do not expect that.
    private static func contents(_ path: String) throws(PEMFileError) -> [UInt8] {
        guard let file = fopen(path, "r") else {
            throw PEMFileError(path: path, reason: "cannot be read: \(String(cString: strerror(errno)).lowercased())")
        }
        defer { fclose(file) }
        // One more than there may be.
        var bytes = [UInt8](repeating: 0, count: bytesMax + 1)
        let count = fread(&bytes, 1, bytes.count, file)
        guard count > 0 else { throw PEMFileError(path: path, reason: "is empty, or no file") }
        guard count <= bytesMax else { throw PEMFileError(path: path, reason: "is longer than \(bytesMax) bytes") }
        return Array(bytes[..<count])
    }

    /// More than the certificates of all authorities of a system take.
    private static let bytesMax = 4 << 20
}
