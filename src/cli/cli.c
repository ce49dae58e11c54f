// SPDX-License-Identifier: Apache-2.0
//
// The session of a command and the words in which it fails.
#include "cli/cli.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/number.h"
#include "cli/help.h"
#include "cli/path_text.h"

enum { TROUBLE_BYTES = 400, TIMEOUT_MS_DEFAULT = 30000, REFUSED_MS = 1500 };

// ---- failing ----

const char *cli_colour(const struct cli *c, char which)
{
    static const struct {
        char which;
        const char *sequence;
    } colours[] = {
        {'r', "\033[31m"}, {'g', "\033[32m"}, {'y', "\033[33m"}, {'b', "\033[34m"},
        {'d', "\033[2m"},  {'B', "\033[1m"},  {'0', "\033[0m"},
    };
    for (size_t i = 0; c->is_coloured && i < sizeof(colours) / sizeof(colours[0]); i++) {
        if (colours[i].which == which) {
            return colours[i].sequence;
        }
    }
    return "";
}

// zkCli's messages stand alone; ours say who speaks, as programs in a pipe should.
static void print_failure(struct cli *c, const char *format, va_list args)
{
    (void)fflush(c->out); // so that a terminal shows both in order
    if (c->style == CLI_STYLE_ZKCLI || c->is_interactive) {
        (void)vfprintf(c->err, format, args);
        (void)fputc('\n', c->err);
        return;
    }
    (void)fprintf(c->err, "%s%s:%s ", cli_colour(c, 'r'), c->program, cli_colour(c, '0'));
    (void)vfprintf(c->err, format, args);
    (void)fputc('\n', c->err);
}

// zkCli knows 0, 1, 2 (a bad client configuration) and 127.
static int exit_code_in_style(const struct cli *c, int exit_code)
{
    return c->style == CLI_STYLE_ZKCLI && exit_code == CLI_USAGE ? CLI_NO : exit_code;
}

int cli_fail(struct cli *c, int exit_code, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    print_failure(c, format, args);
    va_end(args);
    return exit_code_in_style(c, exit_code);
}

// Codes for which zkCli has a text of its own; all others show the exception's.
// Source: CliWrapperException.getMessage.
static const struct {
    int code;
    const char *before; // the path
    bool names_path;
} messages[] = {
    {PADDOCK_NO_NODE, "Node does not exist: ", true},
    {PADDOCK_NO_CHILDREN_FOR_EPHEMERALS, "Ephemerals cannot have children: ", true},
    {PADDOCK_NODE_EXISTS, "Node already exists: ", true},
    {PADDOCK_NOT_EMPTY, "Node not empty: ", true},
    {PADDOCK_NOT_READ_ONLY, "Not a read-only call: ", true},
    {PADDOCK_INVALID_ACL, "Acl is not valid : ", true},
    {PADDOCK_NO_AUTH, "Insufficient permission : ", true},
    {PADDOCK_BAD_ARGUMENTS, "Arguments are not valid : ", true},
    {PADDOCK_BAD_VERSION, "version No is not valid : ", true},
    {PADDOCK_QUOTA_EXCEEDED, "Quota has exceeded : ", true},
    {PADDOCK_RECONFIG_IN_PROGRESS,
     "Another reconfiguration is in progress -- concurrent reconfigs not supported (yet)", false},
    // "commmitted" is zkCli's own.
    {PADDOCK_NEW_CONFIG_NO_QUORUM,
     "No quorum of new config is connected and up-to-date with the leader of last commmitted "
     "config - try invoking reconfiguration after new servers are connected and synced",
     false},
};

static bool is_of_connection(int code)
{
    return code == PADDOCK_CONNECTION_LOSS || code == PADDOCK_OPERATION_TIMEOUT;
}

