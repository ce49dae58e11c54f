// SPDX-License-Identifier: Apache-2.0
//
// `barrier`, `counter` and `queue` for shell scripts: a word that says what to do, and a path.
#include <inttypes.h>
#include <string.h>

#include "cli/holding.h"
#include "cli/json.h"

extern const struct cli_command cli_barrier, cli_counter, cli_queue;

enum { SLICE_MS = 200, ANSWER_MS = 30000 };

// What a command needs: --timeout (-1: none was given), the path, a session.
struct step {
    const char *verb, *path;
    int timeout_ms;
    struct paddock *zk;
};

static int begin(struct cli *c, const struct cli_call *call, struct step *ret)
{
    const char *timeout = cli_value(call, "timeout");
    *ret = (struct step){.verb = cli_param(call, 0), .path = cli_param(call, 1), .timeout_ms = -1};
    if (timeout != NULL && holding_seconds(c, timeout, "--timeout", &ret->timeout_ms) != CLI_DONE) {
        return CLI_USAGE;
    }
    int status = cli_check_path(c, ret->path, false);
    return status == CLI_DONE ? cli_session(c, &ret->zk) : status;
}

// The time for what only needs an answer.
static int answer_ms(const struct step *s)
{
    return s->timeout_ms > 0 ? s->timeout_ms : ANSWER_MS;
}

static bool is_verb(const struct step *s, const char *verb)
{
    return strcmp(s->verb, verb) == 0;
}

// Repeat a call that waits, in slices, so that signals are heard. *ret_signal is 0 without one.
static int wait_in_slices(struct cli *c, const struct step *s, int late_code,
                          int (*wait)(const struct step *s, int timeout_ms, void *ctx), void *ctx,
                          int *ret_signal)
{
    int64_t begun_ms = clock_mono_ms(c->host->clock);
    int code;
    bool is_late;
    do {
        int64_t waited_ms = clock_mono_ms(c->host->clock) - begun_ms;
        int64_t left_ms = s->timeout_ms < 0 ? SLICE_MS : s->timeout_ms - waited_ms;
        is_late = left_ms <= 0;
        code = wait(s, left_ms > SLICE_MS ? SLICE_MS : is_late ? 0 : (int)left_ms, ctx);
        *ret_signal = c->host->interrupted();
    } while (code == late_code && !is_late && *ret_signal == 0);
    return code;
}

// ---- barrier ----

static int wait_at_barrier(const struct step *s, int timeout_ms, void *ctx)
{
    (void)ctx;
    return paddock_barrier_wait(s->zk, s->path, timeout_ms > 0 ? timeout_ms : 1);
}

static enum paddock_hold session_hold(void *ctx)
{
    return paddock_state(ctx) == PADDOCK_STATE_CONNECTED ? PADDOCK_HELD
           : paddock_lease_ms(ctx) > 0                   ? PADDOCK_UNSURE
                                                         : PADDOCK_LOST;
}

// Begin together, run the command if there is one, end together.
static int meet(struct cli *c, const struct cli_call *call, const struct step *s)
{
    int64_t count;
    struct paddock_double_barrier *b;
    struct holding h = {.what = "the barrier", .argv = cli_rest(call), .hold = session_hold};
    if (cli_param(call, 2) == NULL) {
        return cli_usage(c, &cli_barrier, "enter needs the number of members");
    }
    if (cli_number(c, cli_param(call, 2), "the number of members", 1, INT32_MAX, &count) != 0 ||
        holding_flags(c, call, &h) != CLI_DONE) {
        return CLI_USAGE;
    }
    int wait_ms = s->timeout_ms > 0 ? s->timeout_ms : s->timeout_ms == 0 ? 1 : INT32_MAX;
    int code = paddock_double_barrier_new(s->zk, s->path, (int)count, &b);
    int status = CLI_DONE;
    if (code == PADDOCK_OK) {
        code = paddock_double_barrier_enter(b, wait_ms);
    }
    if (code == PADDOCK_OK && h.argv != NULL && h.argv[0] != NULL) {
        h.ctx = s->zk;
        status = holding_run(c, &h);
    }
    if (code == PADDOCK_OK && status != CLI_LOST) {
        code = paddock_double_barrier_leave(b, wait_ms);
    }
    paddock_double_barrier_free(b);
    return code == PADDOCK_OK ? status
                              : holding_fail(c, code, s->path, "the others did not come in time");
}

