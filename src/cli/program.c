// SPDX-License-Identifier: Apache-2.0
//
// From words to a running command.
#include "cli/program.h"

#include <string.h>

#include "cli/args.h"
#include "cli/help.h"
#include "cli/shell.h"
#include "cli/zkcli.h"

enum { TIMEOUT_MS_MAX = 3600 * 1000 };

// ---- options ----

static bool wants_colour(const struct cli *c, const char *when)
{
    if (when != NULL && strcmp(when, "auto") != 0) {
        return strcmp(when, "always") == 0;
    }
    const char *none = c->host->env("NO_COLOR");
    return c->host->out_is_tty && c->host->err_is_tty && (none == NULL || *none == '\0');
}

static int add_auth(struct cli *c, const char *text)
{
    const char *colon = strchr(text, ':');
    if (colon == NULL || colon == text || c->auth_count == CLI_AUTHS_MAX) {
        return cli_fail(c, CLI_USAGE,
                        colon == NULL || colon == text
                            ? "--auth takes SCHEME:CREDENTIAL, as digest:user:password"
                            : "too many --auth");
    }
    struct cli_auth *auth = &c->auths[c->auth_count++];
    size_t len = (size_t)(colon - text);
    if (len >= sizeof(auth->scheme)) {
        return cli_fail(c, CLI_USAGE, "--auth: the name of the scheme is too long");
    }
    memcpy(auth->scheme, text, len);
    auth->scheme[len] = '\0';
    auth->credential = colon + 1;
    return CLI_DONE;
}

static int take_options(struct cli *c, const struct cli_call *options)
{
    const char *when = cli_value(options, "color");
    if (when != NULL && strcmp(when, "auto") != 0 && strcmp(when, "always") != 0 &&
        strcmp(when, "never") != 0) {
        return cli_fail(c, CLI_USAGE, "--color is auto, always or never, not %s", when);
    }
    c->is_coloured = wants_colour(c, when);
    c->servers = cli_value(options, "server");
    if (c->servers == NULL) {
        c->servers = c->host->env("PADDOCK_SERVER");
    }
    c->is_json = cli_has(options, "json");
    c->is_quiet = cli_has(options, "quiet");
    c->is_yes = cli_has(options, "yes");
    c->is_read_only_ok = cli_has(options, "read-only");
    int64_t timeout_ms = 0;
    const char *timeout = cli_value(options, "timeout");
    int status = timeout == NULL
                     ? CLI_DONE
                     : cli_number(c, timeout, "--timeout", 1, TIMEOUT_MS_MAX, &timeout_ms);
    c->session_timeout_ms = (int)timeout_ms;
    for (size_t i = 0; status == CLI_DONE && i < cli_value_count(options, "auth"); i++) {
        status = add_auth(c, cli_value_at(options, "auth", i));
    }
    return status;
}

// ---- one command ----

// The common flags of one command hold for this command only.
static int run(struct cli *c, const struct cli_call *call)
{
    struct cli before = *c;
    c->is_json = c->is_json || cli_has(call, "json");
    c->is_quiet = c->is_quiet || cli_has(call, "quiet");
    c->is_yes = c->is_yes || cli_has(call, "yes");
    int status;
    if (cli_has(call, "help")) {
        help_command(c, call->command, c->out);
        status = CLI_DONE;
    } else if (c->is_json && !call->command->is_json_able && cli_has(call, "json")) {
        status = cli_fail(c, CLI_USAGE, "%s prints no data: --json has no meaning for it",
                          call->command->name);
    } else {
        status = call->command->run(c, call);
    }
    c->is_json = before.is_json;
    c->is_quiet = before.is_quiet;
    c->is_yes = before.is_yes;
    if (fflush(c->out) != 0 || ferror(c->out)) {
        status = cli_fail(c, CLI_TROUBLE, "cannot write the output");
    }
    return status;
}

// `help`, `help get`, `--help get`.
static int run_help(struct cli *c, const char *const *words)
{
    const struct cli_command *command = words[0] != NULL ? command_find(words[0]) : NULL;
    if (words[0] != NULL && command == NULL) {
        return cli_fail(c, CLI_NOT_FOUND, "no such command: %s", words[0]);
    }
    if (command != NULL) {
        help_command(c, command, c->out);
    } else if (c->is_interactive) {
        help_commands(c, c->out);
    } else {
        help_program(c, c->out);
    }
    return CLI_DONE;
}

int program_run_command(struct cli *c, const char *const *words)
{
    if (c->style == CLI_STYLE_ZKCLI) {
        return zkcli_run_command(c, words);
    }
    if (strcmp(words[0], "help") == 0) {
        return run_help(c, words + 1);
    }
    const struct cli_command *command = command_find(words[0]);
    if (command == NULL) {
        return cli_fail(c, CLI_NOT_FOUND, "no such command: %s; `%s` lists them", words[0],
                        c->is_interactive ? "help" : "paddock --help");
    }
    struct cli_call call;
    char why[CLI_WHY_BYTES];
    int status;
    if (call_parse(&call, command, words + 1, false, why)) {
        status = run(c, &call);
    } else {
        status = cli_usage(c, command, why);
    }
    call_fini(&call);
    return status;
}

// ---- the program ----

static int run_words(struct cli *c, const struct cli_call *options, const char *const *words)
{
    if (cli_has(options, "help")) {
        return run_help(c, words);
    }
    if (cli_has(options, "version")) {
        (void)fprintf(c->out, "paddock %s\n", c->version);
        return CLI_DONE;
    }
    return words[0] != NULL ? program_run_command(c, words) : shell_run(c);
}

int program_run(struct cli *c, const char *const *words)
{
    const struct cli_command program = {
        .name = c->program, .flags = cli_program_flags, .flag_count = cli_program_flag_count};
    struct cli_call options;
    char why[CLI_WHY_BYTES];
    size_t stop;
    int status;
    if (call_parse_before(&options, &program, words, &stop, why)) {
        status = take_options(c, &options);
        if (status == CLI_DONE) {
            status = run_words(c, &options, words + stop);
        }
    } else {
        status = cli_fail(c, CLI_USAGE, "%s; `%s --help` says what there is", why, c->program);
    }
    call_fini(&options);
    paddock_close(c->zk);
    c->zk = NULL;
    return status;
}
