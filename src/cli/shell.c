// SPDX-License-Identifier: Apache-2.0
//
// Lines come from the terminal or from stdin; events are printed by the library's thread, whole,
// because stdio locks a stream for each call.
#include "cli/shell.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "cli/event_text.h"
#include "cli/program.h"
#include "cli/tokens.h"

enum { CONNECT_MS = 500 };

// ---- events ----

// On a terminal, in our style: one line in the place of the half-typed one, which comes back below.
static void event_line(struct cli *c, const struct paddock_event *event, struct buf *to)
{
    const char *colour = cli_colour(c, 'y'), *plain = cli_colour(c, '0');
    if (event->type == PADDOCK_EVENT_SESSION) {
        buf_printf(to, "\r\033[K%ssession: %s%s\n", colour, event_state_name(event->state), plain);
        return;
    }
    buf_printf(to, "\r\033[K%swatch: %s %s%s", colour, event_type_name(event->type), event->path,
               plain);
    if (event->zxid >= 0) {
        buf_printf(to, " %szxid 0x%" PRIx64 "%s", cli_colour(c, 'd'), (uint64_t)event->zxid, plain);
    }
    buf_append_str(to, "\n");
}

void shell_print_event(struct paddock *zk, const struct paddock_event *event, void *ctx)
{
    (void)zk;
    struct cli *c = ctx;
    struct shell *s = c->shell;
    if (s == NULL || !s->is_printing) {
        return;
    }
    bool is_first = event->type == PADDOCK_EVENT_SESSION && !atomic_exchange(&s->is_begun, true);
    struct buf text = {0};
    if (c->style == CLI_STYLE_PADDOCK && c->host->out_is_tty) {
        if (!is_first) { // the prompt says so
            event_line(c, event, &text);
        }
    } else {
        buf_append_str(&text, "\nWATCHER::\n\n");
        event_text(event, &text);
        buf_append_str(&text, "\n");
    }
    if (text.len > 0) {
        (void)fwrite(text.data, 1, text.len, c->out);
        (void)fflush(c->out);
        s->has_printed = true;
    }
    buf_fini(&text);
}

static bool idle(void *ctx)
{
    struct cli *c = ctx;
    struct shell *s = c->shell;
    return atomic_exchange(&s->has_printed, false);
}

// ---- lines ----

static void remember(struct shell *s, const char *line)
{
    if (s->line_count == s->line_cap) {
        s->line_cap = s->line_cap > 0 ? 2 * s->line_cap : 64;
        s->lines = mem_realloc(s->lines, s->line_cap * sizeof(*s->lines));
    }
    s->lines[s->line_count++] = mem_strdup(line);
}

int shell_execute(struct shell *s, const char *line)
{
    struct tokens t;
    tokens_split(line, &t);
    int status = CLI_DONE;
    if (t.count > 0) {
        remember(s, line);
        status = program_run_command(s->cli, t.words);
    }
    tokens_fini(&t);
    return status;
}

static const char *state_text(struct cli *c)
{
    switch (c->zk != NULL ? paddock_state(c->zk) : PADDOCK_STATE_CLOSED) {
    case PADDOCK_STATE_CONNECTING:
        return "CONNECTING";
    case PADDOCK_STATE_CONNECTED:
        return "CONNECTED";
    case PADDOCK_STATE_READ_ONLY:
        return "CONNECTEDREADONLY";
    case PADDOCK_STATE_AUTH_FAILED:
        return "AUTH_FAILED";
    case PADDOCK_STATE_CLOSED:
    case PADDOCK_STATE_EXPIRED:
        return "CLOSED";
    }
    return "CLOSED";
}

static void prompt(struct shell *s, struct buf *to)
{
    buf_clear(to);
    buf_printf(to, "[zk: %s(%s) %zu] ", cli_servers(s->cli), state_text(s->cli), s->line_count);
}

static int run_terminal(struct shell *s)
{
    struct cli *c = s->cli;
    const struct cli_line_watcher watcher = {.idle = idle, .complete = shell_complete, .ctx = c};
    struct buf text = {0};
    int status = CLI_DONE;
    while (true) {
        prompt(s, &text);
        s->has_printed = false;
        const char *line = c->host->read_line(buf_cstr(&text), &watcher);
        if (line == NULL) {
            (void)fputc('\n', c->out);
            break;
        }
        int last = shell_execute(s, line);
        (void)c->host->interrupted(); // ^C ended the command, not the shell
        if (s->is_over) {
            break; // with the exit code of the command before `quit`
        }
        status = last;
    }
    buf_fini(&text);
    return status;
}

static int run_lines(struct shell *s)
{
    struct buf line = {0};
    int status = CLI_DONE;
    while (cli_read_line(&line)) {
        int last = shell_execute(s, buf_cstr(&line));
        if (s->is_over) {
            break;
        }
        status = last;
    }
    buf_fini(&line);
    return status;
}

// zkCli's first lines; its session connects while the user types.
static int begin(struct cli *c, bool is_terminal)
{
    struct paddock *zk;
    if (c->style == CLI_STYLE_ZKCLI) {
        (void)fprintf(c->out, "Welcome to ZooKeeper!\nJLine support is %s\n",
                      is_terminal ? "enabled" : "disabled");
        return cli_open(c);
    }
    if (!c->is_quiet && is_terminal) {
        (void)fprintf(c->out, "paddock %.*s: `help` lists the commands, ^D leaves\n",
                      (int)strcspn(c->version, ","), c->version);
    }
    if (!is_terminal || c->auth_count > 0) {
        return cli_session(c, &zk); // a failure is said; `connect` can mend it
    }
    int status = cli_open(c);
    if (status == CLI_DONE) {
        (void)paddock_connect(c->zk, CONNECT_MS); // else the prompt says CONNECTING
    }
    return status;
}

int shell_run(struct cli *c)
{
    struct shell s = {.cli = c, .is_printing = true};
    const char *servers = c->servers;
    c->shell = &s;
    c->is_interactive = true;
    c->on_event = shell_print_event;
    bool is_terminal = c->host->in_is_tty && c->host->out_is_tty;
    int status = begin(c, is_terminal);
    if (is_terminal || status == CLI_DONE) {
        status = is_terminal ? run_terminal(&s) : run_lines(&s);
    }
    s.is_printing = s.is_printing && c->style == CLI_STYLE_ZKCLI;
    if (c->style == CLI_STYLE_ZKCLI && !s.is_over) {
        paddock_abandon(c->zk);
    } else {
        paddock_close(c->zk); // no event comes after this
    }
    c->zk = NULL;
    c->shell = NULL;
    c->servers = servers;
    mem_free(s.servers);
    for (size_t i = 0; i < s.line_count; i++) {
        mem_free(s.lines[i]);
    }
    mem_free(s.lines);
    return status;
}
