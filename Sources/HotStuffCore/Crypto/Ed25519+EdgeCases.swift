extension Ed25519 {
    /// A signature on which verifiers of Ed25519 are known to differ, or one that tells right from wrong.
    struct EdgeCase: Sendable {
        let name: String
        /// Hexadecimal, as all the bytes here.
        let key: String
        let message: String
        let signature: String
        let isAccepted: Bool
    }

    /// The table that makes which signatures count a part of the protocol (`Vectors/ed25519.txt`).
    static let edgeCases: [EdgeCase] = [
        EdgeCase(
            name: "RFC 8032, 7.1, test 1: no message",
            key: "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
            message: "",
            signature: "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
                + "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
            isAccepted: true),
        EdgeCase(
            name: "RFC 8032, 7.1, test 2: one byte",
            key: "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
            message: "72",
            signature: "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
                + "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
            isAccepted: true),
        EdgeCase(
            name: "another message",
            key: "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
            message: "73",
            signature: "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
                + "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
            isAccepted: false),
        EdgeCase(
            name: "plain",
            key: "341f261260b767055fae398c14b44bee29c0b34c9b118b433343dfc3329ce05f",
            message: "686f7473747566662065646765206361736573",
            signature: "44bae90be750c60bb2604ba79d80a8d8caf56b247baa15ca1efa463bb8c320b9"
                + "c62b91c3b945d395b7cb675e6d529f5180723a5c699c8edff64aae2472d71c0a",
            isAccepted: true),
        EdgeCase(
            name: "S + L: not canonical",
            key: "341f261260b767055fae398c14b44bee29c0b34c9b118b433343dfc3329ce05f",
            message: "686f7473747566662065646765206361736573",
            signature: "44bae90be750c60bb2604ba79d80a8d8caf56b247baa15ca1efa463bb8c320b9"
                + "b3ff8620d4a8e5ed8d685f014c4c7e6680723a5c699c8edff64aae2472d71c1a",
            isAccepted: false),
        EdgeCase(
            name: "S + 15 L: the highest that fits",
            key: "341f261260b767055fae398c14b44bee29c0b34c9b118b433343dfc3329ce05f",
            message: "686f7473747566662065646765206361736573",
            signature: "44bae90be750c60bb2604ba79d80a8d8caf56b247baa15ca1efa463bb8c320b9"
                + "a996f8354514e7be46fce9ea78f6af8a81723a5c699c8edff64aae2472d71cfa",
            isAccepted: false),
        EdgeCase(
            name: "S with its highest bit set",
            key: "341f261260b767055fae398c14b44bee29c0b34c9b118b433343dfc3329ce05f",
            message: "686f7473747566662065646765206361736573",
            signature: "44bae90be750c60bb2604ba79d80a8d8caf56b247baa15ca1efa463bb8c320b9"
                + "c62b91c3b945d395b7cb675e6d529f5180723a5c699c8edff64aae2472d71c8a",
            isAccepted: false),
        EdgeCase(
            name: "all zeros",
            key: "341f261260b767055fae398c14b44bee29c0b34c9b118b433343dfc3329ce05f",
            message: "686f7473747566662065646765206361736573",
            signature: "0000000000000000000000000000000000000000000000000000000000000000"
                + "0000000000000000000000000000000000000000000000000000000000000000",
            isAccepted: false),
        EdgeCase(
            name: "A of order 1, the equation holds",
            key: "0100000000000000000000000000000000000000000000000000000000000000",
            message: "686f7473747566662065646765206361736573",
            signature: "81a83f28065a8926d8ad6114813159e990baba2978f30b128c7b2a5d8d5565da"
                + "0867cd6dfcd15acfc90c814aa252d90cb513a11cca939e4ecbf40b1f57899805",
            isAccepted: false),
        EdgeCase(
            name: "A of order 2, the equation holds",
            key: "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
            message: "686f7473747566662065646765206361736573",
            signature: "aa46c4d7cc203d1362636e6f0b96d1756a460e5fc6d1e19aa7ba010ffae38161"
                + "5cdbf4a3f091d6ab15f3b712918e498e2cc8130f266941ef5325a91cd31e3e0c",
            isAccepted: false),
        EdgeCase(
            name: "A of order 4, the equation holds",
            key: "0000000000000000000000000000000000000000000000000000000000000080",
            message: "686f7473747566662065646765206361736573",
            signature: "aad7228349825b41aba6ec7378d9366cb3626618c927b97004666fbab94c0f9c"
                + "8cdd6046a8dc306812b24564321a58262be8c151020fc49a70493cc7df7eec03",
            isAccepted: false),
        EdgeCase(
            name: "A of order 8, the equation holds",
            key: "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
            message: "686f7473747566662065646765206361736573",
            signature: "8ddc91639836b9634c45756efcd03aa2202ca88879bcb691a3c72437e0971a99"
                + "785ec615857d42d2c8acf331051f00b8b0bbaaabe4f0159f9210a0cabef14508",
            isAccepted: false),
        EdgeCase(
            name: "A the other of order 8, the equation holds",
            key: "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
            message: "686f7473747566662065646765206361736573",
            signature: "87490126be1f42e771ad19826af195130c64f67e8473737905aac9e7486ce3ff"
                + "a0eb44e6eb4d82dad2986f37c026566f6726329a7ae324aadaf14a9c70e7e306",
            isAccepted: false),
        EdgeCase(
            name: "A of order 1 written as p + 1, the equation holds",
            key: "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
            message: "686f7473747566662065646765206361736573",
            signature: "43659ec1d4e2b632a3820ffb76d771f9cbc59a760e798587dc45865c9548f76c"
                + "d59c7f5bdf82e6188dccd63a82f6981ae269d6588fe2a7afcf0d5dbf5d12b30d",
            isAccepted: false),
        EdgeCase(
            name: "A of order 4 written as p, the equation holds",
            key: "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
            message: "686f7473747566662065646765206361736573",
            signature: "c359f506ef3befe0f5f633471ad21a46171c8b9a945f31511e2fd29606fa84f0"
                + "4247205f0e0a608af50855f19b7a06b9abb9a7d6d70d97dd3910bc8244192b06",
            isAccepted: false),
        EdgeCase(
            name: "A of order 1 with the sign of minus zero, the equation holds",
            key: "0100000000000000000000000000000000000000000000000000000000000080",
            message: "686f7473747566662065646765206361736573",
            signature: "0029ef52014240f52665554d4ae420e25243cf36a76a4cc4086f1749ad5bfde2"
                + "81bb1e695eff2910587c38f3f1dca2e963f105819ef1f4f372db69a02772d10e",
            isAccepted: false),
        EdgeCase(
            name: "A of order 2 with the sign of minus zero, the equation holds",
            key: "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
            message: "686f7473747566662065646765206361736573",
            signature: "ded1ce0a1b1c7dc43a066daac48cc059811bbd82f425d7d643c1a2d2fdf5087f"
                + "e739384496e5a683b7051470fc4f1128315febf5e68db4568c9807e035208204",
            isAccepted: false),
        EdgeCase(
            name: "R of order 1, the equation holds",
            key: "341f261260b767055fae398c14b44bee29c0b34c9b118b433343dfc3329ce05f",
            message: "686f7473747566662065646765206361736573",
            signature: "0100000000000000000000000000000000000000000000000000000000000000"
                + "b1eadc847beb6e7559c8f031719cb55f21d038c94f3c79d8727eeb1d4f8e6b01",
            isAccepted: false),
        EdgeCase(
            name: "R of order 1 written as p + 1",
            key: "341f261260b767055fae398c14b44bee29c0b34c9b118b433343dfc3329ce05f",
            message: "686f7473747566662065646765206361736573",
            signature: "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"
                + "aed523cf398bd4b44b6df10361c01e86eaa0ffffe0e25df6d915fa8c2cfb5301",
            isAccepted: false),
        EdgeCase(
            name: "R of order 1 with the sign of minus zero",
            key: "341f261260b767055fae398c14b44bee29c0b34c9b118b433343dfc3329ce05f",
            message: "686f7473747566662065646765206361736573",
            signature: "0100000000000000000000000000000000000000000000000000000000000080"
                + "bc86b69ea68059db711e762c1ca91a67941e9daea34fb363d0820bcd8580d00a",
            isAccepted: false),
        EdgeCase(
            name: "A of mixed order, R of order 8, the equation holds",
            key: "c4c67f796ad792e441e539f9f7c3b59b22e28734b7a17b87180d94073241dc33",
            message: "686f74737475666620656467652063617365730100",
            signature: "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"
                + "d985c514a10eb8234926fb1bd48cbf2d10b93bf4e9526b35aeb3287de38ba501",
            isAccepted: false),
        EdgeCase(
            name: "A of mixed order, R of the prime order, the equation holds",
            key: "c4c67f796ad792e441e539f9f7c3b59b22e28734b7a17b87180d94073241dc33",
            message: "686f7473747566662065646765206361736573",
            signature: "62a20acc69277eeca57584149667eb37cc58bda734193352872f6b3645d8eeb9"
                + "92468bc437d4471db3ffc20476df9d77a5042bc9ad3493d28380c44075271603",
            isAccepted: true),
        EdgeCase(
            name: "A and R of mixed order, the equation holds",
            key: "c4c67f796ad792e441e539f9f7c3b59b22e28734b7a17b87180d94073241dc33",
            message: "686f7473747566662065646765206361736573",
            signature: "ee26a4a35e557ef608bee52b5c2a70bf293d8ee72065b94adbd5c796900f6cdc"
                + "77cd7f66630e2b58f697f5dae9ecaa3800e99e6b4a6d988aa24e3bb81fe78002",
            isAccepted: true),
        EdgeCase(
            name: "A of mixed order, the equation holds only times the cofactor",
            key: "c4c67f796ad792e441e539f9f7c3b59b22e28734b7a17b87180d94073241dc33",
            message: "686f7473747566662065646765206361736573",
            signature: "8ab73206cd91977f2af38657fd7bc55b7c230dd1eec5b08f10e5bc7af4b8ff31"
                + "133684b5245523ea9353f0f4dfb81259030080edbc5cb7960048ed7afc002300",
            isAccepted: false),
        EdgeCase(
            name: "R of mixed order, the equation holds only times the cofactor",
            key: "341f261260b767055fae398c14b44bee29c0b34c9b118b433343dfc3329ce05f",
            message: "686f7473747566662065646765206361736573",
            signature: "48729ad2fc3e8e12610b7663aeefc6d8a9f9f21bfccce4c3e8e51953a72a7e8d"
                + "ec96095e7bd4604fb6a180e0fc705a31d234bb6b601161d0cdaf447b6d529d00",
            isAccepted: false),
        EdgeCase(
            name: "A not on the curve",
            key: "0200000000000000000000000000000000000000000000000000000000000000",
            message: "686f7473747566662065646765206361736573",
            signature: "44bae90be750c60bb2604ba79d80a8d8caf56b247baa15ca1efa463bb8c320b9"
                + "0100000000000000000000000000000000000000000000000000000000000000",
            isAccepted: false),
        EdgeCase(
            name: "R not on the curve",
            key: "341f261260b767055fae398c14b44bee29c0b34c9b118b433343dfc3329ce05f",
            message: "686f7473747566662065646765206361736573",
            signature: "0200000000000000000000000000000000000000000000000000000000000000"
                + "ec96095e7bd4604fb6a180e0fc705a31d234bb6b601161d0cdaf447b6d529d00",
            isAccepted: false),
        EdgeCase(
            name: "A on the curve, written as p + 3",
            key: "f0ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
            message: "686f7473747566662065646765206361736573",
            signature: "44bae90be750c60bb2604ba79d80a8d8caf56b247baa15ca1efa463bb8c320b9"
                + "0100000000000000000000000000000000000000000000000000000000000000",
            isAccepted: false),
        EdgeCase(
            name: "A of 32 zero bytes",
            key: "0000000000000000000000000000000000000000000000000000000000000000",
            message: "686f7473747566662065646765206361736573",
            signature: "0000000000000000000000000000000000000000000000000000000000000000"
                + "0000000000000000000000000000000000000000000000000000000000000000",
            isAccepted: false),
    ]
}
