// SPDX-License-Identifier: Apache-2.0
//
// `wait`: until a node is as asked for. Each look at the node leaves a watch; the next look is made
// when that fires, or when the session comes back to a server. Nothing is asked in between.
#include <inttypes.h>
#include <regex.h>
#include <string.h>

#include "base/mem.h"
#include "cli/cli.h"
#include "cli/json.h"
#include "cli/quantity.h"

enum { LOOK_MS = 100, RETRY_MS = 1000, WHY_BYTES = 200 };

enum goal { GOAL_EXISTS, GOAL_GONE, GOAL_EQUALS, GOAL_MATCHES, GOAL_CHILDREN };

struct waiting {
    struct cli *cli;
    const char *path;
    enum goal goal;
    const char *value;   // GOAL_EQUALS
    regex_t regex;       // GOAL_MATCHES
    int64_t children;    // GOAL_CHILDREN
    int64_t deadline_ms; // monotonic; INT64_MAX: none
};

struct bell {
    const struct cli_host *host;
    bool has_rung; // under the host's lock
};

// Thread: the library's. A watch fires once; events of the session come to it, too.
static void on_change(struct paddock *zk, const struct paddock_event *event, void *ctx)
{
    (void)zk;
    (void)event;
    struct bell *bell = ctx;
    bell->host->lock();
    bell->has_rung = true;
    bell->host->ring();
    bell->host->unlock();
}

// ---- looking ----

static bool text_matches(const struct waiting *w, struct paddock_bytes data)
{
    char *text = mem_alloc(data.len + 1); // regexec wants a zero; what is behind one is not seen
    if (data.len > 0) {
        memcpy(text, data.bytes, data.len);
    }
    text[data.len] = '\0';
    bool is_match = regexec(&w->regex, text, 0, NULL, 0) == 0;
    mem_free(text);
    return is_match;
}

static bool is_reached(const struct waiting *w, int code, const struct paddock_result *r)
{
    bool is_there = code == PADDOCK_OK;
    switch (w->goal) {
    case GOAL_EXISTS:
        return is_there;
    case GOAL_GONE:
        return !is_there;
    case GOAL_EQUALS:
        return is_there && r->data.bytes != NULL && r->data.len == strlen(w->value) &&
               memcmp(r->data.bytes, w->value, r->data.len) == 0;
    case GOAL_MATCHES:
        return is_there && text_matches(w, r->data);
    case GOAL_CHILDREN:
        return is_there && (int64_t)r->string_count == w->children;
    }
    return false;
}

static int64_t now_ms(const struct waiting *w)
{
    return clock_mono_ms(w->cli->host->clock);
}

// One look, leaving a watch. A node that is not there is watched by EXISTS: the other requests
// leave no watch then, so it is asked for the second time.
static int look(const struct waiting *w, struct bell *bell, int *ret_code,
                struct paddock_result **ret)
{
    static const enum paddock_op_type types[] = {[GOAL_EXISTS] = PADDOCK_OP_EXISTS,
                                                 [GOAL_GONE] = PADDOCK_OP_EXISTS,
                                                 [GOAL_EQUALS] = PADDOCK_OP_GET,
                                                 [GOAL_MATCHES] = PADDOCK_OP_GET,
                                                 [GOAL_CHILDREN] = PADDOCK_OP_GET_CHILDREN};
    struct paddock_op op = {
        .type = types[w->goal], .path = w->path, .watch = {.fn = on_change, .ctx = bell}};
    int status = cli_try(w->cli, &op, ret_code, ret);
    if (status == CLI_DONE && *ret_code == PADDOCK_NO_NODE && op.type != PADDOCK_OP_EXISTS) {
        paddock_result_free(*ret);
        op.type = PADDOCK_OP_EXISTS;
        status = cli_try(w->cli, &op, ret_code, ret);
        if (status == CLI_DONE && *ret_code == PADDOCK_OK) { // it came in between: look again
            bell->host->lock();
            bell->has_rung = true;
            bell->host->unlock();
            *ret_code = PADDOCK_NO_NODE;
        }
    }
    return status;
}

