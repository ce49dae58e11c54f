// SPDX-License-Identifier: Apache-2.0
//
// The loop looks at the hold, which reads the lease against the clock: no news from the library's
// thread is needed for the command to be stopped in time.
#include "cli/holding.h"
#include "base/number.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { LOOK_MS = 50, KILL_MARGIN_MS = 100, GRACE_SHARE = 10 };

enum phase { RUNNING, TOLD, KILLED };

struct run {
    struct cli *c;
    const struct holding *h;
    struct cli_child *child;
    enum phase phase;
    int64_t told_ms;
    int grace_ms;
};

static int64_t now_ms(const struct cli *c)
{
    return clock_mono_ms(c->host->clock);
}

static int grace_of(const struct cli *c, const struct holding *h)
{
    struct paddock_session_info session;
    paddock_session(c->zk, &session);
    return h->grace_ms >= 0 ? h->grace_ms : session.timeout_ms / GRACE_SHARE;
}

static void tell(struct run *r, enum paddock_hold hold)
{
    (void)cli_fail(r->c, CLI_LOST, "%s %s: %s is stopped", r->h->what,
                   hold == PADDOCK_LOST ? "is lost" : "cannot be kept, no server is reached",
                   r->h->argv[0]);
    r->c->host->child_signal(r->child, r->h->signal_number);
    r->phase = TOLD;
    r->told_ms = now_ms(r->c);
}

static void look(struct run *r)
{
    enum paddock_hold hold = r->h->hold(r->h->ctx);
    int lease_ms = paddock_lease_ms(r->c->zk);
    bool is_ending = hold == PADDOCK_UNSURE && lease_ms <= r->grace_ms + KILL_MARGIN_MS;
    if (r->phase == RUNNING && (hold == PADDOCK_LOST || is_ending)) {
        tell(r, hold);
    }
    bool is_over = hold == PADDOCK_UNSURE && lease_ms <= KILL_MARGIN_MS;
    if (r->phase == TOLD && (is_over || now_ms(r->c) - r->told_ms >= r->grace_ms)) {
        r->c->host->child_signal(r->child, SIGKILL);
        r->phase = KILLED;
    }
}

// What we are told, the command is told; a terminal tells both by itself.
static void pass_on(struct run *r)
{
    int signal_number = r->c->host->interrupted();
    if (signal_number != 0 && !(signal_number == SIGINT && r->c->host->in_is_tty)) {
        r->c->host->child_signal(r->child, signal_number);
    }
}

int holding_run(struct cli *c, const struct holding *h)
{
    struct run r = {.c = c, .h = h, .grace_ms = grace_of(c, h)};
    (void)fflush(c->out);
    if (h->hold(h->ctx) == PADDOCK_LOST) {
        return cli_fail(c, CLI_LOST, "%s was lost before %s began", h->what, h->argv[0]);
    }
    r.child = c->host->child_guard(h->argv, h->vars, (struct paddock_bytes){0});
    if (r.child == NULL) {
        return CLI_TROUBLE;
    }
    int exit_code = 0;
    while (!c->host->child_is_done(r.child, &exit_code)) {
        pass_on(&r);
        look(&r);
        c->host->child_wait(r.child, LOOK_MS);
    }
    return r.phase == RUNNING ? exit_code : CLI_LOST;
}

// ---- flags ----

static const struct {
    const char *name;
    int number;
} signals[] = {
    {"HUP", SIGHUP},   {"INT", SIGINT},   {"QUIT", SIGQUIT}, {"KILL", SIGKILL},
    {"USR1", SIGUSR1}, {"USR2", SIGUSR2}, {"TERM", SIGTERM}, {"STOP", SIGSTOP},
};

static int signal_of(const char *text)
{
    const char *name = strncasecmp(text, "SIG", 3) == 0 ? text + 3 : text;
    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
        if (strcasecmp(name, signals[i].name) == 0) {
            return signals[i].number;
        }
    }
    int64_t number = 0;
    return number_parse(slice_str(text), 1, 64, &number) ? (int)number : 0;
}

int holding_seconds(struct cli *c, const char *text, const char *what, int *ret_ms)
{
    enum { SECONDS_MAX = 2000000 };
    double seconds;
    if (!number_parse_real(slice_str(text), 0, SECONDS_MAX, &seconds)) {
        return cli_fail(c, CLI_USAGE, "%s is a number of seconds from 0 to %d, not %s", what,
                        SECONDS_MAX, text);
    }
    *ret_ms = (int)(seconds * 1000);
    return CLI_DONE;
}

int holding_flags(struct cli *c, const struct cli_call *call, struct holding *h)
{
    const char *name = cli_value(call, "signal");
    const char *grace = cli_value(call, "grace");
    h->signal_number = name != NULL ? signal_of(name) : SIGTERM;
    h->grace_ms = -1;
    if (h->signal_number == 0) {
        return cli_fail(c, CLI_USAGE, "no such signal: %s; write TERM, INT, HUP, ... or a number",
                        name);
    }
    return grace != NULL ? holding_seconds(c, grace, "--grace", &h->grace_ms) : CLI_DONE;
}

int holding_fail(struct cli *c, int code, const char *path, const char *late)
{
    if (code == PADDOCK_OPERATION_TIMEOUT) {
        return cli_fail(c, CLI_NO, "%s: %s", path, late);
    }
    return cli_fail_code(
        c, code, code == PADDOCK_CONNECTION_LOSS ? PADDOCK_UNKNOWN : PADDOCK_ANSWERED, path);
}