static int run_barrier(struct cli *c, const struct cli_call *call)
{
    struct step s;
    int status = begin(c, call, &s);
    if (status != CLI_DONE) {
        return status;
    }
    int code = PADDOCK_OK;
    int signal_number = 0;
    if (is_verb(&s, "enter")) {
        return meet(c, call, &s);
    }
    if (is_verb(&s, "set")) {
        code = paddock_barrier_set(s.zk, s.path, answer_ms(&s));
    } else if (is_verb(&s, "remove")) {
        code = paddock_barrier_remove(s.zk, s.path, answer_ms(&s));
    } else if (is_verb(&s, "wait")) {
        code =
            wait_in_slices(c, &s, PADDOCK_OPERATION_TIMEOUT, wait_at_barrier, NULL, &signal_number);
    } else {
        return cli_usage(c, &cli_barrier, "the first word is set, wait, remove or enter");
    }
    return signal_number != 0   ? 128 + signal_number
           : code == PADDOCK_OK ? CLI_DONE
                                : holding_fail(c, code, s.path, "the barrier is still there");
}

// ---- counter ----

static int print_number(struct cli *c, const char *path, int64_t value)
{
    if (c->is_json) {
        struct json *o = json_new_object();
        json_put(o, "path", json_new_cstr(path));
        json_put(o, "value", json_new_int(value));
        return cli_print_json(c, o);
    }
    (void)fprintf(c->out, "%" PRId64 "\n", value);
    return CLI_DONE;
}

static int change_counter(struct cli *c, const struct cli_call *call, const struct step *s,
                          enum paddock_counter_format format, int64_t *value)
{
    const char *word = cli_param(call, 2);
    int64_t number = 1, expected = 0;
    const char *was = cli_value(call, "if");
    if (word == NULL && is_verb(s, "set")) {
        return cli_usage(c, &cli_counter, "set needs a number");
    }
    if (word != NULL && cli_number(c, word, "the number", INT64_MIN, INT64_MAX, &number) != 0) {
        return CLI_USAGE;
    }
    if (was != NULL && cli_number(c, was, "--if", INT64_MIN, INT64_MAX, &expected) != 0) {
        return CLI_USAGE;
    }
    *value = number;
    int code = is_verb(s, "add")
                   ? paddock_counter_add(s->zk, s->path, format, number, answer_ms(s), value)
                   : paddock_counter_set(s->zk, s->path, format, was != NULL ? &expected : NULL,
                                         number, answer_ms(s));
    if (code == PADDOCK_BAD_VERSION) {
        return cli_fail(c, CLI_NO, "%s does not have the value %s", s->path, was);
    }
    return code == PADDOCK_OK ? CLI_DONE : holding_fail(c, code, s->path, "no answer in time");
}

static int run_counter(struct cli *c, const struct cli_call *call)
{
    struct step s;
    int status = begin(c, call, &s);
    if (status != CLI_DONE) {
        return status;
    }
    const char *word = cli_value(call, "format");
    enum paddock_counter_format format = word == NULL || strcmp(word, "long") == 0
                                             ? PADDOCK_COUNTER_LONG
                                         : strcmp(word, "int") == 0 ? PADDOCK_COUNTER_INT
                                                                    : PADDOCK_COUNTER_TEXT;
    int64_t value = 0;
    if (is_verb(&s, "get")) {
        int code = paddock_counter_get(s.zk, s.path, format, &value);
        status = code == PADDOCK_OK ? CLI_DONE : holding_fail(c, code, s.path, "no answer in time");
    } else if (is_verb(&s, "add") || is_verb(&s, "set")) {
        status = change_counter(c, call, &s, format, &value);
    } else {
        return cli_usage(c, &cli_counter, "the first word is get, add or set");
    }
    return status == CLI_DONE ? print_number(c, s.path, value) : status;
}

