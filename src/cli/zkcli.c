// SPDX-License-Identifier: Apache-2.0
//
// What differs between commands is one row of `rules`.
#include "cli/zkcli.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/number.h"
#include "cli/event_text.h"
#include "cli/shell.h"
#include "cli/zk_args.h"
#include "config/props.h"

enum { TIMEOUT_MS_DEFAULT = 30000, CONFIGURATION_EXIT = 2 };

enum kind {
    PLAIN,
    OLD_WATCH,   // a second parameter is an old way to say -w
    OLD_VERSION, // a second parameter was a version once, and is ignored
    UNPARSED,    // takes whatever follows
    BUILT_IN,    // the same, and needs no session
};

static const struct rule {
    const char *name;
    enum kind kind;
    size_t min, max; // parameters; more than max is wrong when max is not 0
    struct zk_group group;
    const char *table; // of the usage text: flags by letter without regard to case
    const char *newer; // OLD_WATCH: what to use
} rules[] = {
    {.name = "addWatch", .min = 1, .max = 1},
    {.name = "addauth", .min = 1},
    {.name = "close", .kind = UNPARSED},
    {.name = "config"},
    {.name = "connect", .kind = BUILT_IN},
    {.name = "create", .min = 1},
    {.name = "delete", .kind = OLD_VERSION, .min = 1},
    {.name = "deleteall", .min = 1},
    {.name = "delquota", .min = 1, .group = {.letters = "nbNB"}},
    {.name = "get",
     .kind = OLD_WATCH,
     .min = 1,
     .table = "b Output data in base64 format\ns Print znode stats additionally\n"
              "w Watch for changes on the znode\nx Output data in hexdump format\n",
     .newer = "get [-s] [-w] path"},
    {.name = "getAcl", .min = 1},
    {.name = "getAllChildrenNumber", .min = 1},
    {.name = "getEphemerals"},
    {.name = "history", .kind = BUILT_IN},
    {.name = "listquota", .min = 1},
    {.name = "ls", .kind = OLD_WATCH, .min = 1, .newer = "ls [-w] path"},
    {.name = "printwatches", .kind = BUILT_IN},
    {.name = "quit", .kind = BUILT_IN},
    {.name = "reconfig"},
    {.name = "redo", .kind = BUILT_IN},
    {.name = "removewatches", .min = 1},
    {.name = "set",
     .min = 2,
     .table = "b Supply data in base64 format\ns Print znode stats additionally\n"
              "v=Set with an expected version\n"},
    {.name = "setAcl", .min = 2},
    {.name = "setquota", .min = 1, .group = {.letters = "nbNB", .is_required = true}},
    {.name = "stat", .kind = OLD_WATCH, .min = 1, .newer = "stat [-w] path"},
    {.name = "sync", .min = 1},
    {.name = "version", .kind = PLAIN},
    {.name = "whoami", .kind = UNPARSED},
};
enum { RULES = sizeof(rules) / sizeof(rules[0]) };

static const struct rule *find_rule(const char *name)
{
    for (size_t i = 0; i < RULES; i++) {
        if (strcmp(rules[i].name, name) == 0) {
            return &rules[i];
        }
    }
    return NULL;
}

// ---- usage ----

void zkcli_usage(const struct cli_command *command, FILE *to)
{
    const struct rule *rule = find_rule(command->name);
    (void)fprintf(to, "%s\n", command->zkcli_usage);
    if (rule != NULL && rule->table != NULL) {
        struct buf table = {0};
        zk_args_table(rule->table, &table);
        (void)fprintf(to, "%s\n", buf_cstr(&table));
        buf_fini(&table);
    }
}

// The rules are in the order of Java's strings.
static void list_commands(struct cli *c)
{
    (void)fflush(c->out);
    (void)fprintf(c->err,
                  "ZooKeeper -server host:port -client-configuration properties-file cmd args\n");
    for (size_t i = 0; i < RULES; i++) {
        (void)fprintf(c->err, "\t%s\n", command_find(rules[i].name)->zkcli_usage);
    }
}

// The table of `ls -?`, which goes to stdout; the command runs all the same.
static void print_ls_help(struct cli *c)
{
    struct buf table = {0};
    zk_args_table("? help\nR recurse\ns stat\nw watch\n", &table);
    (void)fprintf(c->out, "usage: ls [options] path\n%s", buf_cstr(&table));
    buf_fini(&table);
}

