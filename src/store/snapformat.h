// SPDX-License-Identifier: Apache-2.0
//
// Constants of the snapshot format that its writer, its file and its reader share.
// Source: FileSnap, SnapStream, LearnerHandler, SnappyCodec of snappy-java.
#ifndef PADDOCK_STORE_SNAPFORMAT_H
#define PADDOCK_STORE_SNAPFORMAT_H

#include <stdint.h>

enum {
    SNAPFORMAT_MAGIC = 0x5a4b534e, // "ZKSN"
    SNAPFORMAT_VERSION = 2,
    SNAPFORMAT_DIGEST_VERSION = 2,
    SNAPFORMAT_HEADER_BYTES = 16,
    SNAPFORMAT_SEAL_BYTES = 13,   // checksum, then the string "/"
    SNAPFORMAT_DIGEST_BYTES = 20, // zxid, version, digest
    SNAPFORMAT_LAST_ZXID_BYTES = 8,
    SNAPFORMAT_SIGNATURE_BYTES = 14,
    // xerial framing of snappy: magic, version and compatible version, then blocks with a length.
    SNAPFORMAT_SNAPPY_HEADER_BYTES = 16,
    SNAPFORMAT_SNAPPY_BLOCK_BYTES = 32 * 1024,
};

#define SNAPFORMAT_SNAPPY_MAGIC "\x82SNAPPY" // 7 bytes and its terminating zero
#define SNAPFORMAT_END "\0\0\0\1/"           // 5 bytes: ends the nodes, and every seal

// Ends the stream to a learner: the string "BenWasHere".
#define SNAPFORMAT_SIGNATURE "\0\0\0\nBenWasHere"

#endif
