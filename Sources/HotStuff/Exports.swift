// Whoever imports HotStuff has the state machine's protocol, payloads and the rest of the vocabulary with it.
@_exported public import HotStuffCore

@_exported public import enum HotStuffStorage.Retention
@_exported public import struct PeerTransport.Endpoint
