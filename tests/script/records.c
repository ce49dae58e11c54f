// SPDX-License-Identifier: Apache-2.0
//
// Lists of transactions.
#include "tests/script/records.h"

#include <inttypes.h>
#include <string.h>

#include "base/assert.h"
#include "base/mem.h"
#include "jute/op.h"
#include "jute/txn.h"

void records_add(struct records *list, struct record r)
{
    if (list->count == list->cap) {
        list->cap = list->cap == 0 ? 16 : 2 * list->cap;
        list->items = mem_realloc(list->items, list->cap * sizeof(r));
    }
    list->items[list->count++] = r;
}

void records_copy(struct records *to, const struct records *from)
{
    to->count = 0;
    for (size_t i = 0; i < from->count; i++) {
        records_add(to, from->items[i]);
    }
}

void records_cut(struct records *list, int64_t zxid)
{
    while (list->count > 0 && list->items[list->count - 1].zxid > zxid) {
        list->count--;
    }
}

void records_drop_up_to(struct records *list, int64_t zxid)
{
    size_t gone = 0;
    while (gone < list->count && list->items[gone].zxid <= zxid) {
        gone++;
    }
    if (gone > 0) {
        list->count -= gone;
        memmove(list->items, list->items + gone, list->count * sizeof(list->items[0]));
    }
}

void records_fini(struct records *list)
{
    mem_free(list->items);
    *list = (struct records){0};
}

bool record_equal(const struct record *a, const struct record *b)
{
    return a->zxid == b->zxid && slice_equal(a->txn, b->txn);
}

struct slice record_txn(struct arena *arena, int64_t zxid, const char *text, bool is_config)
{
    struct buf b = {0};
    const struct txn t = {
        .header = {.client_id = 1, .zxid = zxid, .type = is_config ? OP_RECONFIG : OP_SET_DATA},
        .op = {.type = is_config ? OP_RECONFIG : OP_SET_DATA,
               .set_data = {.path = slice_str(is_config ? "/zookeeper/config" : "/x"),
                            .data = slice_str(text)}},
    };
    txn_encode(&t, &b);
    struct slice kept = arena_copy(arena, buf_slice(&b));
    buf_fini(&b);
    return kept;
}

void record_print(const struct record *r, struct buf *to)
{
    struct arena arena = {0};
    struct txn t;
    ASSERT(txn_decode(r->txn, &arena, INT32_MAX, &t) == ERR_OK);
    struct slice text = t.op.set_data.data;
    if (t.header.type == OP_RECONFIG) {
        buf_printf(to, "config@%" PRIx64, (uint64_t)r->zxid);
    } else {
        buf_append_slice(to, text);
    }
    arena_fini(&arena);
}