// Names of codes in exceptions' texts, where they differ from the codes' own.
// Source: KeeperException.getCodeMessage.
static const struct {
    int code;
    const char *text;
} java_names[] = {
    {PADDOCK_SESSION_EXPIRED, "Session expired"},
    {PADDOCK_INVALID_CALLBACK, "Invalid callback"},
    {PADDOCK_SESSION_MOVED, "Session moved"},
    {PADDOCK_EPHEMERAL_ON_LOCAL_SESSION, "Ephemeral node on local session"},
    {PADDOCK_NO_WATCHER, "No such watcher"},
    {PADDOCK_RECONFIG_DISABLED, "Reconfig is disabled"},
    {PADDOCK_SESSION_CLOSED_REQUIRE_SASL_AUTH,
     "Session closed because client failed to authenticate"},
    {PADDOCK_THROTTLED_OP, "Op throttled due to high load"},
    {PADDOCK_OPERATION_TIMEOUT, "ConnectionLoss"}, // Java's requests have no deadline of their own
    {PADDOCK_CLOSED, "Session expired"},
    // What has a message above has these names in other places.
    {PADDOCK_NOT_EMPTY, "Directory not empty"},
    {PADDOCK_NOT_READ_ONLY, "Not a read-only call"},
    {PADDOCK_QUOTA_EXCEEDED, "Quota has exceeded"},
};

const char *cli_code_text(const struct cli *c, int code)
{
    for (size_t i = 0; i < sizeof(java_names) / sizeof(java_names[0]); i++) {
        if (java_names[i].code == code &&
            (c->style == CLI_STYLE_ZKCLI || code != PADDOCK_OPERATION_TIMEOUT)) {
            return java_names[i].text;
        }
    }
    return paddock_code_name(code);
}

static int exit_code_of(const struct cli *c, int code, enum paddock_fate fate)
{
    if (c->style == CLI_STYLE_ZKCLI) {
        return CLI_NO;
    }
    if (code == PADDOCK_SESSION_EXPIRED || (is_of_connection(code) && fate == PADDOCK_UNKNOWN)) {
        return CLI_LOST;
    }
    if (is_of_connection(code)) {
        return CLI_NO_CONNECTION;
    }
    return code == PADDOCK_NO_MEMORY || code == PADDOCK_NO_RESOURCES ? CLI_TROUBLE : CLI_NO;
}

int cli_fail_code(struct cli *c, int code, enum paddock_fate fate, const char *path)
{
    ASSERT(code != PADDOCK_OK);
    int exit_code = exit_code_of(c, code, fate);
    for (size_t i = 0; i < sizeof(messages) / sizeof(messages[0]); i++) {
        if (messages[i].code == code) {
            return cli_fail(c, exit_code, "%s%s", messages[i].before,
                            messages[i].names_path && path != NULL ? path : "");
        }
    }
    const char *name = cli_code_text(c, code);
    bool has_path = path != NULL && *path != '\0';
    const char *fate_text = "";
    char trouble[TROUBLE_BYTES] = "";
    if (c->style == CLI_STYLE_PADDOCK && fate != PADDOCK_ANSWERED) {
        fate_text = fate == PADDOCK_UNKNOWN ? ": sent, but not answered: it may have been executed"
                                            : ": not executed";
        if (c->zk != NULL && is_of_connection(code)) {
            paddock_trouble(c->zk, trouble, sizeof(trouble));
        }
    }
    return cli_fail(c, exit_code, "KeeperErrorCode = %s%s%s%s%s%s", name, has_path ? " for " : "",
                    has_path ? path : "", fate_text, trouble[0] != '\0' ? "; " : "", trouble);
}

int cli_usage(struct cli *c, const struct cli_command *command, const char *reason)
{
    (void)fflush(c->out);
    if (reason != NULL && c->style == CLI_STYLE_PADDOCK) {
        (void)cli_fail(c, CLI_USAGE, "%s: %s", command->name, reason);
    }
    (void)fprintf(c->err, c->style == CLI_STYLE_ZKCLI || c->is_interactive ? "" : "usage: ");
    help_usage(c, command, c->err);
    return c->style == CLI_STYLE_ZKCLI ? CLI_NO : CLI_USAGE;
}

// ---- asking ----

bool cli_read_line(struct buf *line)
{
    buf_clear(line);
    int c = getc(stdin);
    for (; c != EOF && c != '\n'; c = getc(stdin)) {
        buf_put_u8(line, (uint8_t)c);
    }
    return c != EOF || line->len > 0;
}

