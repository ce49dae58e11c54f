# SPDX-License-Identifier: Apache-2.0
"""Damage to a data directory, planted where one wants it: what tests of `paddock check` need of the file formats.

Every function takes the data directory. Records are (offset, end, zxid), as they stand in a log.
"""
import struct
import zlib
from pathlib import Path

HEADER = 16


def version_2(data_dir):
    return Path(data_dir) / "version-2"


def by_zxid(data_dir, prefix):
    return sorted((path for path in version_2(data_dir).iterdir() if path.name.startswith(prefix + ".")),
                  key=lambda path: int(path.name.split(".")[1], 16))


def logs(data_dir):
    return by_zxid(data_dir, "log")


def snapshots(data_dir):
    return by_zxid(data_dir, "snapshot")


def zxid_of(path):
    return int(path.name.split(".")[1], 16)


def records(path):
    """The records up to the first that is not whole; checksums are not looked at."""
    data, at, out = path.read_bytes(), HEADER, []
    while at + 12 <= len(data):
        size = struct.unpack_from(">i", data, at + 8)[0]
        end = at + 13 + size
        if size <= 0 or data[end - 1:end] != b"B":
            break
        out.append((at, end, struct.unpack_from(">q", data, at + 24)[0]))
        at = end
    return out


def patch(path, offset, new):
    data = bytearray(path.read_bytes())
    data[offset:offset + len(new)] = new
    path.write_bytes(data)


def flip(path, offset):
    patch(path, offset, bytes([path.read_bytes()[offset] ^ 1]))


def cut(path, size):
    path.write_bytes(path.read_bytes()[:size])


def cut_room(path):
    """Take the zeros behind the last record away."""
    cut(path, records(path)[-1][1])


def seal(path, record):
    """Give a record the checksum of the bytes that it has now."""
    at, end, _ = record
    patch(path, at, struct.pack(">q", zlib.adler32(path.read_bytes()[at + 12:end - 1])))


def seal_snapshot(path):
    """The same for the seals of a plain snapshot with digest and last zxid."""
    data = bytearray(path.read_bytes())
    for back in (67, 34, 13):
        struct.pack_into(">q", data, len(data) - back, zlib.adler32(bytes(data[:len(data) - back])))
    path.write_bytes(data)