// ---- queue ----

static int take_slice(const struct step *s, int timeout_ms, void *ctx)
{
    return paddock_queue_take(s->zk, s->path, timeout_ms, ctx);
}

static int print_item(struct cli *c, const struct paddock_result *r)
{
    if (c->is_json) {
        struct json *o = json_new_object();
        cli_json_data(o, r->data);
        json_put(o, "stat", cli_json_stat(&r->stat));
        return cli_print_json(c, o);
    }
    (void)fwrite(r->data.bytes != NULL ? r->data.bytes : "", 1, r->data.len, c->out);
    (void)fputc('\n', c->out);
    return fflush(c->out) == 0 ? CLI_DONE : CLI_TROUBLE;
}

static int take(struct cli *c, const struct step *s)
{
    struct paddock_result *r = NULL;
    int signal_number = 0;
    int code = wait_in_slices(c, s, PADDOCK_NO_NODE, take_slice, &r, &signal_number);
    int status = r != NULL ? print_item(c, r) : CLI_DONE;
    paddock_result_free(r);
    if (r != NULL && code == PADDOCK_CONNECTION_LOSS) {
        return cli_fail(c, CLI_LOST, "%s: the answer was lost; another may have taken it, too",
                        s->path);
    }
    if (code == PADDOCK_OK) {
        return status;
    }
    return signal_number != 0        ? 128 + signal_number
           : code == PADDOCK_NO_NODE ? cli_fail(c, CLI_NO, "%s: the queue is empty", s->path)
                                     : holding_fail(c, code, s->path, "no answer in time");
}

static int list_items(struct cli *c, const struct step *s)
{
    struct paddock_result *r;
    int code = paddock_contenders(s->zk, s->path, &r); // in the order of their numbers
    if (code != PADDOCK_OK) {
        paddock_result_free(r);
        return holding_fail(c, code, s->path, "no answer in time");
    }
    struct json *names = c->is_json ? json_new_array() : NULL;
    for (size_t i = 0; i < r->string_count; i++) {
        bool is_item = strncmp(r->strings[i], "qn-", 3) == 0;
        if (is_item && names != NULL) {
            json_append(names, json_new_cstr(r->strings[i]));
        } else if (is_item) {
            (void)fprintf(c->out, "%s\n", r->strings[i]);
        }
    }
    paddock_result_free(r);
    return names != NULL ? cli_print_json(c, names) : CLI_DONE;
}

static int put(struct cli *c, const struct step *s, const char *item)
{
    struct paddock_result *r;
    if (item == NULL) {
        return cli_usage(c, &cli_queue, "put needs an item");
    }
    int code = paddock_queue_put(s->zk, s->path, paddock_text(item), answer_ms(s), &r);
    int status = CLI_DONE;
    if (code != PADDOCK_OK) {
        status = holding_fail(c, code, s->path, "no answer in time");
    } else if (!c->is_quiet) {
        (void)fprintf(c->err, "Created %s\n", r->path);
    }
    paddock_result_free(r);
    return status;
}

static int run_queue(struct cli *c, const struct cli_call *call)
{
    struct step s;
    int status = begin(c, call, &s);
    if (status != CLI_DONE) {
        return status;
    }
    if (is_verb(&s, "put")) {
        return put(c, &s, cli_param(call, 2));
    }
    if (is_verb(&s, "take")) {
        return take(c, &s);
    }
    return is_verb(&s, "list") ? list_items(c, &s)
                               : cli_usage(c, &cli_queue, "the first word is put, take or list");
}

// ---- descriptions ----

#define TIMEOUT_FLAG(text)                                                                         \
    {                                                                                              \
        .name = "timeout", .value = "S", .help = (text)                                            \
    }

