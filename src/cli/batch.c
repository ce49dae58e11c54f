// SPDX-License-Identifier: Apache-2.0
//
// Parcels in a queue. A parcel is one transaction, or (when that failed, or cannot be) its writes
// one by one, all submitted at once.
//
//     open ──full──► SENT ──answer──► ENDED ──all good──► reported
//                      ▲                ├──failed, whole──► drained, then split ──► SENT
//                      └───lost─────────┘
//
// Splitting waits until nothing is under way: so order is kept, and the parcels behind the first
// that failed are split in their turn.
#include "cli/batch.h"

#include <string.h>

#include "base/arena.h"
#include "base/assert.h"
#include "base/mem.h"
#include "cli/insist.h"

enum {
    PARTS_MAX = 500,
    PARCEL_BYTES_MAX = 512 * 1024, // of a frame; servers refuse more than 1 MiB
    PARCELS_MAX = 8,               // under way
    PART_BYTES = 64,               // about what a part takes beside its path and data
    LOOK_MS = 100,
};

struct slot {
    struct parcel *parcel;
    int code;
    enum paddock_fate fate;
    struct paddock_stat stat;
};

struct parcel {
    struct parcel *next;
    struct batch *batch;
    struct arena arena;
    struct paddock_op *ops;
    struct slot *slots;
    size_t count, cap, bytes;
    bool is_split, is_repeat;
    unsigned tries;
    size_t waiting; // answers; under the lock
};

struct batch {
    struct cli *cli;
    struct paddock *zk;
    struct batch_options options;
    struct parcel *open; // being filled; or NULL
    struct parcel *first, *last;
    size_t parcels;
    int exit_code;
    size_t under_way;  // requests; under the lock
    bool is_abandoned; // under the lock
};

// ---- parcels ----

static struct parcel *parcel_new(struct batch *b)
{
    struct parcel *p = mem_zalloc(sizeof(*p));
    p->batch = b;
    arena_init(&p->arena);
    return p;
}

static void parcel_free(struct parcel *p)
{
    arena_fini(&p->arena);
    mem_free(p->ops);
    mem_free(p->slots);
    mem_free(p);
}

static const char *copy_text(struct arena *a, const char *text)
{
    return text == NULL ? NULL : (const char *)arena_copy(a, slice_of(text, strlen(text) + 1)).data;
}

static const struct paddock_acl *copy_acl(struct arena *a, const struct paddock_op *op)
{
    struct paddock_acl *acl = arena_alloc(a, (op->acl_count + 1) * sizeof(*acl));
    for (size_t i = 0; i < op->acl_count; i++) {
        acl[i] = (struct paddock_acl){.perms = op->acl[i].perms,
                                      .scheme = copy_text(a, op->acl[i].scheme),
                                      .id = copy_text(a, op->acl[i].id)};
    }
    return acl;
}

static size_t bytes_of(const struct paddock_op *op)
{
    size_t bytes = PART_BYTES + strlen(op->path) + op->data.len;
    for (size_t i = 0; i < op->acl_count; i++) {
        bytes += strlen(op->acl[i].scheme) + strlen(op->acl[i].id) + 12;
    }
    return bytes;
}

static void parcel_add(struct parcel *p, const struct paddock_op *op)
{
    if (p->count == p->cap) {
        p->cap = p->cap > 0 ? 2 * p->cap : 16;
        p->ops = mem_realloc(p->ops, p->cap * sizeof(*p->ops));
    }
    struct paddock_op *to = &p->ops[p->count++];
    *to = *op;
    to->path = copy_text(&p->arena, op->path);
    struct slice data = arena_copy(&p->arena, slice_of(op->data.bytes, op->data.len));
    to->data = paddock_bytes_of(data.data, data.len);
    to->acl = op->acl_count > 0 ? copy_acl(&p->arena, op) : NULL;
    p->bytes += bytes_of(op);
}

static bool is_part(const struct paddock_op *op)
{
    return op->type == PADDOCK_OP_CREATE || op->type == PADDOCK_OP_DELETE ||
           op->type == PADDOCK_OP_SET || op->type == PADDOCK_OP_CHECK;
}

