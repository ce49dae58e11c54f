// SPDX-License-Identifier: Apache-2.0
//
// What a learner has sent to its leader.
#include "server/forward.h"

#include "base/assert.h"
#include "base/mem.h"
#include "jute/op.h"

void forward_init(struct forward *f)
{
    *f = (struct forward){0};
}

void forward_fini(struct forward *f)
{
    mem_free(f->ring);
    *f = (struct forward){0};
}

// ---- the queue ----

static void grow(struct forward *f)
{
    size_t cap = f->cap == 0 ? 64 : 2 * f->cap;
    struct forward_item *ring = mem_alloc(cap * sizeof(*ring));
    for (size_t i = 0; i < f->count; i++) {
        ring[i] = f->ring[(f->first + i) & (f->cap - 1)];
    }
    mem_free(f->ring);
    f->ring = ring;
    f->cap = cap;
    f->first = 0;
}

void forward_add(struct forward *f, const struct pending *p, uint64_t order, size_t bytes)
{
    if (f->count == f->cap) {
        grow(f);
    }
    f->ring[(f->first + f->count) & (f->cap - 1)] = (struct forward_item){*p, order, bytes};
    f->count++;
    f->bytes += bytes;
}

bool forward_take_any(struct forward *f, struct forward_item *ret)
{
    if (f->count == 0) {
        return false;
    }
    *ret = f->ring[f->first];
    f->first = (f->first + 1) & (f->cap - 1);
    f->count--;
    f->bytes -= ret->bytes;
    return true;
}

// The type is looked at, too: a close by expiry has cxid 0, which a client may use for its own.
static bool is_answer(const struct pending *p, const struct jute_txn_header *h)
{
    return p->session_id == h->client_id && p->xid == h->cxid &&
           (p->type == h->type || h->type == OP_ERROR);
}

bool forward_take(struct forward *f, const struct jute_txn_header *header, struct forward_item *ret)
{
    return f->count > 0 && is_answer(&f->ring[f->first].pending, header) &&
           forward_take_any(f, ret);
}

// ---- the packet ----

void forward_encode(const struct request *request, struct buf *data, struct buf *authinfo)
{
    buf_put_i64(data, request->session_id);
    buf_put_i32(data, request->xid);
    buf_put_i32(data, request->type);
    buf_append_slice(data, request->body);
    int32_t count = request->ids != NULL ? request->ids->count : -1;
    buf_put_i32(authinfo, count);
    for (int32_t i = 0; i < count; i++) {
        jute_id_encode(&request->ids->items[i], authinfo);
    }
}

static bool decode_ids(struct jute_in *in, struct ids *ret)
{
    int32_t count;
    enum { ID_BYTES_MIN = 8 };
    if (!jute_in_count(in, ID_BYTES_MIN, &count)) {
        return false;
    }
    *ret = (struct ids){0};
    if (count <= 0) {
        return true;
    }
    ret->items = jute_in_alloc(in, (size_t)count * sizeof(*ret->items));
    while (ret->items != NULL && ret->count < count) {
        if (!jute_id_decode(in, &ret->items[ret->count])) {
            return false;
        }
        ret->count++;
    }
    return !in->failed;
}

enum err forward_decode(const struct zab_packet *packet, struct arena *arena, struct ids *ret_ids,
                        struct request *ret)
{
    if (packet->data.len < FORWARD_HEADER_BYTES) {
        return ERR_MALFORMED;
    }
    struct ids ids = {0};
    struct jute_in in;
    jute_in_init(&in, packet->authinfo, arena, UINT32_MAX);
    in.is_own = true; // sent by a server
    if (!slice_is_null(packet->authinfo) && !decode_ids(&in, &ids)) {
        return ERR_MALFORMED;
    }
    const uint8_t *p = packet->data.data;
    *ret_ids = ids;
    *ret = (struct request){
        .ids = ret_ids,
        .session_id = (int64_t)be64_load(p),
        .xid = (int32_t)be32_load(p + 8),
        .type = (int32_t)be32_load(p + 12),
        .body = slice_skip(packet->data, FORWARD_HEADER_BYTES),
    };
    return ERR_OK;
}