static bool is_of_connection(int code)
{
    return code == PADDOCK_CONNECTION_LOSS || code == PADDOCK_OPERATION_TIMEOUT;
}

// Until the bell rings or `until_ms`. CLI_DONE; CLI_INTERRUPTED after cli_fail.
static int listen(const struct waiting *w, struct bell *bell, int64_t until_ms)
{
    const struct cli_host *host = bell->host;
    int status = CLI_DONE;
    host->lock();
    while (!bell->has_rung && status == CLI_DONE && now_ms(w) < until_ms) {
        int64_t left_ms = until_ms - now_ms(w);
        (void)host->wait(left_ms < LOOK_MS ? (int)left_ms : LOOK_MS);
        if (host->interrupted() != 0) {
            host->unlock();
            status = cli_fail(w->cli, CLI_INTERRUPTED, "interrupted");
            host->lock();
        }
    }
    bell->has_rung = false;
    host->unlock();
    return status;
}

static const char *goal_text(const struct waiting *w)
{
    static const char *const texts[] = {[GOAL_EXISTS] = "to exist",
                                        [GOAL_GONE] = "to be gone",
                                        [GOAL_EQUALS] = "to have that value",
                                        [GOAL_MATCHES] = "to match",
                                        [GOAL_CHILDREN] = "to have that many children"};
    return texts[w->goal];
}

static int print_reached(struct cli *c, const struct waiting *w, const struct paddock_result *r)
{
    if (!c->is_json) {
        return CLI_DONE;
    }
    struct json *o = json_new_object();
    json_put(o, "path", json_new_cstr(w->path));
    json_put(o, "exists", json_new_bool(r != NULL && r->code == PADDOCK_OK));
    if (r != NULL && r->code == PADDOCK_OK) {
        if (w->goal == GOAL_EQUALS || w->goal == GOAL_MATCHES) {
            cli_json_data(o, r->data);
        }
        json_put(o, "stat", cli_json_stat(&r->stat));
    }
    return cli_print_json(c, o);
}

static int await(const struct waiting *w, struct bell *bell)
{
    struct cli *c = w->cli;
    for (;;) {
        struct paddock_result *r = NULL;
        int code;
        int status = look(w, bell, &code, &r);
        bool is_answer = code == PADDOCK_OK || code == PADDOCK_NO_NODE;
        if (status == CLI_DONE && is_answer && is_reached(w, code, r)) {
            status = print_reached(c, w, r);
            paddock_result_free(r);
            return status;
        }
        if (status == CLI_DONE && !is_answer && !is_of_connection(code)) {
            status = cli_fail_code(c, code, PADDOCK_NOT_SENT, w->path);
        }
        paddock_result_free(r);
        int64_t until_ms = w->deadline_ms;
        if (is_of_connection(code) && now_ms(w) + RETRY_MS < until_ms) {
            until_ms = now_ms(w) + RETRY_MS; // no watch was left
        }
        status = status == CLI_DONE ? listen(w, bell, until_ms) : status;
        if (status != CLI_DONE) {
            return status;
        }
        if (now_ms(w) >= w->deadline_ms) {
            return cli_fail(c, CLI_NO, "%s: waited for it %s until --timeout", w->path,
                            goal_text(w));
        }
    }
}

// ---- the command ----

extern const struct cli_command cli_wait;

static int read_goal(struct cli *c, const struct cli_call *call, struct waiting *w)
{
    const char *regex = cli_value(call, "matches"), *children = cli_value(call, "children");
    w->value = cli_value(call, "equals");
    size_t goals = (cli_has(call, "gone") ? 1U : 0) + (w->value != NULL ? 1U : 0) +
                   (regex != NULL ? 1U : 0) + (children != NULL ? 1U : 0);
    if (goals > 1) {
        return cli_usage(c, &cli_wait, "only one of --gone, --equals, --matches, --children");
    }
    w->goal = cli_has(call, "gone") ? GOAL_GONE : w->value != NULL ? GOAL_EQUALS : GOAL_EXISTS;
    if (children != NULL) {
        w->goal = GOAL_CHILDREN;
        return cli_number(c, children, "--children", 0, INT32_MAX, &w->children);
    }
    if (regex != NULL) {
        char why[WHY_BYTES];
        int status = regcomp(&w->regex, regex, REG_EXTENDED | REG_NOSUB);
        if (status != 0) {
            (void)regerror(status, &w->regex, why, sizeof(why));
            return cli_usage(c, &cli_wait, why);
        }
        w->goal = GOAL_MATCHES;
    }
    return CLI_DONE;
}

