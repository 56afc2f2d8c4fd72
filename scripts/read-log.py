#!/usr/bin/env python3
"""Reads a replica's log with nothing but Python's lmdb module and what Documentation/LogFormat.md says.

Walks from height 0 to the tip: height -> hash -> block, recomputes every checksum, block hash and payload digest, and
prints what it found as one line of JSON; anything that does not fit is an error on standard error and exit code 1.

    pip install lmdb
    scripts/read-log.py DIRECTORY      the replica's, in which `log` is
"""
import hashlib
import json
import struct
import sys

import lmdb

TABLES = {"blocks": 1, "committed": 2, "record": 4, "epochs": 5, "meta": 6, "times": 7}
PIECE = 65536


def sha256(*parts):
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part)
    return digest.digest()


def content(table, key, record):
    """What is behind a record's frame, and what follows that: a block's payload, else nothing."""
    version, number, zero, length = struct.unpack_from("<BBHI", record)
    if (version, number, zero) != (1, TABLES[table], 0):
        raise ValueError(f"{table} {key.hex()}: not a record of this table")
    body = record[16 : 16 + length]
    if sha256(key, record[:8], body)[:8] != record[8:16]:
        raise ValueError(f"{table} {key.hex()}: the checksum is wrong")
    return body, record[16 + length :]


def payload_digest(payload):
    """The root of the Merkle tree over pieces of 64 KiB."""
    level = [sha256(b"\0", payload[at : at + PIECE]) for at in range(0, max(len(payload), 1), PIECE)]
    while len(level) > 1:
        pairs = [sha256(b"\1", *level[at : at + 2]) for at in range(0, len(level) - 1, 2)]
        level = pairs + level[len(level) & ~1 :]
    return level[0]


class Header:
    """A block header (Documentation/WireFormat.md, section 3), as far as the log's links need it."""

    def __init__(self, data):
        self.data, self.at = data, 0
        self.chain = self.take(32)
        self.epoch, self.view, self.height, self.index = self.number("<QQQQ")
        self.parent = self.take(32)
        self.certificate()
        if self.number("<B")[0]:
            self.entry()
        if self.number("<B")[0]:
            self.take(40)
        self.payload_digest = self.take(32)
        (self.payload_length,) = self.number("<Q")

    def take(self, count):
        self.at += count
        return self.data[self.at - count : self.at]

    def number(self, layout):
        return struct.unpack(layout, self.take(struct.calcsize(layout)))

    def certificate(self):
        self.take(64)
        (count,) = self.number("<I")
        self.take(66 * count)

    def entry(self):
        (kind,) = self.number("<B")
        if kind == 1:
            self.take(16)
            (count,) = self.number("<I")
            self.take(82 * count)
        self.certificate()


def check(condition, text):
    if not condition:
        raise ValueError(text)


def read(directory):
    environment = lmdb.open(f"{directory}/log", readonly=True, max_dbs=8)
    names = [*TABLES, "hashes"]
    tables = {name: environment.open_db(name.encode(), create=False) for name in names}
    with environment.begin() as transaction:

        def get(table, key):
            record = transaction.get(key, db=tables[table])
            check(record is not None, f"{table} {key.hex()}: there is no such entry")
            return content(table, key, record)

        def meta(name):
            return get("meta", name.encode())[0]

        check(struct.unpack("<I", meta("format"))[0] == 1, "another format")
        chain = meta("chain")
        check(sha256(meta("genesis")) == chain, "the chain's ID is not the hash of the genesis configuration")
        first = max(1, struct.unpack("<Q", meta("pruned-below"))[0])
        places = []
        for key, record in transaction.cursor(db=tables["committed"]):
            places.append((struct.unpack(">Q", key)[0], content("committed", key, record)[0]))
        tip, payloads = places[-1], 0
        seal = meta("seal")
        check((struct.unpack("<Q", seal[8:16])[0], seal[16:48]) == tip, "the tip is not the seal's")
        check(struct.unpack("<Q", seal[:8])[0] == transaction.id(), "the seal is not this transaction's")
        below = None
        for height, block in places:
            if height >= first:
                header, payload = get("blocks", struct.pack(">Q", height) + block)
                check(sha256(b"hotstuff/block/1", header) == block, f"height {height}: the hash is not the header's")
                fields = Header(header)
                check((fields.chain, fields.height) == (chain, height), f"height {height}: another block's header")
                check(below is None or fields.parent == below, f"height {height}: not on the block below")
                check(len(payload) == fields.payload_length, f"height {height}: the payload's length")
                check(payload_digest(payload) == fields.payload_digest, f"height {height}: the payload's digest")
                found = transaction.get(block, db=tables["hashes"])
                check(found == struct.pack(">Q", height), f"height {height}: not found by its hash")
                payloads += len(payload)
            below = block
        blocks = sum(1 for height, _ in places if height >= first)
        get("record", b"voting")
        return {"chain": chain.hex(), "first": first, "tip": tip[0], "hash": tip[1].hex(), "blocks": blocks,
                "payload_bytes": payloads}


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    try:
        print(json.dumps(read(sys.argv[1])))
    except (ValueError, lmdb.Error) as error:
        sys.exit(f"{sys.argv[1]}: {error}")
