// SPDX-License-Identifier: Apache-2.0
//
// `watch`: a value, and every change of it, printed or given to a command. The library's thread
// leaves the newest state in one place and rings; states that come while a command runs are one.
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "cli/cli.h"
#include "cli/json.h"
#include "cli/watch_tree.h"
#include "paddock/recipes.h"

enum { LOOK_MS = 200 };

struct watching {
    struct cli *c;
    const char *path;
    const char *const *argv; // NULL: print
    int64_t left;            // changes to tell; negative: no end

    // Under the host's lock.
    bool has_news;
    int code;
    struct buf data;
    bool is_null;
    struct paddock_stat stat;
};

// Thread: the library's.
static void on_value(struct paddock *zk, const struct paddock_result *value, void *ctx)
{
    (void)zk;
    struct watching *w = ctx;
    w->c->host->lock();
    w->has_news = true;
    w->code = value->code;
    w->stat = value->stat;
    w->is_null = value->data.bytes == NULL;
    buf_clear(&w->data);
    if (value->data.bytes != NULL) {
        buf_append(&w->data, value->data.bytes, value->data.len);
    }
    w->c->host->ring();
    w->c->host->unlock();
}

static int print(struct cli *c, const struct watching *w, struct paddock_bytes data)
{
    if (c->is_json) {
        struct json *o = json_new_object();
        json_put(o, "path", json_new_cstr(w->path));
        json_put(o, "exists", json_new_bool(w->code == PADDOCK_OK));
        if (w->code == PADDOCK_OK) {
            cli_json_data(o, data);
            json_put(o, "stat", cli_json_stat(&w->stat));
        }
        return cli_print_json(c, o);
    }
    if (w->code == PADDOCK_OK) {
        (void)fwrite(data.bytes != NULL ? data.bytes : "", 1, data.len, c->out);
        (void)fputc('\n', c->out);
    } else if (!c->is_quiet) {
        (void)fprintf(c->err, "Node does not exist: %s\n", w->path);
    }
    return fflush(c->out) == 0 ? CLI_DONE : CLI_TROUBLE;
}

// The command's end is waited for; its exit code.
static int run_command(struct cli *c, const struct watching *w, struct paddock_bytes data)
{
    struct buf path = {0}, exists = {0}, version = {0}, zxid = {0};
    buf_printf(&path, "PADDOCK_PATH=%s", w->path);
    buf_printf(&exists, "PADDOCK_EXISTS=%d", w->code == PADDOCK_OK);
    buf_printf(&version, "PADDOCK_VERSION=%" PRId32, w->stat.version);
    buf_printf(&zxid, "PADDOCK_MZXID=%" PRId64, w->stat.mzxid);
    const char *vars[] = {buf_cstr(&path), buf_cstr(&exists), buf_cstr(&version), buf_cstr(&zxid),
                          NULL};
    if (data.bytes == NULL) {
        data = paddock_bytes_of("", 0);
    }
    struct cli_child *child = c->host->child_guard(w->argv, vars, data);
    int exit_code = CLI_TROUBLE;
    while (child != NULL && !c->host->child_is_done(child, &exit_code)) {
        c->host->child_wait(child, LOOK_MS);
        int signal_number = c->host->interrupted();
        if (signal_number != 0) {
            c->host->child_signal(child, signal_number);
        }
    }
    buf_fini(&path);
    buf_fini(&exists);
    buf_fini(&version);
    buf_fini(&zxid);
    return exit_code;
}

// Take the newest state, without the lock while it is told.
static int tell(struct cli *c, struct watching *w)
{
    struct watching copy = *w;
    struct buf data = w->data;
    w->data = (struct buf){0};
    w->has_news = false;
    c->host->unlock();
    int status = CLI_DONE;
    struct paddock_bytes bytes = {0};
    if (!copy.is_null) {
        bytes = paddock_bytes_of(buf_cstr(&data), data.len);
    }
    if (copy.code != PADDOCK_OK && copy.code != PADDOCK_NO_NODE) {
        status = cli_fail_code(c, copy.code, PADDOCK_ANSWERED, w->path);
    } else if (w->argv != NULL) {
        status = run_command(c, &copy, bytes);
    } else {
        status = print(c, &copy, bytes);
    }
    buf_fini(&data);
    c->host->lock();
    return status;
}