bool cli_confirm(struct cli *c, bool unasked, const char *format, ...)
{
    if (!c->host->in_is_tty || !c->host->err_is_tty || c->is_yes) {
        return c->is_yes || unasked;
    }
    va_list args;
    va_start(args, format);
    (void)vfprintf(c->err, format, args);
    va_end(args);
    (void)fputs(" [y/N] ", c->err);
    (void)fflush(c->err);
    char answer[16] = "";
    return fgets(answer, sizeof(answer), stdin) != NULL && (answer[0] == 'y' || answer[0] == 'Y');
}

int cli_number(struct cli *c, const char *text, const char *what, int64_t min, int64_t max,
               int64_t *ret)
{
    if (!number_parse(slice_str(text), min, max, ret)) {
        return cli_fail(c, CLI_USAGE,
                        "%s is a whole number from %" PRId64 " to %" PRId64 ", not %s", what, min,
                        max, text);
    }
    return CLI_DONE;
}

int cli_version_flag(struct cli *c, const struct cli_call *call, struct paddock_op *op)
{
    const char *text = cli_value(call, "v");
    int64_t version = -1;
    if (text != NULL && c->style == CLI_STYLE_ZKCLI) {
        if (!number_parse(slice_str(text), INT32_MIN, INT32_MAX, &version)) {
            return cli_fail(c, CLI_NO, "For input string: \"%s\"", text);
        }
    } else if (text != NULL &&
               cli_number(c, text, "the version", INT32_MIN, INT32_MAX, &version) != CLI_DONE) {
        return CLI_USAGE;
    }
    op->is_versioned = version != -1;
    op->version = (int32_t)version;
    return CLI_DONE;
}

// ---- the session ----

static void leave_to_session(struct paddock *zk, const struct paddock_event *event, void *ctx)
{
    (void)zk;
    (void)event;
    (void)ctx;
}

struct paddock_watch cli_watch(bool is_wanted)
{
    return (struct paddock_watch){.fn = is_wanted ? leave_to_session : NULL};
}

const char *cli_servers(const struct cli *c)
{
    return c->servers != NULL ? c->servers : "localhost:2181";
}

static int authenticate(struct cli *c)
{
    for (size_t i = 0; i < c->auth_count; i++) {
        int code =
            paddock_add_auth(c->zk, c->auths[i].scheme, paddock_text(c->auths[i].credential));
        if (code != PADDOCK_OK) {
            return cli_fail(c, CLI_NO, "%s refuses the credential for %s: %s", cli_servers(c),
                            c->auths[i].scheme, paddock_code_name(code));
        }
    }
    return CLI_DONE;
}

static int open_session(struct cli *c)
{
    struct paddock_options options = {
        .servers = cli_servers(c),
        .session_timeout_ms = c->session_timeout_ms,
        .flags = c->session_flags | (c->is_read_only_ok ? PADDOCK_READ_ONLY_OK : 0),
        .on_event = c->on_event,
        .ctx = c,
    };
    int code = c->host->open(&options, &c->zk);
    if (code == PADDOCK_BAD_ARGUMENTS) {
        return cli_fail(c, CLI_USAGE,
                        "not a list of servers: %s; write HOST:PORT[,HOST:PORT][/PATH]",
                        cli_servers(c));
    }
    return code == PADDOCK_OK
               ? CLI_DONE
               : cli_fail(c, CLI_TROUBLE, "cannot start a session: %s", paddock_code_name(code));
}

int cli_open(struct cli *c)
{
    return c->zk != NULL ? CLI_DONE : open_session(c);
}

static int timeout_ms_of(const struct cli *c)
{
    return c->session_timeout_ms > 0 ? c->session_timeout_ms : TIMEOUT_MS_DEFAULT;
}

// Java gives up the requests that wait when a server refuses; so does zkCli's style, after a time
// in which a list of servers has been tried.
static bool wait_like_java(struct cli *c)
{
    int64_t begun_ns = clock_mono_ns(c->host->clock);
    while (paddock_state(c->zk) == PADDOCK_STATE_CONNECTING) {
        int code = paddock_connect(c->zk, REFUSED_MS / 20);
        int64_t waited_ms = (clock_mono_ns(c->host->clock) - begun_ns) / 1000000;
        char trouble[TROUBLE_BYTES];
        paddock_trouble(c->zk, trouble, sizeof(trouble));
        if (code == PADDOCK_OPERATION_TIMEOUT &&
            (waited_ms > timeout_ms_of(c) || (waited_ms > REFUSED_MS && trouble[0] != '\0'))) {
            return false;
        }
        if (code != PADDOCK_OK && code != PADDOCK_OPERATION_TIMEOUT) {
            break; // the request says why
        }
    }
    return true;
}