// ---- one command ----

static bool is_alive(struct cli *c)
{
    if (c->zk == NULL) {
        return false;
    }
    enum paddock_state state = paddock_state(c->zk);
    return state != PADDOCK_STATE_CLOSED && state != PADDOCK_STATE_EXPIRED &&
           state != PADDOCK_STATE_AUTH_FAILED;
}

// Words as they are, for commands whose arguments zkCli does not parse.
static int run_unparsed(struct cli *c, const struct cli_command *command, const char *const *words)
{
    struct cli_call call;
    call_init(&call, command, words);
    for (; *words != NULL; words++) {
        call.params[call.param_count++] = *words;
    }
    int status = command->run(c, &call);
    call_fini(&call);
    return status;
}

static bool parse(struct cli *c, const struct cli_command *command, const struct rule *rule,
                  const char *const *words, struct cli_call *ret)
{
    struct buf exception = {0};
    bool is_good = zk_args_parse(ret, command, rule->group, words, &exception);
    if (!is_good) {
        (void)cli_fail(c, CLI_NO, "%s", buf_cstr(&exception));
        call_fini(ret);
    }
    buf_fini(&exception);
    return is_good;
}

// Too many parameters where there was a word once: zkCli warns, puts "-w" in place of the second
// word, whatever that is, and parses again.
static bool parse_again(struct cli *c, const struct cli_command *command, const struct rule *rule,
                        const char **words, struct cli_call *call)
{
    if (rule->kind == OLD_WATCH) {
        (void)fflush(c->out);
        (void)fprintf(c->err, "'%s path [watch]' has been deprecated. Please use '%s' instead.\n",
                      rule->name, rule->newer);
        words[1] = "-w";
        call_fini(call);
        return parse(c, command, rule, words, call);
    }
    if (rule->kind == OLD_VERSION) {
        (void)fflush(c->out);
        (void)fprintf(c->err, "'delete path [version]' has been deprecated. "
                              "Please use 'delete [-v version] path' instead.\n");
    }
    return true;
}

static int run_call(struct cli *c, const struct rule *rule, const struct cli_call *call)
{
    bool is_too_much = (rule->max > 0 && call->param_count > rule->max) ||
                       (strcmp(rule->name, "version") == 0 && call->param_count > 0);
    if (call->param_count < rule->min || is_too_much) {
        return cli_usage(c, call->command, NULL);
    }
    return call->command->run(c, call);
}

static int run_parsed(struct cli *c, const struct cli_command *command, const struct rule *rule,
                      const char **words)
{
    struct cli_call call;
    if (!parse(c, command, rule, words, &call)) {
        return CLI_NO;
    }
    if (strcmp(rule->name, "ls") == 0 && cli_has(&call, "?")) {
        print_ls_help(c);
    }
    bool is_old = (rule->kind == OLD_WATCH || rule->kind == OLD_VERSION) && call.param_count > 1;
    if (is_old && !parse_again(c, command, rule, words, &call)) {
        return CLI_NO;
    }
    int status = run_call(c, rule, &call);
    call_fini(&call);
    return status;
}

static int dispatch(struct cli *c, const struct rule *rule, const char **words)
{
    const struct cli_command *command = command_find(rule->name);
    if (rule->kind == BUILT_IN) {
        int status = run_unparsed(c, command, words);
        if (status != CLI_DONE || strcmp(rule->name, "quit") == 0) {
            return status;
        }
    }
    if (!is_alive(c)) {
        (void)fprintf(c->out, "Not connected\n");
        return CLI_DONE;
    }
    if (rule->kind == BUILT_IN) {
        return CLI_DONE;
    }
    return rule->kind == UNPARSED ? run_unparsed(c, command, words)
                                  : run_parsed(c, command, rule, words);
}

int zkcli_run_command(struct cli *c, const char *const *words)
{
    const struct rule *rule = find_rule(words[0]);
    if (rule == NULL) {
        list_commands(c);
        return cli_fail(c, CLI_NOT_FOUND, "Command not found: Command not found %s", words[0]);
    }
    size_t count = 0;
    while (words[count] != NULL) {
        count++;
    }
    const char **copy = mem_alloc(count * sizeof(*copy)); // which parse_again changes
    memcpy(copy, words + 1, count * sizeof(*copy));
    int status = dispatch(c, rule, copy);
    mem_free(copy);
    (void)fflush(c->out);
    return status;
}

