// SPDX-License-Identifier: Apache-2.0
//
// Usage lines and --help. Widths: names in a column as wide as the widest, texts wrapped at the
// width of the terminal (at most 100).
#include "cli/help.h"

#include <string.h>

#include "base/buf.h"
#include "cli/args.h"
#include "cli/zkcli.h"

enum { HELP_COLUMNS_MAX = 100, NAME_COLUMNS_MAX = 26 };

static const struct {
    enum cli_group group;
    const char *title;
} groups[] = {
    {CLI_GROUP_NODES, "Nodes"},
    {CLI_GROUP_TREES, "Trees"},
    {CLI_GROUP_SESSION, "Session, ensemble"},
    {CLI_GROUP_RECIPES, "Recipes"},
    {CLI_GROUP_FILES, "Files of a server"},
    {CLI_GROUP_OBSERVE, "Load and observation"},
    {CLI_GROUP_PROGRAM, "This program"},
    {CLI_GROUP_SHELL, "In the shell"},
};

// Rows of enum cli_exit.
static const char *const exits[] = {
    "0 done",
    "1 the answer is no: no such node, not equal, refused, damage found",
    "2 wrong use; nothing was done",
    "3 no server was reached; nothing was done",
    "4 the session was lost, or a write may or may not have been executed",
    "5 this machine: a file, memory, a program that did not start",
    "127 no such command",
    "130 interrupted",
    NULL,
};

const char *help_exit(size_t i)
{
    return exits[i];
}

// ---- pieces ----

static void flag_text(const struct cli_flag *f, struct buf *to)
{
    if (f->letter != 0) {
        buf_printf(to, "-%c%s", f->letter, f->name != NULL ? ", " : "");
    }
    if (f->name != NULL) {
        buf_printf(to, "--%s", f->name);
    }
    if (f->value != NULL) {
        buf_printf(to, " %s", f->value);
    }
}

static void flag_usage(const struct cli_flag *f, struct buf *to)
{
    if (f->letter != 0) {
        buf_printf(to, " [-%c", f->letter);
    } else {
        buf_printf(to, " [--%s", f->name);
    }
    buf_printf(to, "%s%s]%s", f->value != NULL ? " " : "", f->value != NULL ? f->value : "",
               f->is_repeatable ? "..." : "");
}

static void param_usage(const struct cli_param *p, struct buf *to)
{
    static const char *const forms[] = {
        [CLI_ONE] = " %s", [CLI_OPTIONAL] = " [%s]", [CLI_SOME] = " %s...", [CLI_ANY] = " [%s...]"};
    const char *form = forms[p->count];
    size_t before = strcspn(form, "%");
    buf_append(to, form, before);
    buf_append_str(to, p->name);
    buf_append_str(to, form + before + 2);
}

static size_t columns_of(struct cli *c)
{
    int columns = c->host->columns();
    return columns < 40 ? 40 : columns > HELP_COLUMNS_MAX ? HELP_COLUMNS_MAX : (size_t)columns;
}

// Words of `text` from column `indent` on; the first line's indent is there already.
static void wrap(const char *text, size_t indent, size_t columns, FILE *to)
{
    size_t at = indent;
    while (*text != '\0') {
        size_t len = strcspn(text, " \n");
        if (at > indent && at + 1 + len > columns) {
            (void)fprintf(to, "\n%*s", (int)indent, "");
            at = indent;
        } else if (at > indent) {
            (void)fputc(' ', to);
            at++;
        }
        (void)fprintf(to, "%.*s", (int)len, text);
        at += len;
        text += len;
        if (strncmp(text, "\n\n", 2) == 0) {
            (void)fprintf(to, "\n\n%*s", (int)indent, "");
            at = indent;
        }
        text += strspn(text, " \n");
    }
    (void)fputc('\n', to);
}

static void row(struct cli *c, const char *name, size_t width, const char *text, FILE *to)
{
    (void)fprintf(to, "  %s%-*s%s  ", cli_colour(c, 'B'), (int)width, name, cli_colour(c, '0'));
    if (strlen(name) > width) {
        (void)fprintf(to, "\n  %*s  ", (int)width, "");
    }
    wrap(text, width + 4, columns_of(c), to);
}

static void title(struct cli *c, const char *text, FILE *to)
{
    (void)fprintf(to, "\n%s%s%s\n", cli_colour(c, 'B'), text, cli_colour(c, '0'));
}

// ---- one command ----

