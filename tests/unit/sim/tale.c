// SPDX-License-Identifier: Apache-2.0
//
// Telling made-up histories.
#include "tests/unit/sim/tale.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { WALL_START_MS = 1000000 };

static struct annals_item item_of(struct tale *t, enum annals_kind kind, int32_t client)
{
    t->now_ms++;
    t->wall_ms++;
    return (struct annals_item){.kind = kind,
                                .client = client,
                                .session = t->session[client],
                                .connection = t->connection[client],
                                .at_ns = t->now_ms * 1000000,
                                .wall_ms = t->wall_ms,
                                .wall_least_ms = t->wall_ms};
}

void tale_begin(struct tale *t)
{
    *t = (struct tale){.wall_ms = WALL_START_MS, .next_xid = 1};
    annals_init(&t->h);
    for (int32_t client = 0; client < 3; client++) {
        tale_open(t, client, true);
    }
}

void tale_end(struct tale *t)
{
    annals_fini(&t->h);
}

void tale_open(struct tale *t, int32_t client, bool is_new)
{
    tale_open_at(t, client, is_new, INT64_MAX);
}

void tale_open_at(struct tale *t, int32_t client, bool is_new, int64_t seen_zxid)
{
    t->connection[client] = t->h.connections++;
    t->session[client] = is_new ? 0x1000 + t->connection[client] : t->session[client];
    struct annals_item item = item_of(t, ANNALS_OPEN, client);
    item.is_new = is_new;
    item.zxid = seen_zxid;
    item.timeout_ms = TALE_TIMEOUT_MS;
    (void)annals_add(&t->h, &item, NULL, 0);
}

void tale_lost(struct tale *t, int32_t client)
{
    struct annals_item item = item_of(t, ANNALS_LOST, client);
    (void)annals_add(&t->h, &item, NULL, 0);
}

int32_t tale_call(struct tale *t, int32_t client, struct annals_part part, const char *path)
{
    struct annals_item item = item_of(t, ANNALS_CALL, client);
    part.node = annals_node(&t->h, slice_str(path));
    part.made = ANNALS_NONE;
    item.type = part.type;
    item.xid = t->next_xid++;
    return annals_add(&t->h, &item, &part, 1);
}

struct annals_part *tale_answer(struct tale *t, int32_t call, int64_t zxid, int32_t code)
{
    const struct annals_item asked = t->h.items[call];
    struct annals_item item = item_of(t, ANNALS_ANSWER, asked.client);
    struct annals_part parts[4];
    memcpy(parts, annals_parts(&t->h, &asked), asked.part_count * sizeof(parts[0]));
    for (size_t i = 0; i < asked.part_count; i++) {
        parts[i].code = code;
    }
    item.xid = asked.xid;
    item.type = asked.type;
    item.zxid = zxid;
    item.code = code;
    item.call = call;
    int32_t number = annals_add(&t->h, &item, parts, asked.part_count);
    return annals_parts(&t->h, &t->h.items[number]);
}

void tale_event(struct tale *t, int32_t client, const char *path, int32_t event, int64_t zxid)
{
    struct annals_item item = item_of(t, ANNALS_EVENT, client);
    item.node = annals_node(&t->h, slice_str(path));
    item.event = event;
    item.zxid = zxid;
    (void)annals_add(&t->h, &item, NULL, 0);
}

uint32_t tale_create(struct tale *t, int32_t client, const char *path, int32_t mode, int64_t zxid)
{
    struct annals_part part = {.type = OP_CREATE, .mode = mode, .value = annals_new_value(&t->h)};
    struct annals_part *p = tale_answer(t, tale_call(t, client, part, path), zxid, ZK_OK);
    p->made = p->node;
    return part.value;
}

static struct jute_stat stat_of(int64_t czxid, int64_t mzxid, int32_t version)
{
    return (struct jute_stat){.czxid = czxid, .mzxid = mzxid, .pzxid = czxid, .version = version};
}

uint32_t tale_set(struct tale *t, int32_t client, const char *path, int64_t czxid, int32_t version,
                  int64_t zxid)
{
    struct annals_part part = {
        .type = OP_SET_DATA, .version = version - 1, .value = annals_new_value(&t->h)};
    struct annals_part *p = tale_answer(t, tale_call(t, client, part, path), zxid, ZK_OK);
    p->has_stat = true;
    p->stat = stat_of(czxid, zxid, version);
    return part.value;
}

void tale_delete(struct tale *t, int32_t client, const char *path, int64_t zxid)
{
    struct annals_part part = {.type = OP_DELETE, .version = -1};
    (void)tale_answer(t, tale_call(t, client, part, path), zxid, ZK_OK);
}

struct annals_part *tale_read(struct tale *t, int32_t client, const char *path, int64_t czxid,
                              int64_t mzxid, int32_t version, uint32_t value, int64_t zxid)
{
    struct annals_part part = {.type = OP_GET_DATA};
    struct annals_part *p = tale_answer(t, tale_call(t, client, part, path), zxid, ZK_OK);
    p->has_stat = true;
    p->stat = stat_of(czxid, mzxid, version);
    p->found = value;
    return p;
}

void tale_missing(struct tale *t, int32_t client, const char *path, int64_t zxid)
{
    struct annals_part part = {.type = OP_GET_DATA};
    (void)tale_answer(t, tale_call(t, client, part, path), zxid, ZK_NO_NODE);
}

static bool judge(struct tale *t, check_fn *check, struct finding *ret)
{
    struct ledger l;
    ledger_init(&l, &t->h);
    bool is_right = check(&l, ret);
    ledger_fini(&l);
    return is_right;
}

void tale_holds(struct tale *t, check_fn *check)
{
    struct finding f = {0};
    if (!judge(t, check, &f)) {
        struct buf text = {0};
        finding_print(&f, &t->h, &text);
        print_error("%s", buf_cstr(&text));
        buf_fini(&text);
        fail();
    }
}

void tale_breaks(struct tale *t, check_fn *check, const char *why)
{
    struct finding f = {0};
    assert_false(judge(t, check, &f));
    assert_non_null(strstr(f.what, why));
    assert_true(f.item_count > 0);
}