// ---- sending ----

static void free_all(struct batch *b)
{
    while (b->first != NULL) {
        struct parcel *p = b->first;
        b->first = p->next;
        parcel_free(p);
    }
    mem_free(b);
}

// Thread: the library's.
static void on_done(struct paddock *zk, const struct paddock_result *r, void *ctx)
{
    (void)zk;
    struct slot *slot = ctx;
    struct parcel *p = slot->parcel;
    struct batch *b = p->batch;
    const struct cli_host *host = b->cli->host;
    slot->code = r->code;
    slot->fate = r->fate;
    slot->stat = r->stat;
    for (size_t i = 0; !p->is_split && i < r->part_count && i < p->count; i++) {
        p->slots[i].stat = r->parts[i].stat;
    }
    host->lock();
    b->under_way--;
    p->waiting--;
    bool is_last = b->is_abandoned && b->under_way == 0;
    if (p->waiting == 0) {
        host->ring();
    }
    host->unlock();
    if (is_last) {
        free_all(b);
    }
}

static void submit(struct parcel *p, const struct paddock_op *op, struct slot *slot)
{
    struct batch *b = p->batch;
    const struct cli_host *host = b->cli->host;
    slot->parcel = p;
    host->lock();
    b->under_way++;
    p->waiting++;
    host->unlock();
    int code = paddock_submit(b->zk, op, on_done, slot);
    if (code != PADDOCK_OK) {
        host->lock();
        b->under_way--;
        p->waiting--;
        host->unlock();
        slot->code = code;
        slot->fate = PADDOCK_NOT_SENT;
    }
}

static void send(struct parcel *p)
{
    if (p->slots == NULL) {
        p->slots = mem_zalloc((p->count + 1) * sizeof(*p->slots));
    }
    if (!p->is_split) {
        struct paddock_op op = {.type = PADDOCK_OP_MULTI, .parts = p->ops, .part_count = p->count};
        submit(p, &op, &p->slots[p->count]); // the last one is the whole's
        return;
    }
    for (size_t i = 0; i < p->count; i++) {
        submit(p, &p->ops[i], &p->slots[i]);
    }
}

// ---- ends ----

static int code_of(const struct parcel *p)
{
    if (!p->is_split) {
        return p->slots[p->count].code;
    }
    for (size_t i = 0; i < p->count; i++) {
        if (p->slots[i].code == PADDOCK_CONNECTION_LOSS) {
            return PADDOCK_CONNECTION_LOSS;
        }
    }
    return PADDOCK_OK;
}

static bool is_end_of_session(int code)
{
    return code == PADDOCK_SESSION_EXPIRED || code == PADDOCK_AUTH_FAILED ||
           code == PADDOCK_CLOSED || code == PADDOCK_OPERATION_TIMEOUT ||
           code == PADDOCK_NOT_READ_ONLY || code == PADDOCK_NO_MEMORY ||
           code == PADDOCK_SESSION_MOVED;
}

static void report(struct parcel *p)
{
    struct batch *b = p->batch;
    for (size_t i = 0; i < p->count && b->exit_code == CLI_DONE; i++) {
        const struct slot *slot = &p->slots[p->is_split ? i : p->count];
        if (is_end_of_session(slot->code)) {
            b->exit_code = cli_fail_code(b->cli, slot->code, slot->fate, p->ops[i].path);
            return;
        }
        struct batch_end end = {.op = &p->ops[i],
                                .code = slot->code,
                                .fate = slot->fate,
                                .is_repeat = p->is_repeat,
                                .stat = &p->slots[i].stat};
        b->options.ended(b->options.ctx, &end);
    }
}

// Done again, write by write. Only what was lost is sent again of a parcel that was split already.
static void again(struct parcel *p)
{
    bool was_split = p->is_split;
    p->is_split = true;
    p->is_repeat = p->is_repeat || code_of(p) == PADDOCK_CONNECTION_LOSS ||
                   p->slots[p->count].fate == PADDOCK_UNKNOWN;
    p->tries++;
    for (size_t i = 0; i < p->count; i++) {
        if (!was_split || p->slots[i].code == PADDOCK_CONNECTION_LOSS) {
            submit(p, &p->ops[i], &p->slots[i]);
        }
    }
}