static const struct cli_flag barrier_flags[] = {
    TIMEOUT_FLAG("seconds to wait for the others; 0: do not wait (for ever)"),
    HOLDING_FLAGS,
};
static const struct cli_param barrier_params[] = {
    {.name = "VERB", .kind = CLI_WORD, .words = "set wait remove enter"},
    {.name = "PATH", .kind = CLI_PATH},
    {.name = "N", .kind = CLI_NUMBER, .count = CLI_OPTIONAL, .help = "of enter: the members"},
};

const struct cli_command cli_barrier = {
    .name = "barrier",
    .group = CLI_GROUP_RECIPES,
    .summary = "wait for each other: set, wait, remove; or enter PATH N",
    .details = "set closes the barrier, wait waits until it is removed (Curator's "
               "DistributedBarrier). enter waits until N members are there, runs CMD if there is "
               "one, and waits until all are done (DistributedDoubleBarrier).",
    CLI_FLAGS(barrier_flags),
    CLI_PARAMS(barrier_params),
    .rest = "CMD [ARG...]",
    .examples = "paddock barrier enter /app/start 3 -- ./benchmark.sh\n"
                "paddock barrier wait /app/upgrade --timeout 60",
    .exits = "1 it did not open, or the others did not come, within --timeout\n"
             "4 the session was lost while CMD ran, and CMD was stopped",
    .run = run_barrier,
};

static const struct cli_flag counter_flags[] = {
    {.name = "if", .value = "N", .kind = CLI_NUMBER, .help = "set only while it has this value"},
    {.name = "format",
     .value = "FORMAT",
     .kind = CLI_WORD,
     .words = "long int text",
     .help = "8 bytes (DistributedAtomicLong), 4 bytes (SharedCount) or decimal (kazoo) (long)"},
    TIMEOUT_FLAG("seconds to wait for a server (30)"),
};
static const struct cli_param counter_params[] = {
    {.name = "VERB", .kind = CLI_WORD, .words = "get add set"},
    {.name = "PATH", .kind = CLI_PATH},
    {.name = "N", .kind = CLI_NUMBER, .count = CLI_OPTIONAL, .help = "add adds 1 without it"},
};

const struct cli_command cli_counter = {
    .name = "counter",
    .group = CLI_GROUP_RECIPES,
    .summary = "a number that many change: get, add, set; prints the value",
    .details = "A counter that is not there has the value 0 and is made by the first change.",
    CLI_FLAGS(counter_flags),
    CLI_PARAMS(counter_params),
    .examples = "build=$(paddock counter add /app/builds)\n"
                "paddock counter set /app/limit 10 --if 5",
    .exits = "1 it has another value than --if says, or is no number of this format\n"
             "4 the answer was lost and others have changed it since: counted once, or not",
    .is_json_able = true,
    .run = run_counter,
};

static const struct cli_flag queue_flags[] = {
    TIMEOUT_FLAG("seconds to wait for an item; 0: do not wait (for ever)"),
};
static const struct cli_param queue_params[] = {
    {.name = "VERB", .kind = CLI_WORD, .words = "put take list"},
    {.name = "PATH", .kind = CLI_PATH},
    {.name = "ITEM", .count = CLI_OPTIONAL, .help = "of put"},
};

const struct cli_command cli_queue = {
    .name = "queue",
    .group = CLI_GROUP_RECIPES,
    .summary = "first in, first out: put PATH ITEM, take PATH, list PATH",
    .details = "take waits for an item, removes it and prints it: one item goes to one taker. The "
               "nodes are those of Curator's SimpleDistributedQueue.",
    CLI_FLAGS(queue_flags),
    CLI_PARAMS(queue_params),
    .examples = "paddock queue put /app/jobs 'resize 17.jpg'\n"
                "while job=$(paddock queue take /app/jobs --timeout 60); do $job; done",
    .exits = "1 there was none within --timeout\n"
             "4 the answer was lost: put once or not; what take printed may be another's, too",
    .is_json_able = true,
    .run = run_queue,
};