// ---- the program ----

struct options {
    const char *timeout, *configuration;
    bool is_waiting; // for the connection
};

// Returns the words of the command. Source: ZooKeeperMain.MyCommandOptions.parseOptions.
static const char *const *take_options(struct cli *c, const char *const *words, struct options *o)
{
    for (; *words != NULL && **words == '-'; words++) {
        const char **value = strcmp(*words, "-server") == 0                 ? &c->servers
                             : strcmp(*words, "-timeout") == 0              ? &o->timeout
                             : strcmp(*words, "-client-configuration") == 0 ? &o->configuration
                                                                            : NULL;
        c->is_read_only_ok = c->is_read_only_ok || strcmp(*words, "-r") == 0;
        o->is_waiting = o->is_waiting || strcmp(*words, "-waitforconnection") == 0;
        if (value == NULL) {
            continue;
        }
        if (words[1] == NULL) {
            (void)cli_fail(c, CLI_NO, "Error: no argument found for option %s", *words);
            return words + 1;
        }
        *value = *++words;
    }
    return words;
}

// Of a client's properties only TLS and the deadline of requests mean something to us.
static int take_property(struct cli *c, struct slice key, struct slice value)
{
    if (slice_equal_str(key, "zookeeper.client.secure") && slice_equal_str(value, "true")) {
        return cli_fail(c, CLI_NO, "zookeeper.client.secure=true: this client does not speak TLS");
    }
    return CLI_DONE;
}

static int read_configuration(struct cli *c, const char *path)
{
    struct port_file *f;
    struct buf text = {0};
    enum { BYTES_MAX = 1 << 20 };
    size_t got = 0;
    enum err err = c->host->files->open(c->host->files, path, PORT_OPEN_READ, &f);
    if (err == ERR_OK) {
        err = f->read(f, 0, buf_reserve(&text, BYTES_MAX), BYTES_MAX, &got);
        f->close(f);
    }
    int status = CLI_DONE;
    if (err != ERR_OK) {
        (void)cli_fail(c, CLI_NO, "Error processing %s: %s", path, err_text(err));
        status = CONFIGURATION_EXIT;
    } else {
        struct props_reader reader;
        struct props_entry entry;
        props_init(&reader, slice_of(text.data, got));
        while (status == CLI_DONE && props_next(&reader, &entry) == ERR_OK) {
            status = take_property(c, entry.key, entry.value);
        }
        props_fini(&reader);
    }
    buf_fini(&text);
    return status;
}

static int start(struct cli *c, const struct options *o)
{
    int64_t timeout_ms = TIMEOUT_MS_DEFAULT;
    (void)fprintf(c->out, "Connecting to %s\n", cli_servers(c));
    (void)fflush(c->out);
    int status = o->configuration != NULL ? read_configuration(c, o->configuration) : CLI_DONE;
    if (status != CLI_DONE) {
        return status;
    }
    if (o->timeout != NULL && !number_parse(slice_str(o->timeout), 1, INT32_MAX, &timeout_ms)) {
        return cli_fail(c, CLI_NO, "For input string: \"%s\"", o->timeout);
    }
    c->session_timeout_ms = (int)timeout_ms;
    status = cli_open(c);
    if (status == CLI_DONE && o->is_waiting &&
        paddock_connect(c->zk, (int)timeout_ms) != PADDOCK_OK) {
        status = cli_fail(c, CLI_NO, "KeeperErrorCode = ConnectionLoss");
    }
    return status;
}

// One command from the program's words.
static int run_batch(struct cli *c, const char *const *words)
{
    struct shell s = {.cli = c, .is_printing = true};
    c->shell = &s;
    int status = zkcli_run_command(c, words);
    if (s.is_over) {
        paddock_close(c->zk);
    } else {
        paddock_abandon(c->zk);
    }
    c->zk = NULL;
    c->shell = NULL;
    mem_free(s.servers);
    return status;
}

int zkcli_run(struct cli *c, const char *const *words)
{
    struct options o = {0};
    c->style = CLI_STYLE_ZKCLI;
    c->on_event = shell_print_event;
    words = take_options(c, words, &o);
    int status = start(c, &o);
    if (status == CLI_DONE) {
        status = *words != NULL ? run_batch(c, words) : shell_run(c);
    }
    paddock_close(c->zk);
    c->zk = NULL;
    return status;
}
