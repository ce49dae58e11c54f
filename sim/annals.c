// SPDX-License-Identifier: Apache-2.0
//
// The record of what clients saw.
#include "sim/annals.h"

#include <inttypes.h>

#include "base/assert.h"
#include "base/hash.h"
#include "base/list.h"
#include "base/mem.h"

enum { FIRST_CAP = 64, PARTS_PRINTED_MAX = 4 };

// Room for one more element in an array that doubles.
static void *grow(void *items, size_t count, size_t *cap, size_t size)
{
    if (count < *cap) {
        return items;
    }
    *cap = *cap == 0 ? FIRST_CAP : *cap * 2;
    return mem_realloc(items, *cap * size);
}

// ---- nodes ----

static uint32_t hash_of(struct slice path)
{
    return (uint32_t)hash_keyed(0, path);
}

static int32_t find_node(const struct annals *h, struct slice path)
{
    uint32_t hash = hash_of(path);
    for (struct hmap_link *l = hmap_first(&h->by_path, hash); l != NULL; l = hmap_next(l, hash)) {
        const struct annals_path *p = CONTAINER_OF(l, struct annals_path, link);
        if (slice_equal_str(path, p->text)) {
            return (int32_t)p->link.spare;
        }
    }
    return ANNALS_NONE;
}

static int32_t add_node(struct annals *h, struct slice path, int32_t parent)
{
    ASSERT(path.len < sizeof(h->paths[0]->text));
    struct annals_path *p = mem_zalloc(sizeof(*p));
    memcpy(p->text, path.data, path.len);
    p->parent = parent;
    h->paths = grow(h->paths, h->node_count, &h->node_cap, sizeof(h->paths[0]));
    h->paths[h->node_count] = p;
    p->link.spare = (uint32_t)h->node_count;
    hmap_insert(&h->by_path, &p->link, hash_of(path));
    return (int32_t)h->node_count++;
}

int32_t annals_node(struct annals *h, struct slice path)
{
    int32_t parent = 0;
    for (size_t len = 2; len <= path.len; len++) { // every prefix that is a path
        if (len < path.len && path.data[len] != '/') {
            continue;
        }
        struct slice prefix = slice_of(path.data, len);
        int32_t node = find_node(h, prefix);
        parent = node != ANNALS_NONE ? node : add_node(h, prefix, parent);
    }
    return parent;
}

const char *annals_path(const struct annals *h, int32_t node)
{
    return node == ANNALS_NONE ? "-" : h->paths[node]->text;
}

bool annals_is_below(const struct annals *h, int32_t node, int32_t above)
{
    while (node != ANNALS_NONE && node != above) {
        node = annals_parent(h, node);
    }
    return node == above;
}

// ---- items ----

int32_t annals_add(struct annals *h, const struct annals_item *item,
                   const struct annals_part *parts, size_t count)
{
    h->items = grow(h->items, h->count, &h->cap, sizeof(h->items[0]));
    struct annals_item *to = &h->items[h->count];
    *to = *item;
    to->first_part = h->part_count;
    to->part_count = count;
    to->answer = ANNALS_NONE;
    for (size_t i = 0; i < count; i++) {
        h->parts = grow(h->parts, h->part_count, &h->part_cap, sizeof(h->parts[0]));
        h->parts[h->part_count++] = parts[i];
    }
    if (item->kind == ANNALS_ANSWER) {
        h->items[item->call].answer = (int32_t)h->count;
    }
    return (int32_t)h->count++;
}

size_t annals_add_name(struct annals *h, int32_t node)
{
    h->names = grow(h->names, h->name_count, &h->name_cap, sizeof(h->names[0]));
    h->names[h->name_count] = node;
    return h->name_count++;
}

void annals_init(struct annals *h)
{
    *h = (struct annals){0};
    hmap_init(&h->by_path);
    (void)add_node(h, slice_str("/"), ANNALS_NONE);
}

void annals_fini(struct annals *h)
{
    hmap_fini(&h->by_path);
    for (size_t i = 0; i < h->node_count; i++) {
        mem_free(h->paths[i]);
    }
    mem_free(h->paths);
    mem_free(h->items);
    mem_free(h->parts);
    mem_free(h->names);
}

// ---- what operations are ----

bool annals_is_create(int32_t type)
{
    return type == OP_CREATE || type == OP_CREATE2 || type == OP_CREATE_CONTAINER ||
           type == OP_CREATE_TTL;
}

bool annals_is_change(int32_t type)
{
    return annals_is_create(type) || type == OP_DELETE || type == OP_SET_DATA;
}

bool annals_is_write(int32_t type)
{
    return op_kind(type) == OP_KIND_WRITE;
}

// ---- for people ----

static void print_part(const struct annals *h, const struct annals_part *p, bool is_answer,
                       struct buf *to)
{
    buf_printf(to, " %s %s", op_name(p->type), annals_path(h, p->node));
    if (!is_answer) {
        buf_printf(to, " mode=%d version=%d", p->mode, p->version);
        if (p->value != 0) {
            buf_printf(to, " value=%u", p->value);
        }
        buf_append_str(to, p->watch ? " watch" : "");
        return;
    }
    buf_printf(to, " = %s", zk_code_name(p->code));
    if (p->made != ANNALS_NONE && p->made != p->node) {
        buf_printf(to, " made %s", annals_path(h, p->made));
    }
    if (p->has_stat) {
        buf_printf(to, " czxid=0x%" PRIx64 " mzxid=0x%" PRIx64 " pzxid=0x%" PRIx64 " version=%d",
                   p->stat.czxid, p->stat.mzxid, p->stat.pzxid, p->stat.version);
    }
    if (p->found != 0) {
        buf_printf(to, " value=%u", p->found);
    }
}

static void print_parts(const struct annals *h, const struct annals_item *item, struct buf *to)
{
    bool is_answer = item->kind == ANNALS_ANSWER;
    buf_printf(to, "%s %d", is_answer ? "answer" : "call", item->xid);
    if (is_answer) {
        buf_printf(to, " zxid=0x%" PRIx64 " %s", item->zxid, zk_code_name(item->code));
    }
    if (item->part_count != 1) {
        buf_printf(to, " %s:", op_name(item->type));
    }
    const struct annals_part *parts = annals_parts(h, item);
    for (size_t i = 0; i < item->part_count && i < PARTS_PRINTED_MAX; i++) {
        print_part(h, &parts[i], is_answer, to);
    }
}

void annals_print(const struct annals *h, int32_t number, struct buf *to)
{
    const struct annals_item *item = &h->items[number];
    buf_printf(to, "#%d %.6f s client %d session 0x%" PRIx64 ": ", number,
               (double)item->at_ns / 1e9, item->client, item->session);
    switch (item->kind) {
    case ANNALS_OPEN:
        buf_printf(to, "open%s", item->is_new ? ", a new session" : "");
        break;
    case ANNALS_LOST:
        buf_append_str(to, "connection lost");
        break;
    case ANNALS_CALL:
    case ANNALS_ANSWER:
        print_parts(h, item, to);
        break;
    case ANNALS_EVENT:
        buf_printf(to, "event %d of %s zxid=0x%" PRIx64, item->event, annals_path(h, item->node),
                   item->zxid);
        break;
    case ANNALS_CLOCK:
        buf_append_str(to, "a wall clock jumps");
        break;
    case ANNALS_TROUBLE:
        buf_append_str(to, "trouble");
        break;
    }
    buf_append_str(to, "\n");
}
