internal import HotStuffCore

extension Genesis {
    /// The bytes whose SHA-256 is the chain's ID (`Documentation/WireFormat.md`), kept in the log so that tools can
    /// check it with nothing else at hand.
    var chainPreimage: [UInt8] {
        var bytes = Array("hotstuff/chain/1".utf8)
        func append(text: String) { bytes += UInt32(text.utf8.count).littleEndianBytes + Array(text.utf8) }
        func append(_ number: Int) { bytes += UInt64(number).littleEndianBytes }
        append(text: chainName)
        bytes += UInt32(validators.count).littleEndianBytes
        for member in validators.members { bytes += member.key.bytes + member.power.littleEndianBytes }
        append(commitChainLength)
        bytes.append(viewLimit == nil ? 0 : 1)
        if let viewLimit { append(viewLimit) }
        append(maxWindow)
        append(maxWindowSize.bytes)
        append(payloadLimit.bytes)
        append(text: rotation.name)
        append(applicationData.count)
        return bytes + Digest(of: applicationData).bytes
    }
}
