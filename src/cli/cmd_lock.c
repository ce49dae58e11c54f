// SPDX-License-Identifier: Apache-2.0
//
// `lock` and `elect`: a command runs while a place is held (paddock/recipes.h says which programs
// of others see it).
#include <inttypes.h>
#include <signal.h>
#include <string.h>

#include "base/buf.h"
#include "cli/holding.h"
#include "cli/json.h"

extern const struct cli_command cli_lock, cli_elect;

enum { SLICE_MS = 200, RELEASE_MS = 5000 };

static enum paddock_hold hold_of(void *ctx)
{
    return paddock_lock_hold(ctx);
}

// Wait for the lock, listening for signals.
static int acquire(struct cli *c, struct paddock_lock *lock, int timeout_ms, const char *path)
{
    int64_t begun_ms = clock_mono_ms(c->host->clock);
    int code;
    int left_ms;
    do {
        int64_t waited_ms = clock_mono_ms(c->host->clock) - begun_ms;
        left_ms = timeout_ms < 0 || timeout_ms - waited_ms > SLICE_MS
                      ? SLICE_MS
                      : (int)(timeout_ms - waited_ms);
        code = paddock_lock_wait(lock, left_ms);
        int signal_number = c->host->interrupted();
        if (signal_number != 0) {
            return 128 + signal_number;
        }
    } while (code == PADDOCK_OPERATION_TIMEOUT && left_ms == SLICE_MS);
    return code == PADDOCK_OK ? CLI_DONE : holding_fail(c, code, path, "not obtained in time");
}

static int run_holding(struct cli *c, struct paddock_lock *lock, struct holding *h,
                       const char *path)
{
    struct buf node = {0}, fence = {0}, what = {0};
    buf_printf(&node, "PADDOCK_LOCK_NODE=%s", paddock_lock_node(lock));
    buf_printf(&fence, "PADDOCK_FENCE=%" PRId64, paddock_lock_fence(lock));
    buf_printf(&what, "%s %s", h->what, path);
    const char *vars[] = {buf_cstr(&node), buf_cstr(&fence), NULL};
    h->what = buf_cstr(&what);
    h->vars = vars;
    h->hold = hold_of;
    h->ctx = lock;
    int status = holding_run(c, h);
    bool is_reached = paddock_lock_hold(lock) == PADDOCK_HELD; // else it goes with the session
    (void)paddock_lock_release(lock, is_reached ? RELEASE_MS : 0);
    buf_fini(&node);
    buf_fini(&fence);
    buf_fini(&what);
    return status;
}

static int with_lock(struct cli *c, const struct cli_call *call,
                     const struct paddock_lock_options *options, struct holding *h)
{
    int timeout_ms = -1;
    const char *timeout = cli_value(call, "timeout");
    if (holding_flags(c, call, h) != CLI_DONE ||
        (timeout != NULL && holding_seconds(c, timeout, "--timeout", &timeout_ms) != CLI_DONE)) {
        return CLI_USAGE;
    }
    struct paddock *zk;
    int status = cli_check_path(c, options->path, false);
    if (status == CLI_DONE) {
        status = cli_session(c, &zk);
    }
    struct paddock_lock *lock = NULL;
    if (status == CLI_DONE && paddock_lock_new(zk, options, &lock) != PADDOCK_OK) {
        status = cli_fail(c, CLI_TROUBLE, "out of memory");
    }
    if (status == CLI_DONE) {
        status = acquire(c, lock, timeout_ms, options->path);
    }
    if (status == CLI_DONE) {
        h->argv = cli_rest(call);
        status = run_holding(c, lock, h, options->path);
    }
    paddock_lock_free(lock);
    return status;
}

// Without a command: who is in the queue, the holder first.
static int list_contenders(struct cli *c, const char *path)
{
    struct paddock *zk;
    struct paddock_result *r;
    int status = cli_check_path(c, path, false);
    if (status == CLI_DONE) {
        status = cli_session(c, &zk);
    }
    if (status != CLI_DONE) {
        return status;
    }
    int code = paddock_contenders(zk, path, &r);
    if (code != PADDOCK_OK) {
        enum paddock_fate fate = r != NULL ? r->fate : PADDOCK_NOT_SENT;
        paddock_result_free(r);
        return cli_fail_code(c, code, fate, path);
    }
    struct json *names = c->is_json ? json_new_array() : NULL;
    for (size_t i = 0; i < r->string_count; i++) {
        if (names != NULL) {
            json_append(names, json_new_cstr(r->strings[i]));
        } else {
            (void)fprintf(c->out, "%s\n", r->strings[i]);
        }
    }
    status = names != NULL ? cli_print_json(c, names) : r->string_count > 0 ? CLI_DONE : CLI_NO;
    paddock_result_free(r);
    return status;
}

