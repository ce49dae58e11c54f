// SPDX-License-Identifier: Apache-2.0
//
// Reading the command line: options may stand anywhere, what remains is either one file or the
// two to four words of the PORT DATADIR form.
#include "config/args.h"

#include <stdbool.h>
#include <string.h>

#include "base/mem.h"

static const char help_text[] =
    "usage: paddockd [options] ZOO_CFG\n"
    "       paddockd [options] PORT DATADIR [TICKTIME [MAXCNXNS]]\n"
    "\n"
    "  -Dname=value           set a property, as on Java's command line\n"
    "  --print-config         print every key in force, its value and where it came from; end\n"
    "  --print-config-doc     print the reference of all keys (Markdown); end\n"
    "  --check-config         report what is wrong with the configuration; end\n"
    "  --log-format FORMAT    text (default) or json, one object per line\n"
    "  --log-level LEVEL      error, warn, info (default) or debug\n"
    "  --version              print the version; end\n"
    "  --help                 print this; end\n";

const char *args_help(void)
{
    return help_text;
}

void args_fini(struct args *a)
{
    mem_free(a->defines);
    *a = (struct args){0};
}

// The options that end with an action, and what they ask for.
static const struct {
    const char *name;
    enum args_action action;
} actions[] = {
    {"--print-config", ARGS_PRINT_CONFIG},
    {"--print-config-doc", ARGS_PRINT_CONFIG_DOC},
    {"--check-config", ARGS_CHECK_CONFIG},
    {"--version", ARGS_VERSION},
    {"--help", ARGS_HELP},
    {"-h", ARGS_HELP},
};

// State of the walk over the arguments.
struct walk {
    int argc;
    char *const *argv;
    int next;
    const char *words[4];
    size_t word_count;
    struct args args;
    struct buf *complaint;
};

static bool take_action(struct walk *w, const char *arg)
{
    for (size_t i = 0; i < sizeof actions / sizeof actions[0]; i++) {
        if (strcmp(arg, actions[i].name) == 0) {
            w->args.action = actions[i].action;
            return true;
        }
    }
    return false;
}

// Whether `arg` is the option `name`, with its value behind '=' or in the next argument.
static bool is_option(struct walk *w, const char *arg, const char *name, const char **ret_value)
{
    size_t len = strlen(name);
    if (strncmp(arg, name, len) != 0 || (arg[len] != '=' && arg[len] != 0)) {
        return false;
    }
    *ret_value = arg[len] == '=' ? arg + len + 1 : w->next < w->argc ? w->argv[w->next++] : "";
    return true;
}

static enum err take_choice(struct walk *w, const char *name, const char *value,
                            const char *const legal[], size_t count, const char **ret)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(value, legal[i]) == 0) {
            *ret = legal[i];
            return ERR_OK;
        }
    }
    buf_printf(w->complaint, "%s is followed by ", name);
    for (size_t i = 0; i < count; i++) {
        buf_printf(w->complaint, "%s%s", i > 0 ? " or " : "", legal[i]);
    }
    buf_printf(w->complaint, ", not by \"%s\"", value);
    return ERR_INVALID;
}

static enum err take_define(struct walk *w, const char *text)
{
    if (text[0] == 0 || text[0] == '=') {
        buf_append_str(w->complaint, "-D is followed by name=value without a blank before it");
        return ERR_INVALID;
    }
    struct args *a = &w->args;
    a->defines = mem_realloc(a->defines, (a->define_count + 1) * sizeof a->defines[0]);
    a->defines[a->define_count++] = text;
    return ERR_OK;
}

static enum err take_word(struct walk *w, const char *arg)
{
    if (w->word_count == sizeof w->words / sizeof w->words[0]) {
        buf_printf(w->complaint, "one argument too many: %s; see --help", arg);
        return ERR_INVALID;
    }
    w->words[w->word_count++] = arg;
    return ERR_OK;
}

static enum err take_argument(struct walk *w, const char *arg)
{
    static const char *const formats[] = {"text", "json"};
    static const char *const levels[] = {"error", "warn", "info", "debug"};
    const char *value;
    if (strncmp(arg, "-D", 2) == 0) {
        return take_define(w, arg + 2);
    }
    if (take_action(w, arg)) {
        return ERR_OK;
    }
    if (is_option(w, arg, "--log-format", &value)) {
        return take_choice(w, "--log-format", value, formats, 2, &w->args.log_format);
    }
    if (is_option(w, arg, "--log-level", &value)) {
        return take_choice(w, "--log-level", value, levels, 4, &w->args.log_level);
    }
    if (arg[0] == '-') {
        buf_printf(w->complaint, "there is no option %s; see --help", arg);
        return ERR_INVALID;
    }
    return take_word(w, arg);
}

static bool needs_configuration(enum args_action action)
{
    return action == ARGS_RUN || action == ARGS_PRINT_CONFIG || action == ARGS_CHECK_CONFIG;
}

static enum err settle(struct walk *w)
{
    if (w->word_count == 0 && needs_configuration(w->args.action)) {
        buf_append_str(w->complaint,
                       "a configuration file, or a port and a data directory, must be given; see "
                       "--help");
        return ERR_INVALID;
    }
    if (w->word_count == 1) {
        w->args.config_file = w->words[0];
    } else if (w->word_count >= 2) {
        w->args.port = w->words[0];
        w->args.data_dir = w->words[1];
        w->args.tick_time = w->word_count > 2 ? w->words[2] : NULL;
        w->args.max_cnxns = w->word_count > 3 ? w->words[3] : NULL;
    }
    return ERR_OK;
}

enum err args_parse(int argc, char *const argv[], struct args *ret, struct buf *complaint)
{
    struct walk w = {.argc = argc, .argv = argv, .next = 1, .complaint = complaint};
    enum err e = ERR_OK;
    while (e == ERR_OK && w.next < argc) {
        const char *arg = argv[w.next++];
        e = take_argument(&w, arg);
    }
    if (e == ERR_OK) {
        e = settle(&w);
    }
    *ret = w.args;
    return e;
}
