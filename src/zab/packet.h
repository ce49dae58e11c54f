// SPDX-License-Identifier: Apache-2.0
//
// The packets of the quorum port, back to back without a length around them: encode one, cut one
// off a stream. Pure. Source: QuorumPacket, LearnerInfo.
#ifndef PADDOCK_ZAB_PACKET_H
#define PADDOCK_ZAB_PACKET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/slice.h"

enum zab_packet_type {
    ZAB_REQUEST = 1,
    ZAB_PROPOSAL = 2,
    ZAB_ACK = 3,
    ZAB_COMMIT = 4,
    ZAB_PING = 5,
    ZAB_REVALIDATE = 6,
    ZAB_SYNC = 7,
    ZAB_INFORM = 8,
    ZAB_COMMITANDACTIVATE = 9,
    ZAB_NEWLEADER = 10,
    ZAB_FOLLOWERINFO = 11,
    ZAB_UPTODATE = 12,
    ZAB_DIFF = 13,
    ZAB_TRUNC = 14,
    ZAB_SNAP = 15,
    ZAB_OBSERVERINFO = 16,
    ZAB_LEADERINFO = 17,
    ZAB_ACKEPOCH = 18,
    ZAB_INFORMANDACTIVATE = 19,
};

enum {
    ZAB_PROTOCOL_VERSION = 0x10000,
    ZAB_AUTH_IDS_MAX = 1024, // entries of authinfo
    ZAB_PACKET_MIN_BYTES = 20,
};

// One packet. `data` may be null, which is not the same as empty. `authinfo` is the encoded vector
// as it lies on the wire, its count included; a null slice stands for the null vector.
struct zab_packet {
    int32_t type; // enum zab_packet_type, or anything that came
    int64_t zxid;
    struct slice data;
    struct slice authinfo;
};

void zab_packet_encode(const struct zab_packet *p, struct buf *to);

// Cut the first packet off `bytes`. *ret_len 0: it is not complete yet, and nothing is in *ret.
// Units:  data_max in bytes, for `data` and for each string of authinfo.
// Memory: *ret borrows `bytes`.
// Errors: ERR_MALFORMED for lengths below -1 or authinfo above ZAB_AUTH_IDS_MAX, ERR_TOO_BIG.
enum err zab_packet_take(struct slice bytes, uint32_t data_max, struct zab_packet *ret,
                         size_t *ret_len) MUST_CHECK;

const char *zab_packet_name(int32_t type); // "PROPOSAL"; "?" for an unknown one

// What a learner says of itself in FOLLOWERINFO and OBSERVERINFO.
struct zab_learner_info {
    bool has_sid; // false: a null body, the leader gives it a number of its own
    int64_t sid;
    int32_t protocol_version;
    int64_t config_version; // of its committed configuration; 0 when not said
};
void zab_learner_info_encode(const struct zab_learner_info *info, struct buf *to);
// Takes the short forms of old releases, too. Errors: ERR_MALFORMED.
enum err zab_learner_info_decode(struct slice data, struct zab_learner_info *ret) MUST_CHECK;

#endif