static bool is_ended(struct parcel *p)
{
    const struct cli_host *host = p->batch->cli->host;
    host->lock();
    bool is_over = p->waiting == 0;
    host->unlock();
    return is_over;
}

static void wait_for(struct parcel *p)
{
    struct batch *b = p->batch;
    const struct cli_host *host = b->cli->host;
    host->lock();
    while (p->waiting > 0 && b->exit_code == CLI_DONE) {
        (void)host->wait(LOOK_MS);
        if (host->interrupted() != 0) {
            host->unlock();
            b->exit_code = cli_fail(b->cli, CLI_INTERRUPTED, "interrupted");
            host->lock();
        }
    }
    host->unlock();
}

// Whether it is to be done again, and not reported.
static bool wants_again(const struct parcel *p)
{
    int code = code_of(p);
    if (code == PADDOCK_OK || is_end_of_session(code)) {
        return false;
    }
    return !p->is_split || p->tries < INSIST_TRIES_MAX;
}

// The oldest parcel ends: reported and gone, or done again when all behind it have ended.
static void end_first(struct batch *b)
{
    struct parcel *p = b->first;
    wait_for(p);
    while (b->exit_code == CLI_DONE && wants_again(p)) {
        for (struct parcel *behind = p->next; behind != NULL; behind = behind->next) {
            wait_for(behind);
        }
        if (b->exit_code == CLI_DONE) {
            again(p);
            wait_for(p);
        }
    }
    if (b->exit_code != CLI_DONE) {
        return;
    }
    report(p);
    b->first = p->next;
    b->last = b->first == NULL ? NULL : b->last;
    b->parcels--;
    parcel_free(p);
}

static void ship(struct batch *b)
{
    struct parcel *p = b->open;
    b->open = NULL;
    p->is_split = p->is_split || p->count == 1;
    *(b->first == NULL ? &b->first : &b->last->next) = p;
    b->last = p;
    b->parcels++;
    send(p);
    while (b->exit_code == CLI_DONE && b->first != NULL &&
           (b->parcels >= PARCELS_MAX || is_ended(b->first))) {
        end_first(b);
    }
}

// ---- the batch ----

struct batch *batch_open(struct cli *c, struct paddock *zk, const struct batch_options *options)
{
    ASSERT(options->ended != NULL);
    struct batch *b = mem_zalloc(sizeof(*b));
    b->cli = c;
    b->zk = zk;
    b->options = *options;
    if (b->options.parts_max == 0) {
        b->options.parts_max = PARTS_MAX;
    }
    return b;
}

int batch_add(struct batch *b, const struct paddock_op *op)
{
    bool is_alone = !is_part(op) || b->options.parts_max == 1;
    size_t bytes = bytes_of(op);
    struct parcel *p = b->open;
    if (p != NULL && (p->is_split != is_alone || p->bytes + bytes > PARCEL_BYTES_MAX)) {
        ship(b);
    }
    if (b->exit_code == CLI_DONE) {
        if (b->open == NULL) {
            b->open = parcel_new(b);
            b->open->is_split = is_alone;
        }
        parcel_add(b->open, op);
        size_t parts_max = is_alone ? PARTS_MAX / 8 : b->options.parts_max;
        if (b->open->count >= parts_max) {
            ship(b);
        }
    }
    return b->exit_code;
}

int batch_finish(struct batch *b)
{
    if (b->open != NULL && b->exit_code == CLI_DONE) {
        ship(b);
    }
    while (b->exit_code == CLI_DONE && b->first != NULL) {
        end_first(b);
    }
    return b->exit_code;
}

void batch_close(struct batch *b)
{
    if (b == NULL) {
        return;
    }
    if (b->open != NULL) {
        parcel_free(b->open);
        b->open = NULL;
    }
    const struct cli_host *host = b->cli->host;
    host->lock();
    b->is_abandoned = true;
    bool is_free = b->under_way == 0;
    host->unlock();
    if (is_free) {
        free_all(b);
    }
}
