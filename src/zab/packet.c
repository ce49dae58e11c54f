// SPDX-License-Identifier: Apache-2.0
//
// A packet has no length of its own: its end is known only when the last string of its authinfo has
// been measured. The cutter walks over the fields and remembers two things: that a field said
// something impossible, and that the bytes ended. An impossible length is reported as soon as it is
// there, however little of the packet has come.
#include "zab/packet.h"

static const char *const names[] = {
    [ZAB_REQUEST] = "REQUEST",
    [ZAB_PROPOSAL] = "PROPOSAL",
    [ZAB_ACK] = "ACK",
    [ZAB_COMMIT] = "COMMIT",
    [ZAB_PING] = "PING",
    [ZAB_REVALIDATE] = "REVALIDATE",
    [ZAB_SYNC] = "SYNC",
    [ZAB_INFORM] = "INFORM",
    [ZAB_COMMITANDACTIVATE] = "COMMITANDACTIVATE",
    [ZAB_NEWLEADER] = "NEWLEADER",
    [ZAB_FOLLOWERINFO] = "FOLLOWERINFO",
    [ZAB_UPTODATE] = "UPTODATE",
    [ZAB_DIFF] = "DIFF",
    [ZAB_TRUNC] = "TRUNC",
    [ZAB_SNAP] = "SNAP",
    [ZAB_OBSERVERINFO] = "OBSERVERINFO",
    [ZAB_LEADERINFO] = "LEADERINFO",
    [ZAB_ACKEPOCH] = "ACKEPOCH",
    [ZAB_INFORMANDACTIVATE] = "INFORMANDACTIVATE",
};

const char *zab_packet_name(int32_t type)
{
    if (type < ZAB_REQUEST || type > ZAB_INFORMANDACTIVATE) {
        return "?";
    }
    return names[type];
}

// ---- encoding ----

void zab_packet_encode(const struct zab_packet *p, struct buf *to)
{
    buf_put_i32(to, p->type);
    buf_put_i64(to, p->zxid);
    buf_put_i32(to, slice_is_null(p->data) ? -1 : (int32_t)p->data.len);
    buf_append_slice(to, p->data);
    if (slice_is_null(p->authinfo)) {
        buf_put_i32(to, -1);
    } else {
        buf_append_slice(to, p->authinfo);
    }
}

// ---- cutting off a stream ----

struct cutter {
    struct slice rest;
    uint32_t string_max;
    bool is_short; // the bytes ended
    enum err error;
};

static bool has(struct cutter *c, size_t len)
{
    if (c->error != ERR_OK || c->is_short || c->rest.len < len) {
        c->is_short = true;
        return false;
    }
    return true;
}

static int32_t cut_i32(struct cutter *c)
{
    if (!has(c, 4)) {
        return 0;
    }
    int32_t v = (int32_t)be32_load(c->rest.data);
    c->rest = slice_skip(c->rest, 4);
    return v;
}

static int64_t cut_i64(struct cutter *c)
{
    if (!has(c, 8)) {
        return 0;
    }
    int64_t v = (int64_t)be64_load(c->rest.data);
    c->rest = slice_skip(c->rest, 8);
    return v;
}

static struct slice cut_buffer(struct cutter *c)
{
    int32_t len = cut_i32(c);
    if (c->is_short || len == -1) {
        return slice_null();
    }
    if (len < 0) {
        c->error = ERR_MALFORMED;
        return slice_null();
    }
    if ((uint32_t)len > c->string_max) {
        c->error = ERR_TOO_BIG;
        return slice_null();
    }
    if (!has(c, (size_t)len)) {
        return slice_null();
    }
    struct slice found = slice_of(c->rest.data, (size_t)len);
    c->rest = slice_skip(c->rest, (size_t)len);
    return found;
}

// Two strings per entry. The vector is kept as it lies there, to be handed on.
static struct slice cut_authinfo(struct cutter *c)
{
    const uint8_t *start = c->rest.data;
    int32_t count = cut_i32(c);
    if (c->is_short || count == -1) {
        return slice_null();
    }
    if (count < 0 || count > ZAB_AUTH_IDS_MAX) {
        c->error = ERR_MALFORMED;
        return slice_null();
    }
    for (int32_t i = 0; i < count * 2 && !c->is_short && c->error == ERR_OK; i++) {
        (void)cut_buffer(c);
    }
    return slice_of(start, (size_t)(c->rest.data - start));
}

enum err zab_packet_take(struct slice bytes, uint32_t data_max, struct zab_packet *ret,
                         size_t *ret_len)
{
    struct cutter c = {.rest = bytes, .string_max = data_max};
    struct zab_packet p = {0};
    p.type = cut_i32(&c);
    p.zxid = cut_i64(&c);
    p.data = cut_buffer(&c);
    if (c.error == ERR_OK && !c.is_short) {
        p.authinfo = cut_authinfo(&c);
    }
    if (c.error != ERR_OK) {
        return c.error;
    }
    *ret_len = 0;
    if (!c.is_short) {
        *ret = p;
        *ret_len = bytes.len - c.rest.len;
    }
    return ERR_OK;
}

// ---- what a learner says of itself ----

// Lengths of the forms that releases sent: the id alone, with the version, with the configuration.
enum { INFO_SID_BYTES = 8, INFO_VERSION_BYTES = 12, INFO_BYTES = 20 };

void zab_learner_info_encode(const struct zab_learner_info *info, struct buf *to)
{
    buf_put_i64(to, info->sid);
    buf_put_i32(to, info->protocol_version);
    buf_put_i64(to, info->config_version);
}

// Source: LearnerHandler.run, which takes a version that is not said for 1.
enum err zab_learner_info_decode(struct slice data, struct zab_learner_info *ret)
{
    struct zab_learner_info info = {.protocol_version = 1};
    if (!slice_is_null(data) && data.len < INFO_SID_BYTES) {
        return ERR_MALFORMED;
    }
    if (!slice_is_null(data)) {
        info.has_sid = true;
        info.sid = (int64_t)be64_load(data.data);
    }
    if (data.len >= INFO_VERSION_BYTES) {
        info.protocol_version = (int32_t)be32_load(data.data + INFO_SID_BYTES);
    }
    if (data.len >= INFO_BYTES) {
        info.config_version = (int64_t)be64_load(data.data + INFO_VERSION_BYTES);
    }
    *ret = info;
    return ERR_OK;
}