// In the shell ^C ends the wait for a server that is not there.
static bool wait_for_user(struct cli *c)
{
    int64_t begun_ns = clock_mono_ns(c->host->clock);
    while (paddock_state(c->zk) == PADDOCK_STATE_CONNECTING) {
        int64_t waited_ms = (clock_mono_ns(c->host->clock) - begun_ns) / 1000000;
        if (waited_ms > timeout_ms_of(c) || c->host->interrupted() != 0) {
            return false;
        }
        (void)paddock_connect(c->zk, REFUSED_MS / 20);
    }
    return true;
}

static bool is_server_there(struct cli *c)
{
    if (c->style == CLI_STYLE_ZKCLI) {
        return wait_like_java(c);
    }
    return !c->is_interactive || wait_for_user(c);
}

int cli_session(struct cli *c, struct paddock **ret)
{
    if (c->zk == NULL) {
        int status = open_session(c);
        if (status != CLI_DONE) {
            return status;
        }
        int code = paddock_connect(c->zk, timeout_ms_of(c));
        char trouble[TROUBLE_BYTES];
        paddock_trouble(c->zk, trouble, sizeof(trouble));
        if (code != PADDOCK_OK) {
            return cli_fail(c, c->style == CLI_STYLE_ZKCLI ? CLI_NO : CLI_NO_CONNECTION,
                            "no connection to %s: %s", cli_servers(c),
                            trouble[0] != '\0' ? trouble : paddock_code_name(code));
        }
        status = authenticate(c);
        if (status != CLI_DONE) {
            return status;
        }
    }
    *ret = c->zk;
    return CLI_DONE;
}

// ---- one request ----

int cli_check_path(struct cli *c, const char *path, bool is_sequential)
{
    struct buf why = {0};
    bool is_legal = path_text_check(path, is_sequential, &why);
    int status = is_legal ? CLI_DONE
                          : cli_fail(c, c->style == CLI_STYLE_ZKCLI ? CLI_NO : CLI_USAGE, "%s",
                                     buf_cstr(&why));
    buf_fini(&why);
    return status;
}

static int check_op(struct cli *c, const struct paddock_op *op)
{
    bool is_sequential =
        op->type == PADDOCK_OP_CREATE &&
        (op->mode == PADDOCK_PERSISTENT_SEQUENTIAL || op->mode == PADDOCK_EPHEMERAL_SEQUENTIAL ||
         op->mode == PADDOCK_PERSISTENT_SEQUENTIAL_TTL);
    return op->path == NULL || op->type == PADDOCK_OP_RECONFIG
               ? CLI_DONE
               : cli_check_path(c, op->path, is_sequential);
}

int cli_try(struct cli *c, const struct paddock_op *op, int *ret_code, struct paddock_result **ret)
{
    struct paddock *zk = NULL;
    *ret = NULL;
    int status = check_op(c, op);
    if (status == CLI_DONE) {
        status = cli_session(c, &zk);
    }
    if (status != CLI_DONE) {
        return status;
    }
    *ret_code = is_server_there(c) ? paddock_call(zk, op, ret) : PADDOCK_CONNECTION_LOSS;
    return CLI_DONE;
}

int cli_call(struct cli *c, const struct paddock_op *op, struct paddock_result **ret)
{
    struct paddock_result *result = NULL;
    int code = PADDOCK_OK;
    int status = cli_try(c, op, &code, &result);
    if (status != CLI_DONE) {
        return status;
    }
    if (code != PADDOCK_OK) {
        enum paddock_fate fate = result != NULL ? result->fate : PADDOCK_NOT_SENT;
        paddock_result_free(result);
        return cli_fail_code(c, code, fate, op->path);
    }
    if (ret != NULL) {
        *ret = result;
    } else {
        paddock_result_free(result);
    }
    return CLI_DONE;
}
