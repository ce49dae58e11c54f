// SPDX-License-Identifier: Apache-2.0
//
// Move leadership (`transfer-leader`), by the word `lead` to the server that leads.
#include <inttypes.h>
#include <string.h>

#include "base/number.h"
#include "cli/cli.h"
#include "cli/ensemble.h"
#include "cli/json.h"
#include "cli/word_text.h"

enum { WAIT_MS = 10000, LOOK_EVERY_MS = 20 };

// The server that says it leads; -1: none does.
static int find_leader(struct ensemble *e)
{
    ensemble_ask(e, "srvr");
    for (size_t i = 0; i < e->hosts.count; i++) {
        struct srvr_info info;
        if (ensemble_is_good(e, i) && srvr_parse(buf_slice(&e->answers[i].text), &info) &&
            slice_equal_str(info.role, "leader")) {
            return (int)i;
        }
    }
    return -1;
}

static int refuse(struct cli *c, const char *name, const struct word_answer *a)
{
    static const char no[] = "Not handed over: ";
    struct slice text = buf_slice(&a->text);
    text.len -= text.len > 0 && text.data[text.len - 1] == '\n' ? 1 : 0;
    if (!a->is_answered) {
        return cli_fail(c, CLI_NO_CONNECTION, "%s: %s", name, a->why);
    }
    if (a->is_refused) {
        return cli_fail(c, CLI_NO,
                        "%s refuses `lead`; its zoo.cfg allows it with lead in "
                        "4lw.commands.whitelist, by this name",
                        name);
    }
    if (slice_starts_with(text, slice_str(no))) {
        return cli_fail(c, CLI_NO, "%s: %.*s", name, SLICE_ARGS(slice_skip(text, sizeof(no) - 1)));
    }
    return cli_fail(c, CLI_NO, "%s is no Paddock server: it does not know the word `lead`", name);
}

static int ask(struct cli *c, const struct ensemble *e, size_t leader, int64_t to, const char *name)
{
    char word[24];
    struct word_answer answer = {0};
    (void)snprintf(word, sizeof(word), "lead%016" PRIx64, (uint64_t)to);
    word_ask(c, &e->hosts.items[leader], 1, word, WORD_TIMEOUT_MS, &answer);
    bool is_done = answer.is_answered &&
                   slice_starts_with(buf_slice(&answer.text), slice_str("Leadership is being"));
    int status = is_done ? CLI_DONE : refuse(c, name, &answer);
    word_answers_fini(&answer, 1);
    return status;
}

static int report(struct cli *c, const char *from, const char *to)
{
    if (c->is_json) {
        struct json *o = json_new_object();
        json_put(o, "from", json_new_cstr(from));
        json_put(o, "to", json_new_cstr(to));
        return cli_print_json(c, o);
    }
    (void)fprintf(c->out, "%s leads now, instead of %s\n", to, from);
    return CLI_DONE;
}

static void pause(const struct cli *c)
{
    c->host->lock();
    (void)c->host->wait(LOOK_EVERY_MS);
    c->host->unlock();
}

// Until another server says that it leads.
static int await(struct cli *c, struct ensemble *e, int before, const char *from)
{
    struct buf to = {0};
    int64_t end_ms = clock_mono_ms(c->host->clock) + WAIT_MS;
    int leader = -1;
    while ((leader == -1 || leader == before) && clock_mono_ms(c->host->clock) < end_ms) {
        pause(c);
        leader = find_leader(e);
    }
    int status = leader == -1       ? cli_fail(c, CLI_NO,
                                               "none of these servers leads now; name all "
                                                     "of them, or use --config")
                 : leader == before ? cli_fail(c, CLI_NO,
                                               "%s leads still: it could not hand over in "
                                               "time, see its log",
                                               from)
                                    : report(c, from, ensemble_name(e, (size_t)leader, &to));
    buf_fini(&to);
    return status;
}

static int run(struct cli *c, const struct cli_call *call)
{
    const char *text = cli_value(call, "to");
    int64_t to = -1;
    if (text != NULL && !number_parse(slice_str(text), 0, INT64_MAX, &to)) {
        return cli_fail(c, CLI_USAGE, "%s is no server id", text);
    }
    struct ensemble e;
    struct buf from = {0};
    int status = ensemble_open(c, cli_has(call, "config"), &e);
    if (status == CLI_DONE) {
        int leader = find_leader(&e);
        status = leader == -1
                     ? cli_fail(c, CLI_NO_CONNECTION, "none of these servers leads")
                     : ask(c, &e, (size_t)leader, to, ensemble_name(&e, (size_t)leader, &from));
        if (status == CLI_DONE) {
            status = await(c, &e, leader, buf_cstr(&from));
        }
    }
    buf_fini(&from);
    ensemble_close(&e);
    return status;
}

static const struct cli_flag flags[] = {
    {.name = "to",
     .value = "ID",
     .kind = CLI_NUMBER,
     .help = "the server that is to lead, by the number of its server line"},
    {.letter = 'c',
     .name = "config",
     .help = "look among the servers that /zookeeper/config names, not those of --server"}};

const struct cli_command cli_transfer_leader = {
    .name = "transfer-leader",
    .group = CLI_GROUP_SESSION,
    .summary = "let another server of the ensemble lead",
    .details =
        "Finds the leader among the servers, and asks it to hand over: it lets everything in "
        "flight "
        "commit, and votes for the other one, which is elected at once. Without --to it is the "
        "synchronised voter with the largest id. The leader "
        "must be a Paddock server that has the word `lead` in its 4lw.commands.whitelist, by this "
        "name (* does not mean it); the new one may be an Apache server.\n\n"
        "Waits until another server leads, at most ten seconds.",
    CLI_FLAGS(flags),
    .examples =
        "-s zk-0:2181,zk-1:2181,zk-2:2181 transfer-leader # before the leader is restarted\n"
        "-s zk-0:2181 transfer-leader --config --to 1 # back to server 1",
    .exits = "1 the leader refuses, or leads still\n3 no leader was found",
    .is_json_able = true,
    .run = run,
};