static int read_timeout(struct cli *c, const struct cli_call *call, struct waiting *w)
{
    const char *text = cli_value(call, "timeout");
    int64_t ms = 0;
    if (text != NULL && !duration_parse(text, &ms)) {
        return cli_usage(c, &cli_wait, "--timeout is a time as 90s, 5m, 500ms");
    }
    w->deadline_ms = text != NULL ? now_ms(w) + ms : INT64_MAX;
    return CLI_DONE;
}

// The watch is taken back, and the bell goes when nothing can ring it any more: behind an answer
// that was made later than the last event. Without such an answer it stays until the program ends.
static void silence(struct cli *c, const struct waiting *w, struct bell *bell)
{
    struct paddock_op op = {.type = PADDOCK_OP_REMOVE_WATCHES,
                            .path = w->path,
                            .watch_kind = PADDOCK_WATCH_ANY,
                            .watch = {.fn = on_change, .ctx = bell},
                            .is_local = true};
    struct paddock_stat stat;
    int code = PADDOCK_CLOSED;
    if (c->zk != NULL) {
        (void)paddock_call(c->zk, &op, NULL);
        code = paddock_exists(c->zk, w->path, &stat);
    }
    if (code == PADDOCK_OK || code == PADDOCK_NO_NODE) {
        mem_free(bell);
    }
}

static int run(struct cli *c, const struct cli_call *call)
{
    struct waiting w = {.cli = c, .path = cli_param(call, 0)};
    int status = read_goal(c, call, &w);
    status = status == CLI_DONE ? read_timeout(c, call, &w) : status;
    if (status == CLI_DONE) {
        struct bell *bell = mem_zalloc(sizeof(*bell));
        bell->host = c->host;
        status = await(&w, bell);
        silence(c, &w, bell);
    }
    if (w.goal == GOAL_MATCHES) {
        regfree(&w.regex);
    }
    return status;
}

static const struct cli_flag flags[] = {
    {.letter = 'g', .name = "gone", .help = "until the node is not there"},
    {.letter = 'e', .name = "equals", .value = "VALUE", .help = "until its data is VALUE"},
    {.letter = 'm',
     .name = "matches",
     .value = "REGEX",
     .help = "until an extended regular expression is found in its data"},
    {.letter = 'c',
     .name = "children",
     .value = "N",
     .kind = CLI_NUMBER,
     .help = "until it has N children"},
    {.letter = 't',
     .name = "timeout",
     .value = "TIME",
     .help = "at most so long: 90s, 5m, 500ms (for ever)"},
};
static const struct cli_param params[] = {{.name = "PATH", .kind = CLI_PATH}};

const struct cli_command cli_wait = {
    .name = "wait",
    .group = CLI_GROUP_TREES,
    .summary = "wait until a node exists, is gone, or has a value",
    .details =
        "Waits until PATH exists, or for what the flag says, and ends at once when that is so "
        "already. It is woken by watches and asks for nothing in between; a value that was there "
        "only for a moment may be missed. A connection that is lost is waited for, too.",
    CLI_FLAGS(flags),
    CLI_PARAMS(params),
    .examples = "wait /app/ready --timeout 2m && start-the-rest # a barrier for a script\n"
                "wait --gone /app/lock # until the lock is free\n"
                "wait /app/state --equals running # until it says so",
    .exits = "1 it did not come about within --timeout",
    .is_json_able = true,
    .run = run,
};
