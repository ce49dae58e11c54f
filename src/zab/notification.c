// SPDX-License-Identifier: Apache-2.0
//
// Encode and decode one notification.
#include "zab/notification.h"

#include "jute/in.h"

void notification_encode(const struct notification *n, struct buf *to)
{
    buf_put_i32(to, (int32_t)n->vote.state);
    buf_put_i64(to, n->vote.leader);
    buf_put_i64(to, n->vote.zxid);
    buf_put_i64(to, n->vote.election_epoch);
    buf_put_i64(to, n->vote.peer_epoch);
    buf_put_i32(to, NOTIFICATION_VERSION);
    buf_put_i32(to, (int32_t)n->config.len);
    buf_append_slice(to, n->config);
}

// Exactly 40 bytes hold a version that does not count. Source: WorkerReceiver.run.
static int32_t meant_version(size_t len, int32_t version)
{
    return len == NOTIFICATION_OLD_BYTES ? 0 : version;
}

// What follows the text is not looked at, as in Java.
static bool decode_config(struct jute_in *in, struct slice *ret)
{
    int32_t len;
    if (!jute_in_i32(in, &len) || len < 0 || (size_t)len > jute_in_left(in)) {
        return false;
    }
    *ret = slice_of(in->next, (size_t)len);
    return true;
}

enum err notification_decode(struct slice bytes, struct notification *ret)
{
    struct jute_in in;
    struct notification n = {0};
    int32_t state = -1;
    jute_in_init(&in, bytes, NULL, 0);
    (void)jute_in_i32(&in, &state);
    (void)jute_in_i64(&in, &n.vote.leader);
    (void)jute_in_i64(&in, &n.vote.zxid);
    (void)jute_in_i64(&in, &n.vote.election_epoch);
    if (bytes.len == NOTIFICATION_MIN_BYTES) {
        n.vote.peer_epoch = n.vote.zxid >> 32;
    } else {
        (void)jute_in_i64(&in, &n.vote.peer_epoch);
        (void)jute_in_i32(&in, &n.vote.version);
    }
    if (in.failed) {
        return ERR_TRUNCATED;
    }
    n.vote.version = meant_version(bytes.len, n.vote.version);
    if (state < ZAB_LOOKING || state > ZAB_OBSERVING ||
        (n.vote.version > 1 && !decode_config(&in, &n.config))) {
        return ERR_MALFORMED;
    }
    n.vote.state = (enum zab_role)state;
    *ret = n;
    return ERR_OK;
}