static int run_lock(struct cli *c, const struct cli_call *call)
{
    const char *path = cli_param(call, 0);
    if (cli_rest(call) == NULL || cli_rest(call)[0] == NULL) {
        return list_contenders(c, path);
    }
    if (cli_has(call, "shared") && cli_has(call, "write")) {
        return cli_usage(c, &cli_lock, "--shared and --write exclude each other");
    }
    struct paddock_lock_options options = {
        .path = path,
        .kind = cli_has(call, "shared")  ? PADDOCK_LOCK_READ
                : cli_has(call, "write") ? PADDOCK_LOCK_WRITE
                                         : PADDOCK_LOCK_MUTEX,
    };
    return with_lock(c, call, &options, &(struct holding){.what = "the lock"});
}

static int run_elect(struct cli *c, const struct cli_call *call)
{
    const char *path = cli_param(call, 0);
    if (cli_rest(call) == NULL || cli_rest(call)[0] == NULL) {
        return list_contenders(c, path);
    }
    const char *id = cli_value(call, "id");
    struct paddock_lock_options options = {
        .path = path,
        .kind = PADDOCK_LOCK_LEADER,
        .data = paddock_text(id != NULL ? id : ""),
    };
    return with_lock(c, call, &options, &(struct holding){.what = "the leadership of"});
}

#define TIMEOUT_FLAG                                                                               \
    {                                                                                              \
        .name = "timeout", .value = "S",                                                           \
        .help = "seconds to wait for it; 0: do not wait (for ever)"                                \
    }

static const struct cli_flag lock_flags[] = {
    {.name = "shared", .help = "share it with other readers (Curator's read lock)"},
    {.name = "write", .help = "the write lock that belongs to Curator's read locks"},
    TIMEOUT_FLAG,
    HOLDING_FLAGS,
};
static const struct cli_flag elect_flags[] = {
    {.name = "id", .value = "ID", .help = "who we are, as others see it in the node's data"},
    TIMEOUT_FLAG,
    HOLDING_FLAGS,
};
static const struct cli_param params[] = {{.name = "PATH", .kind = CLI_PATH}};

static const char exits[] = "1 it was not obtained within --timeout\n"
                            "4 it was lost while CMD ran, and CMD was stopped\n"
                            "N any other: the exit code of CMD; 128+n when signal n ended it";

const struct cli_command cli_lock = {
    .name = "lock",
    .group = CLI_GROUP_RECIPES,
    .summary = "run a command while holding a lock; without one, list who queues for it",
    .details =
        "Waits for its turn, runs CMD, releases. CMD finds PADDOCK_LOCK_NODE, the node that holds "
        "the lock, and PADDOCK_FENCE, a number that grows with every holder, in its environment: "
        "give it along with what CMD does elsewhere, so that a holder that stood still can be "
        "refused there.\n\n"
        "When no server is reached, CMD gets the signal while the lock is still surely ours, and "
        "is killed before anybody else can have it. It is killed as well when paddock itself is; "
        "processes that CMD has started are not. Curator's InterProcessMutex and kazoo's Lock with "
        "extra_lock_patterns=['-lock-'] take turns with this on the same path.",
    CLI_FLAGS(lock_flags),
    CLI_PARAMS(params),
    .rest = "CMD [ARG...]",
    .examples = "paddock lock /app/lock -- ./migrate.sh\n"
                "paddock lock /app/lock --timeout 0 -- ./nightly.sh # or not at all",
    .exits = exits,
    .is_json_able = true,
    .run = run_lock,
};

const struct cli_command cli_elect = {
    .name = "elect",
    .group = CLI_GROUP_RECIPES,
    .summary = "run a command when and while this process leads; without one, list candidates",
    .details = "As lock, with the nodes of Curator's LeaderLatch: whoever is first leads, the "
               "others wait for their turn. Run it in a loop to be a candidate again.",
    CLI_FLAGS(elect_flags),
    CLI_PARAMS(params),
    .rest = "CMD [ARG...]",
    .examples = "paddock elect /app/leader --id \"$HOSTNAME\" -- ./leader.sh",
    .exits = exits,
    .is_json_able = true,
    .run = run_elect,
};