void help_usage(struct cli *c, const struct cli_command *command, FILE *to)
{
    bool is_zkcli = c->style == CLI_STYLE_ZKCLI || c->is_interactive;
    if (is_zkcli && command->zkcli_usage != NULL) {
        if (c->style == CLI_STYLE_ZKCLI) {
            zkcli_usage(command, to);
        } else {
            (void)fprintf(to, "%s\n", command->zkcli_usage);
        }
        return;
    }
    struct buf line = {0};
    buf_printf(&line, "%s%s%s", is_zkcli ? "" : c->program, is_zkcli ? "" : " ", command->name);
    for (size_t i = 0; i < command->flag_count; i++) {
        flag_usage(&command->flags[i], &line);
    }
    for (size_t i = 0; i < command->param_count; i++) {
        param_usage(&command->params[i], &line);
    }
    if (command->rest != NULL) {
        buf_printf(&line, " -- %s", command->rest);
    }
    (void)fprintf(to, "%s\n", buf_cstr(&line));
    buf_fini(&line);
}

static void list_flags(struct cli *c, const struct cli_flag *flags, size_t count, size_t width,
                       FILE *to)
{
    for (size_t i = 0; i < count; i++) {
        struct buf name = {0};
        flag_text(&flags[i], &name);
        row(c, buf_cstr(&name), width, flags[i].help != NULL ? flags[i].help : "", to);
        buf_fini(&name);
    }
}

static size_t name_width(const struct cli_command *command)
{
    size_t width = strlen("--quiet");
    for (size_t i = 0; i < command->flag_count; i++) {
        struct buf name = {0};
        flag_text(&command->flags[i], &name);
        width = name.len > width ? name.len : width;
        buf_fini(&name);
    }
    for (size_t i = 0; i < command->param_count; i++) {
        size_t len = strlen(command->params[i].name);
        width = len > width ? len : width;
    }
    return width < NAME_COLUMNS_MAX ? width : NAME_COLUMNS_MAX;
}

// "command # what it does" and "N meaning" lists: lines as they are, indented.
static void list_lines(const char *lines, FILE *to)
{
    while (*lines != '\0') {
        size_t len = strcspn(lines, "\n");
        (void)fprintf(to, "  %.*s\n", (int)len, lines);
        lines += len + (lines[len] == '\n' ? 1 : 0);
    }
}

void help_command(struct cli *c, const struct cli_command *command, FILE *to)
{
    size_t width = name_width(command);
    (void)fputs("usage: ", to);
    help_usage(c, command, to);
    (void)fprintf(to, "\n");
    wrap(command->summary, 0, columns_of(c), to);
    if (command->details != NULL) {
        (void)fprintf(to, "\n");
        wrap(command->details, 0, columns_of(c), to);
    }
    (void)fprintf(to, "\n");
    for (size_t i = 0; i < command->param_count; i++) {
        const struct cli_param *p = &command->params[i];
        row(c, p->name, width, p->help != NULL ? p->help : "", to);
    }
    list_flags(c, command->flags, command->flag_count, width, to);
    for (size_t i = 0; i < cli_common_flag_count; i++) {
        if (command->is_json_able || strcmp(cli_common_flags[i].name, "json") != 0) {
            list_flags(c, &cli_common_flags[i], 1, width, to);
        }
    }
    if (command->examples != NULL) {
        title(c, "Examples", to);
        list_lines(command->examples, to);
    }
    if (command->exits != NULL) {
        title(c, "Exit codes, beside those of all commands", to);
        list_lines(command->exits, to);
    }
}

// ---- all of them ----

static void list_group(struct cli *c, size_t group, FILE *to)
{
    bool is_titled = false;
    for (size_t i = 0; i < command_count(); i++) {
        const struct cli_command *command = command_at(i);
        if (command->group != groups[group].group) {
            continue;
        }
        if (!is_titled) {
            title(c, groups[group].title, to);
            is_titled = true;
        }
        row(c, command->name, 20, command->summary, to);
    }
}

void help_commands(struct cli *c, FILE *to)
{
    for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
        list_group(c, i, to);
    }
    (void)fprintf(to, "\n`help COMMAND` says more about one of them.\n");
}

void help_program(struct cli *c, FILE *to)
{
    (void)fprintf(to,
                  "usage: %s [-s HOST:PORT[,...][/PATH]] [OPTION...] COMMAND [ARG...]\n"
                  "       %s [-s HOST:PORT[,...][/PATH]]      an interactive shell\n",
                  c->program, c->program);
    title(c, "Options", to);
    list_flags(c, cli_program_flags, cli_program_flag_count, 24, to);
    for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
        list_group(c, i, to);
    }
    title(c, "Exit codes", to);
    for (size_t i = 0; exits[i] != NULL; i++) {
        size_t len = strcspn(exits[i], " ");
        (void)fprintf(to, "  %3.*s  %s\n", (int)len, exits[i], exits[i] + len + 1);
    }
    (void)fprintf(to, "\n`%s COMMAND --help` says more about one of them.\n", c->program);
}
