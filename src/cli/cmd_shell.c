// SPDX-License-Identifier: Apache-2.0
//
// The commands that are about the shell itself: history, redo, printwatches, connect, close, quit
// and exit. Source: ZooKeeperMain.processZKCmd, CloseCommand.
#include <inttypes.h>
#include <string.h>

#include "base/mem.h"
#include "base/number.h"
#include "cli/shell.h"

enum { HISTORY_SHOWN = 11 };

static int only_in_the_shell(struct cli *c, const struct cli_call *call)
{
    (void)call;
    return cli_fail(c, CLI_USAGE, "this command has a meaning only in the shell");
}

// ---- history, redo ----

static int run_history(struct cli *c, const struct cli_call *call)
{
    const struct shell *s = c->shell;
    if (s == NULL) {
        return only_in_the_shell(c, call);
    }
    if (s->line_count == 0) { // zkCli run for this one command
        (void)fprintf(c->out, "0 - null\n");
    }
    size_t first = s->line_count > HISTORY_SHOWN ? s->line_count - HISTORY_SHOWN : 0;
    for (size_t i = first; i < s->line_count; i++) {
        (void)fprintf(c->out, "%zu - %s\n", i, s->lines[i]);
    }
    return CLI_DONE;
}

const struct cli_command cli_history = {
    .name = "history",
    .group = CLI_GROUP_SHELL,
    .summary = "print the last commands with their numbers",
    .zkcli_usage = "history ",
    .run = run_history,
};

// The line that is run again takes the place of the redo in the history, as in zkCli.
static int run_redo(struct cli *c, const struct cli_call *call)
{
    struct shell *s = c->shell;
    int64_t number = 0;
    if (s == NULL) {
        return only_in_the_shell(c, call);
    }
    const char *text = cli_param(call, 0);
    if (text == NULL) {
        return CLI_DONE; // zkCli only: the parser has asked for it in our own style
    }
    if (!number_decode(slice_str(text), -INT32_MAX, INT32_MAX, &number)) {
        return cli_fail(c, CLI_USAGE, "For input string: \"%s\"", text);
    }
    if (number < 0 || (uint64_t)number + 1 >= s->line_count) {
        return cli_fail(c, CLI_NO, "Command index out of range");
    }
    if (s->is_redoing || strncmp(s->lines[number], "redo", 4) == 0) {
        return cli_fail(c, CLI_NO, "No redoing redos");
    }
    char *line = mem_strdup(s->lines[number]);
    mem_free(s->lines[--s->line_count]);
    s->is_redoing = true;
    int status = shell_execute(s, line);
    s->is_redoing = false;
    mem_free(line);
    return c->style == CLI_STYLE_ZKCLI ? CLI_DONE : status;
}

static const struct cli_param redo_params[] = {
    {.name = "NUMBER", .kind = CLI_NUMBER, .help = "as `history` prints it"}};

const struct cli_command cli_redo = {
    .name = "redo",
    .group = CLI_GROUP_SHELL,
    .summary = "run a command of the history again",
    CLI_PARAMS(redo_params),
    .zkcli_usage = "redo cmdno",
    .run = run_redo,
};

// ---- printwatches ----

static int run_printwatches(struct cli *c, const struct cli_call *call)
{
    struct shell *s = c->shell;
    if (s == NULL) {
        return only_in_the_shell(c, call);
    }
    const char *value = cli_param(call, 0);
    if (value == NULL) {
        (void)fprintf(c->out, "printwatches is %s\n", s->is_printing ? "on" : "off");
    } else {
        s->is_printing = strcmp(value, "on") == 0;
    }
    return CLI_DONE;
}

static const struct cli_param printwatches_params[] = {
    {.name = "on|off", .kind = CLI_WORD, .words = "on off", .count = CLI_OPTIONAL}};

const struct cli_command cli_printwatches = {
    .name = "printwatches",
    .group = CLI_GROUP_SHELL,
    .summary = "print events of watches or do not; without a word say which",
    CLI_PARAMS(printwatches_params),
    .zkcli_usage = "printwatches on|off",
    .run = run_printwatches,
};

// ---- connect, close, quit ----

static int run_close(struct cli *c, const struct cli_call *call)
{
    (void)call;
    paddock_close(c->zk);
    c->zk = NULL;
    return CLI_DONE;
}

const struct cli_command cli_close = {
    .name = "close",
    .group = CLI_GROUP_SHELL,
    .summary = "end the session and stay in the shell",
    .zkcli_usage = "close ",
    .run = run_close,
};

// A list of servers outlives the line it came from.
static int run_connect(struct cli *c, const struct cli_call *call)
{
    struct shell *s = c->shell;
    if (s == NULL) {
        return only_in_the_shell(c, call);
    }
    if (cli_param(call, 0) != NULL) {
        mem_free(s->servers);
        s->servers = mem_strdup(cli_param(call, 0));
        c->servers = s->servers;
    }
    (void)run_close(c, call);
    struct paddock *zk;
    return c->style == CLI_STYLE_ZKCLI ? cli_open(c) : cli_session(c, &zk);
}

static const struct cli_param connect_params[] = {
    {.name = "HOST:PORT,...", .count = CLI_OPTIONAL, .help = "the same servers without it"}};

const struct cli_command cli_connect = {
    .name = "connect",
    .group = CLI_GROUP_SHELL,
    .summary = "begin a new session, with these servers",
    CLI_PARAMS(connect_params),
    .zkcli_usage = "connect host:port",
    .run = run_connect,
};

static int run_quit(struct cli *c, const struct cli_call *call)
{
    (void)call;
    if (c->shell != NULL) {
        ((struct shell *)c->shell)->is_over = true;
    }
    return CLI_DONE;
}

const struct cli_command cli_quit = {
    .name = "quit",
    .group = CLI_GROUP_SHELL,
    .summary = "leave the shell",
    .zkcli_usage = "quit ",
    .run = run_quit,
};

const struct cli_command cli_exit = {
    .name = "exit",
    .group = CLI_GROUP_SHELL,
    .summary = "leave the shell",
    .zkcli_usage = "exit ",
    .run = run_quit,
};
