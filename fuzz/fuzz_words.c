// SPDX-License-Identifier: Apache-2.0
//
// Four-letter words from arbitrary bytes: each input is what a client sends first on a connection
// to a simulated server that answers every word. Whatever it is, the server closes the connection
// in the end, is still there, and answers the next word.
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "sim/box.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { PATIENCE_MS = 60 * 1000, INPUT_BYTES_MAX = 64 * 1024 };

struct talk {
    struct buf answer;
    bool has_ended;
};

static void on_bytes(void *owner, struct slice bytes)
{
    buf_append_slice(&((struct talk *)owner)->answer, bytes);
}

static void on_end(void *owner, enum err reason)
{
    (void)reason;
    ((struct talk *)owner)->has_ended = true;
}

// Send `bytes` and wait until the server hangs up.
static void talk_to(struct world *world, struct box *box, struct slice bytes, struct talk *t)
{
    static const struct net_client_handler handler = {on_bytes, on_end};
    *t = (struct talk){0};
    struct net_link *link = net_connect(box->node, BOX_CLIENT_PORT, &handler, t);
    ASSERT(link != NULL);
    net_send(link, bytes);
    int64_t end_ns = world->now_ns + (int64_t)PATIENCE_MS * 1000000;
    while (!t->has_ended && world->now_ns < end_ns) {
        ASSERT(world_step(world));
    }
    ASSERT(t->has_ended);
    net_hang_up(link);
}

static void expect_alive(struct world *world, struct box *box)
{
    struct talk t;
    talk_to(world, box, slice_str("ruok"), &t);
    ASSERT(slice_equal_str(buf_slice(&t.answer), "imok"));
    buf_fini(&t.answer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct world world; // one server for all inputs: none of them may harm it
    static struct box box;
    if (box.node == NULL) {
        world_init(&world, 1);
        box_init(&box, &world, "4lw.commands.whitelist=*\nnio.sessionlessCnxnTimeout=500\n", false);
        enum server_exit code = box_start(&box);
        ASSERT(code == SERVER_EXIT_OK);
    }
    // A connect request would open a session, which lives on: other targets do that.
    if (size == 0 || size > INPUT_BYTES_MAX || (size >= 4 && be32_load(data) <= INPUT_BYTES_MAX)) {
        return 0;
    }
    struct talk t;
    talk_to(&world, &box, slice_of(data, size), &t);
    buf_fini(&t.answer);
    expect_alive(&world, &box);
    ASSERT(!world_has_failed(&world));
    return 0;
}