// Until a signal, the count, or the first failure.
static int follow(struct cli *c, struct watching *w, bool is_initial)
{
    int status = CLI_DONE;
    c->host->lock();
    while (status == CLI_DONE && w->left != 0) {
        if (!w->has_news) {
            (void)c->host->wait(LOOK_MS);
        } else if (!is_initial && w->code != PADDOCK_OK && w->code != PADDOCK_NO_NODE) {
            status = tell(c, w);
        } else if (!is_initial) {
            w->has_news = false; // the state that was there when we came
            is_initial = true;
        } else {
            status = tell(c, w);
            w->left -= w->left > 0 ? 1 : 0;
        }
        int signal_number = c->host->interrupted();
        if (signal_number != 0) {
            status = 128 + signal_number;
        }
    }
    c->host->unlock();
    return status;
}

static int run(struct cli *c, const struct cli_call *call)
{
    struct watching w = {.c = c, .path = cli_param(call, 0), .argv = cli_rest(call), .left = -1};
    if (w.argv != NULL && w.argv[0] == NULL) {
        w.argv = NULL;
    }
    const char *count = cli_value(call, "count");
    if (count != NULL && cli_number(c, count, "--count", 1, INT32_MAX, &w.left) != CLI_DONE) {
        return CLI_USAGE;
    }
    struct paddock *zk;
    struct paddock_follower *follower;
    c->session_flags |= PADDOCK_RENEW;
    c->is_stream = true;
    int status = cli_check_path(c, w.path, false);
    if (status == CLI_DONE) {
        status = cli_session(c, &zk);
    }
    if (status != CLI_DONE) {
        return status;
    }
    if (cli_has(call, "recursive")) {
        return watch_tree(c, w.path, w.argv, cli_has(call, "initial"), w.left);
    }
    int code = paddock_follow(zk, w.path, on_value, &w, &follower);
    if (code != PADDOCK_OK) {
        return cli_fail_code(c, code, PADDOCK_NOT_SENT, w.path);
    }
    status = follow(c, &w, cli_has(call, "initial"));
    paddock_unfollow(follower);
    buf_fini(&w.data);
    return status;
}

static const struct cli_flag flags[] = {
    {.letter = 'r',
     .name = "recursive",
     .help = "all nodes at and below PATH: prints created, changed or deleted, and the path"},
    {.name = "initial", .help = "also the state at the beginning"},
    {.name = "count", .value = "N", .kind = CLI_NUMBER, .help = "end after so many"},
};
static const struct cli_param params[] = {{.name = "PATH", .kind = CLI_PATH}};

const struct cli_command cli_watch_value = {
    .name = "watch",
    .group = CLI_GROUP_RECIPES,
    .summary = "print a node's data, or run a command with it, at every change",
    .details =
        "The data is printed with a newline behind it, or is what CMD reads; CMD also finds "
        "PADDOCK_PATH, PADDOCK_EXISTS (0 when the node is gone), PADDOCK_VERSION and "
        "PADDOCK_MZXID in its environment. When CMD fails, watch ends with its exit code.\n\n"
        "Changes in quick succession may be told as one. The last state is always told: across "
        "connections, servers that start again, and sessions. With --recursive CMD finds "
        "PADDOCK_EVENT and PADDOCK_PATH; every change costs one request for each node of the tree.",
    CLI_FLAGS(flags),
    CLI_PARAMS(params),
    .rest = "CMD [ARG...]",
    .examples = "paddock watch /app/config --initial -- sh -c 'cat > app.conf && ./reload'",
    .exits = "N the exit code of CMD when it fails",
    .is_json_able = true,
    .run = run,
};
