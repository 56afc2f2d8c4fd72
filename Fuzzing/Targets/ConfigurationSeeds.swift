/// Configuration files from which fuzzing begins.
package enum ConfigurationSeeds {
    /// A replica's and a chain's, with every key but one; the replica's names a chain in `genesis.json` and a key in `key`.
    package static let all = [
        """
        {"genesis": "genesis.json", "identity": "key", "directory": "log", "listen": "127.0.0.1:4000",
         "peers": [{"key": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "address": "[::1]:4001"}],
         "pacemaker": {"kind": "every", "interval": "50ms"}, "viewDuration": {"base": "1s", "ceiling": "60s"},
         "speculation": {"bufferDepth": 3}, "window": 64, "decidedQueue": "256 MiB", "commandQueue": "64 MiB",
         "space": {"reserve": "128 MiB", "patience": "10min"},
         "eventBuffer": 1024, "verifierThreads": 2, "emulatedDelay": "1.5ms", "application": {"name": "value"}}
        """,
        """
        {"chainName": "fuzz", "validators": [
          {"key": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "power": 1},
          {"key": "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "power": 1000}],
         "commitChainLength": 3, "viewLimit": 8, "maxWindow": 64, "maxWindowSize": "64 MiB", "payloadLimit": "1 MiB",
         "rotation": "round-robin", "applicationData": "yv4="}
        """,
    ]
}
