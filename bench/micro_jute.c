// SPDX-License-Identifier: Apache-2.0
//
// bench_micro_jute: what the codec costs per request, without sockets and tree. One line per case:
// nanoseconds of the fastest of some rounds, for requests and replies of a 40-byte path and 1 KiB.
//
//     bench_micro_jute [CASE]      all cases, or the one that is named (for perf)
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "base/assert.h"
#include "base/buf.h"
#include "jute/op.h"
#include "jute/path.h"
#include "jute/records.h"
#include "jute/txn.h"

enum { STRING_MAX = 1 << 21, ROUNDS = 15, REPEATS = 200000, VALUE_BYTES = 1024 };

static const char path_text[] = "/services/orders/instances/0000000017";

// What every case works on.
struct world {
    struct arena arena;
    struct buf frame; // the input of a decoder
    struct buf out;   // the output of an encoder, cleared for each request
    uint8_t value[VALUE_BYTES];
    struct jute_stat stat;
    struct jute_acl acl;
    uint64_t sink; // keeps the compiler from dropping results
};

struct bench_case {
    const char *name;
    void (*setup)(struct world *w);
    void (*step)(struct world *w);
};

static void decode_begin(struct world *w, struct jute_in *in, struct jute_request_header *ret)
{
    jute_in_init(in, buf_slice(&w->frame), &w->arena, STRING_MAX);
    ASSERT(jute_request_header_decode(in, ret));
}

// ---- getData ----

static void get_data_setup(struct world *w)
{
    struct jute_request_header h = {.xid = 7, .type = OP_GET_DATA};
    struct jute_path_watch r = {.path = slice_str(path_text)};
    jute_request_header_encode(&h, &w->frame);
    jute_path_watch_encode(&r, &w->frame);
}

static void get_data_request(struct world *w)
{
    struct jute_in in;
    struct jute_request_header h;
    struct jute_path_watch r;
    decode_begin(w, &in, &h);
    ASSERT(jute_path_watch_decode(&in, &r));
    w->sink += (uint64_t)h.xid + r.path.len + r.watch;
}

static void get_data_reply(struct world *w)
{
    struct jute_reply_header h = {.xid = 7, .zxid = (int64_t)w->sink};
    struct jute_get_data_response r = {.data = slice_of(w->value, VALUE_BYTES), .stat = w->stat};
    buf_clear(&w->out);
    buf_put_i32(&w->out, 0);
    jute_reply_header_encode(&h, &w->out);
    jute_get_data_response_encode(&r, &w->out);
    w->sink += w->out.len;
}

// ---- setData ----

static void set_data_setup(struct world *w)
{
    struct jute_request_header h = {.xid = 7, .type = OP_SET_DATA};
    struct jute_set_data_request r = {
        .path = slice_str(path_text), .data = slice_of(w->value, VALUE_BYTES), .version = -1};
    jute_request_header_encode(&h, &w->frame);
    jute_set_data_request_encode(&r, &w->frame);
}

static void set_data_request(struct world *w)
{
    struct jute_in in;
    struct jute_request_header h;
    struct jute_set_data_request r;
    decode_begin(w, &in, &h);
    ASSERT(jute_set_data_request_decode(&in, &r));
    ASSERT(path_is_valid(r.path));
    w->sink += (uint64_t)h.xid + r.path.len + r.data.len;
}

static void set_data_reply(struct world *w)
{
    struct jute_reply_header h = {.xid = 7, .zxid = (int64_t)w->sink};
    buf_clear(&w->out);
    buf_put_i32(&w->out, 0);
    jute_reply_header_encode(&h, &w->out);
    jute_stat_encode(&w->stat, &w->out);
    w->sink += w->out.len;
}

// ---- transactions ----

static struct txn set_data_txn(struct world *w)
{
    return (struct txn){
        .header = {.client_id = 1, .cxid = 7, .zxid = (int64_t)w->sink, .type = OP_SET_DATA},
        .op = {.type = OP_SET_DATA,
               .set_data = {.path = slice_str(path_text),
                            .data = slice_of(w->value, VALUE_BYTES),
                            .version = 5}},
        .has_digest = true,
        .digest = {.version = TXN_DIGEST_VERSION},
    };
}

static struct txn create_txn(struct world *w)
{
    return (struct txn){
        .header = {.client_id = 1, .cxid = 7, .zxid = (int64_t)w->sink, .type = OP_CREATE},
        .op = {.type = OP_CREATE,
               .create = {.path = slice_str(path_text),
                          .data = slice_of(w->value, 100),
                          .acl = {.count = 1, .items = &w->acl},
                          .parent_cversion = 5}},
        .has_digest = true,
        .digest = {.version = TXN_DIGEST_VERSION},
    };
}

static void set_data_txn_encode(struct world *w)
{
    struct txn t = set_data_txn(w);
    buf_clear(&w->out);
    txn_encode(&t, &w->out);
    w->sink += w->out.len;
}

static void create_txn_encode(struct world *w)
{
    struct txn t = create_txn(w);
    buf_clear(&w->out);
    txn_encode(&t, &w->out);
    w->sink += w->out.len;
}

static void set_data_txn_setup(struct world *w)
{
    struct txn t = set_data_txn(w);
    txn_encode(&t, &w->frame);
}

static void create_txn_setup(struct world *w)
{
    struct txn t = create_txn(w);
    txn_encode(&t, &w->frame);
}

static void txn_decode_any(struct world *w)
{
    struct txn t;
    arena_reset(&w->arena);
    ASSERT(txn_decode(buf_slice(&w->frame), &w->arena, STRING_MAX, &t) == ERR_OK);
    w->sink += (uint64_t)t.op.type;
}

// ---- running ----

static void no_setup(struct world *w)
{
    (void)w;
}

static const struct bench_case cases[] = {
    {"getData-request", get_data_setup, get_data_request},
    {"getData-reply", no_setup, get_data_reply},
    {"setData-request", set_data_setup, set_data_request},
    {"setData-reply", no_setup, set_data_reply},
    {"setData-txn-encode", no_setup, set_data_txn_encode},
    {"setData-txn-decode", set_data_txn_setup, txn_decode_any},
    {"create-txn-encode", no_setup, create_txn_encode},
    {"create-txn-decode", create_txn_setup, txn_decode_any},
};

static uint64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static double fastest_round_ns(const struct bench_case *c, struct world *w)
{
    uint64_t best = UINT64_MAX;
    for (int round = 0; round < ROUNDS; round++) {
        uint64_t start = now_ns();
        for (int i = 0; i < REPEATS; i++) {
            c->step(w);
        }
        uint64_t took = now_ns() - start;
        best = took < best ? took : best;
    }
    return (double)best / REPEATS;
}

static void run_case(const struct bench_case *c)
{
    struct world w = {
        .acl = {.perms = PERM_ALL, .id = {.scheme = slice_str("world"), .id = slice_str("anyone")}},
    };
    memset(w.value, 'x', sizeof(w.value));
    c->setup(&w);
    printf("%-20s %7.1f ns\n", c->name, fastest_round_ns(c, &w));
    ASSERT(w.sink > 0);
    buf_fini(&w.frame);
    buf_fini(&w.out);
    arena_fini(&w.arena);
}

int main(int argc, char **argv)
{
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (argc < 2 || strcmp(argv[1], cases[i].name) == 0) {
            run_case(&cases[i]);
        }
    }
    return 0;
}
