// SPDX-License-Identifier: Apache-2.0
//
// The nodes of a benchmark: a root of its own, folders of 100 keys below it, so that neither a
// list of names nor a folder grows with the number of keys.
//
//     ROOT/f00000/k0000000 .. k0000099, ROOT/f00001/...
#include "cli/bench.h"
#include "cli/progress.h"
#include "cli/walk.h"

enum { WINDOW = 256, TURN_MS = 1000, DELETE_BATCH = 1000 };

static char *put_number(char *to, uint32_t number, size_t digits)
{
    for (size_t i = digits; i > 0; i--) {
        to[i - 1] = (char)('0' + number % 10);
        number /= 10;
    }
    return to + digits;
}

void bench_key_path(const struct bench *b, uint32_t key, bool is_folder, char *to)
{
    size_t len = strlen(b->options.root);
    memcpy(to, b->options.root, len);
    to += len;
    *to++ = '/';
    *to++ = 'f';
    to = put_number(to, key / BENCH_FOLDER_KEYS, 5);
    if (!is_folder) {
        *to++ = '/';
        *to++ = 'k';
        to = put_number(to, key, 7);
    }
    *to = '\0';
}

uint32_t bench_folder_count(const struct bench *b)
{
    return (b->options.keys + BENCH_FOLDER_KEYS - 1) / BENCH_FOLDER_KEYS;
}

// ---- making them ----

// Creates under way, counted with the host's lock held.
struct filling {
    struct cli *cli;
    uint32_t under_way, failed_code_count;
    int code;
    enum paddock_fate fate;
};

static void on_created(struct paddock *zk, const struct paddock_result *result, void *ctx)
{
    (void)zk;
    struct filling *f = ctx;
    f->cli->host->lock();
    f->under_way--;
    // A create that was sent twice over a broken connection may find its own node.
    if (result->code != PADDOCK_OK && result->code != PADDOCK_NODE_EXISTS) {
        f->code = result->code;
        f->fate = result->fate;
    }
    f->cli->host->ring();
    f->cli->host->unlock();
}

// Until no more than `limit` are under way.
static void wait_below(struct filling *f, uint32_t limit)
{
    f->cli->host->lock();
    while (f->under_way > limit) {
        (void)f->cli->host->wait(TURN_MS);
    }
    f->cli->host->unlock();
}

static int make_one(struct bench *b, struct paddock *zk, struct filling *f, const char *path,
                    bool has_value)
{
    wait_below(f, WINDOW);
    struct paddock_op op = {.type = PADDOCK_OP_CREATE, .path = path};
    if (has_value) {
        op.data = paddock_bytes_of(b->value, b->options.size_bytes);
    }
    f->cli->host->lock();
    f->under_way++;
    f->cli->host->unlock();
    int code = paddock_submit(zk, &op, on_created, f);
    if (code != PADDOCK_OK) {
        f->cli->host->lock();
        f->under_way--;
        f->code = code;
        f->cli->host->unlock();
    }
    return f->code;
}

static void make_all(struct bench *b, struct paddock *zk, struct filling *f)
{
    char path[BENCH_PATH_BYTES];
    struct progress p;
    progress_begin(&p, b->cli, "making keys", "keys", b->options.keys);
    int code = PADDOCK_OK;
    for (uint32_t i = 0; i < bench_folder_count(b) && code == PADDOCK_OK; i++) {
        bench_key_path(b, i * BENCH_FOLDER_KEYS, true, path);
        code = make_one(b, zk, f, path, false);
    }
    for (uint32_t i = 0; i < b->options.keys && code == PADDOCK_OK && !b->must_stop; i++) {
        bench_key_path(b, i, false, path);
        code = make_one(b, zk, f, path, true);
        progress_at(&p, i, (uint64_t)i * b->options.size_bytes);
        b->must_stop = b->must_stop || (i % WINDOW == 0 && b->cli->host->interrupted() != 0);
    }
    wait_below(f, 0);
    progress_end(&p);
}

int bench_make_keys(struct bench *b, struct paddock *zk)
{
    struct paddock_op root = {.type = PADDOCK_OP_CREATE, .path = b->options.root};
    int code;
    struct paddock_result *r;
    int status = cli_try(b->cli, &root, &code, &r);
    enum paddock_fate fate = r != NULL ? r->fate : PADDOCK_NOT_SENT;
    paddock_result_free(r);
    if (status != CLI_DONE) {
        return status;
    }
    if (code != PADDOCK_OK) {
        status = cli_fail_code(b->cli, code, fate, b->options.root);
        return code == PADDOCK_NODE_EXISTS
                   ? cli_fail(b->cli, CLI_NO, "--path has to name a node that is yet to be made")
                   : status;
    }
    struct filling f = {.cli = b->cli};
    make_all(b, zk, &f);
    if (f.code != PADDOCK_OK) {
        status = cli_fail_code(b->cli, f.code, f.fate, b->options.root);
        (void)bench_remove_keys(b);
        return status;
    }
    return CLI_DONE;
}

// ---- removing them ----

int bench_remove_keys(struct bench *b)
{
    bool is_all;
    int status = walk_delete(b->cli, b->options.root, DELETE_BATCH, &is_all);
    if (status == CLI_DONE && is_all) {
        return CLI_DONE;
    }
    return cli_fail(b->cli, status != CLI_DONE ? status : CLI_NO,
                    "%s was not removed whole; 'paddock deleteall %s' does it", b->options.root,
                    b->options.root);
}

// ---- watches ----

// Watch i is on key i % keys.
uint32_t bench_watchers_of(const struct bench *b, uint32_t key)
{
    const struct bench_options *o = &b->options;
    return o->watches / o->keys + (key < o->watches % o->keys ? 1 : 0);
}
