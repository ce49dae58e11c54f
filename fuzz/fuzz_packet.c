// SPDX-License-Identifier: Apache-2.0
//
// The quorum port: a stream of packets from a peer, which comes in pieces. What is cut off must
// encode to the same bytes, wherever the pieces end; what a learner says of itself must decode to
// what it encodes to.
#include "base/assert.h"
#include "zab/packet.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { DATA_MAX = 1 << 16 };

// A packet that is whole is the same whatever lies behind it, and none of its beginnings is one.
static void check_pieces(struct slice bytes, const struct zab_packet *p)
{
    struct zab_packet again;
    size_t len;
    ASSERT(zab_packet_take(bytes, DATA_MAX, &again, &len) == ERR_OK);
    ASSERT(len == bytes.len);
    ASSERT(again.type == p->type);
    ASSERT(slice_equal(again.data, p->data));
    ASSERT(slice_equal(again.authinfo, p->authinfo));
    for (size_t part = 0; part < bytes.len; part += 1 + part / 8) {
        ASSERT(zab_packet_take(slice_of(bytes.data, part), DATA_MAX, &again, &len) == ERR_OK);
        ASSERT(len == 0);
    }
}

static void check_encoding(struct slice bytes, const struct zab_packet *p)
{
    struct buf encoded = {0};
    zab_packet_encode(p, &encoded);
    ASSERT(slice_equal(buf_slice(&encoded), bytes));
    buf_fini(&encoded);
}

static void check_info(struct slice data)
{
    struct zab_learner_info info;
    struct zab_learner_info again;
    struct buf encoded = {0};
    if (zab_learner_info_decode(data, &info) != ERR_OK || !info.has_sid) {
        return;
    }
    zab_learner_info_encode(&info, &encoded);
    ASSERT(zab_learner_info_decode(buf_slice(&encoded), &again) == ERR_OK);
    ASSERT(again.sid == info.sid);
    ASSERT(again.protocol_version == info.protocol_version);
    ASSERT(again.config_version == info.config_version);
    buf_fini(&encoded);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice rest = slice_of(data, size);
    for (;;) {
        struct zab_packet p;
        size_t len;
        if (zab_packet_take(rest, DATA_MAX, &p, &len) != ERR_OK || len == 0) {
            return 0;
        }
        struct slice bytes = slice_of(rest.data, len);
        check_pieces(bytes, &p);
        check_encoding(bytes, &p);
        check_info(p.data);
        ASSERT(zab_packet_name(p.type) != NULL);
        rest = slice_skip(rest, len);
    }
}
