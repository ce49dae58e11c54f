// SPDX-License-Identifier: Apache-2.0
//
// `register`: an ephemeral node that stays in its place for as long as a command runs, whatever
// becomes of connections and sessions.
#include "cli/holding.h"

enum { LOOK_MS = 200, UNREGISTER_MS = 5000, WAIT_MS = 30000 };

struct service {
    struct cli *c;
    const char *path;
};

// Thread: the library's.
static void on_hold(struct paddock *zk, enum paddock_hold hold, void *ctx)
{
    (void)zk;
    struct service *s = ctx;
    if (hold == PADDOCK_LOST && !s->c->is_quiet) {
        (void)cli_fail(s->c, CLI_DONE, "%s is gone; it is made again", s->path);
    }
}

// Until the command, or without one a signal, ends it.
static int serve(struct cli *c, const char *const *argv)
{
    int signal_number = 0;
    if (argv == NULL || argv[0] == NULL) {
        while (signal_number == 0) {
            c->host->lock();
            (void)c->host->wait(LOOK_MS);
            c->host->unlock();
            signal_number = c->host->interrupted();
        }
        return 128 + signal_number;
    }
    struct cli_child *child = c->host->child_guard(argv, NULL, (struct paddock_bytes){0});
    int exit_code = 0;
    if (child == NULL) {
        return CLI_TROUBLE;
    }
    while (!c->host->child_is_done(child, &exit_code)) {
        c->host->child_wait(child, LOOK_MS);
        signal_number = c->host->interrupted();
        if (signal_number != 0) {
            c->host->child_signal(child, signal_number);
        }
    }
    return exit_code;
}

static int run(struct cli *c, const struct cli_call *call)
{
    struct service s = {c, cli_param(call, 0)};
    struct paddock *zk;
    c->session_flags |= PADDOCK_RENEW;
    int timeout_ms = WAIT_MS;
    const char *timeout = cli_value(call, "timeout");
    int status = cli_check_path(c, s.path, false);
    if (status == CLI_DONE && timeout != NULL) {
        status = holding_seconds(c, timeout, "--timeout", &timeout_ms);
    }
    if (status == CLI_DONE) {
        status = cli_session(c, &zk);
    }
    if (status != CLI_DONE) {
        return status;
    }
    struct paddock_registration *reg;
    int code = paddock_register(zk, s.path, paddock_text(cli_param(call, 1)), on_hold, &s, &reg);
    if (code != PADDOCK_OK) {
        return cli_fail_code(c, code, PADDOCK_NOT_SENT, s.path);
    }
    code = paddock_registration_wait(reg, timeout_ms);
    if (code == PADDOCK_OK) {
        status = serve(c, cli_rest(call));
    } else {
        status = holding_fail(c, code, s.path, "another session's node is in the place");
    }
    (void)paddock_unregister(reg, paddock_lease_ms(zk) > 0 ? UNREGISTER_MS : 0);
    return status;
}

static const struct cli_flag flags[] = {
    {.name = "timeout",
     .value = "S",
     .help = "seconds to wait for the place, which a former session may still have (30)"}};
static const struct cli_param params[] = {{.name = "PATH", .kind = CLI_PATH},
                                          {.name = "VALUE", .help = "the data of the node"}};

const struct cli_command cli_register = {
    .name = "register",
    .group = CLI_GROUP_RECIPES,
    .summary = "keep an ephemeral node in its place while a command runs",
    .details = "Makes the node, runs CMD, takes the node away when CMD ends; without CMD, until a "
               "signal comes. The node is made again when somebody deletes it and when the "
               "session was lost; CMD goes on meanwhile. CMD is killed when paddock is.",
    CLI_FLAGS(flags),
    CLI_PARAMS(params),
    .rest = "CMD [ARG...]",
    .examples = "paddock register /services/web/\"$HOSTNAME\" 10.0.0.7:8080 -- ./web",
    .exits = "1 another session's node was in the place for --timeout\n"
             "N any other: the exit code of CMD",
    .run = run,
};
