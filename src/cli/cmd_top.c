// SPDX-License-Identifier: Apache-2.0
//
// `top`: asks on a thread of its own, so that keys and the screen never wait for a server. What
// both threads touch (the model, the view's order, the wishes) is behind the host's lock; the list
// of hosts changes only while nobody asks.
#include <stdio.h>
#include <stdlib.h>

#include "base/list.h"
#include "base/mem.h"
#include "base/number.h"
#include "cli/cli.h"
#include "cli/json.h"
#include "cli/top.h"
#include "cli/word.h"
#include "config/servers.h"

enum {
    KEY_WAIT_MS = 50,
    ANSWER_MS_MIN = 300,
    ANSWER_MS_MAX = 2000, // a server that needs longer is a row that says so
    CONFIG_MS = 2000,
    CONFIG_AGAIN_MS = 30000,
    ESCAPE_MS = 20,
    KEY_ESCAPE = 27,
};
static const int64_t ns_per_ms = 1000000;

struct watcher {
    struct cli *cli;
    struct top top;
    struct host *hosts; // in the order of top's servers; names are owned
    int64_t *listed_ns; // when its sessions were listed last
    enum top_sort sort;
    int64_t delay_ms;
    // The asking thread.
    struct port_worker *thread;
    struct port_job job;
    bool wants_look, is_looking, must_stop;
    uint64_t looks; // answers that came, to be drawn
    // The session that reads the configuration; NULL: none.
    struct paddock *zk;
    bool is_config_due, has_config;
    char *config; // text that is to be taken in
    int64_t config_at_ns;
};

static int64_t now_ns(const struct watcher *w)
{
    return clock_mono_ns(w->cli->host->clock);
}

// ---- the list of servers ----

static void add_host(struct watcher *w, const char *name, uint16_t port)
{
    char text[TOP_ADDRESS_BYTES];
    bool is_v6 = strchr(name, ':') != NULL;
    (void)snprintf(text, sizeof(text), is_v6 ? "[%.46s]:%u" : "%.48s:%u", name, (unsigned)port);
    size_t before = w->top.server_count;
    top_add_server(&w->top, text);
    if (w->top.server_count > before) {
        w->hosts = mem_realloc(w->hosts, (before + 1) * sizeof(*w->hosts));
        w->hosts[before] = (struct host){.name = mem_strdup(name), .port = port};
        w->listed_ns = mem_realloc(w->listed_ns, (before + 1) * sizeof(*w->listed_ns));
        w->listed_ns[before] = 0;
    }
}

static int add_list(struct watcher *w)
{
    struct hosts hosts;
    if (hosts_parse(cli_servers(w->cli), &hosts) != PADDOCK_OK) {
        return cli_fail(w->cli, CLI_USAGE, "not a list of servers: %s", cli_servers(w->cli));
    }
    for (size_t i = 0; i < hosts.count; i++) {
        add_host(w, hosts.items[i].name, hosts.items[i].port);
    }
    hosts_fini(&hosts);
    return CLI_DONE;
}

static bool is_any_address(const char *host)
{
    return host == NULL || strcmp(host, "0.0.0.0") == 0 || strcmp(host, "::") == 0;
}

static void add_members(struct watcher *w, const char *text)
{
    struct config_servers servers;
    struct buf complaint = {0};
    config_servers_init(&servers);
    if (config_servers_parse(slice_str(text), &servers, &complaint) == ERR_OK) {
        for (size_t i = 0; i < servers.count; i++) {
            const struct config_member *m = &servers.members[i];
            const char *host =
                is_any_address(m->client.host) ? m->addresses[0].host : m->client.host;
            if (m->client.port != 0) {
                add_host(w, host, m->client.port);
            }
        }
    }
    config_servers_fini(&servers);
    buf_fini(&complaint);
}

// ---- the configuration of the ensemble ----

static void on_config(struct paddock *zk, const struct paddock_result *result, void *ctx)
{
    (void)zk;
    struct watcher *w = ctx;
    w->has_config = true;
    if (result->code == PADDOCK_OK && result->data.len > 0) {
        mem_free(w->config);
        w->config = mem_alloc(result->data.len + 1);
        memcpy(w->config, result->data.bytes, result->data.len);
        w->config[result->data.len] = '\0';
    }
}

static void open_config(struct watcher *w)
{
    struct paddock_options options = {.servers = cli_servers(w->cli),
                                      .flags = PADDOCK_NO_THREAD | PADDOCK_READ_ONLY_OK,
                                      .request_timeout_ms = CONFIG_MS};
    if (w->cli->host->open(&options, &w->zk) == PADDOCK_OK) {
        w->is_config_due = true;
    }
}

// Without waiting, or for `wait_ms`: the view does without it.
static void turn_config(struct watcher *w, int wait_ms)
{
    if (w->zk == NULL) {
        return;
    }
    int64_t now = now_ns(w);
    if (w->is_config_due && now >= w->config_at_ns) {
        struct paddock_op op = {.type = PADDOCK_OP_GET_CONFIG};
        if (paddock_submit(w->zk, &op, on_config, w) != PADDOCK_OK) {
            paddock_abandon(w->zk); // expired, or memory is out
            w->zk = NULL;
            return;
        }
        w->config_at_ns = now + CONFIG_AGAIN_MS * ns_per_ms;
    }
    paddock_turn(w->zk, wait_ms);
}

// With the lock held.
static void take_config(struct watcher *w)
{
    if (w->config != NULL && !w->is_looking) {
        add_members(w, w->config);
        mem_free(w->config);
        w->config = NULL;
    }
}

// ---- looking ----

static int answer_ms(const struct watcher *w)
{
    return w->delay_ms < ANSWER_MS_MIN   ? ANSWER_MS_MIN
           : w->delay_ms > ANSWER_MS_MAX ? ANSWER_MS_MAX
                                         : (int)w->delay_ms;
}

static void take_srvr(struct watcher *w, size_t server, const struct word_answer *a)
{
    if (!a->is_answered) {
        top_server_is_down(&w->top, server, a->why);
    } else if (a->is_refused) {
        top_server_is_down(&w->top, server, "up, but srvr is not in its 4lw.commands.whitelist");
    } else if (a->is_not_serving) {
        top_server_is_down(&w->top, server, "up, but not serving: no quorum, or starting");
    } else {
        struct buf text = a->text;
        top_take_srvr(&w->top, server, buf_cstr(&text), now_ns(w));
        w->top.servers[server].took_ms = a->took_ms;
    }
}

static void take_cons(struct watcher *w, size_t server, const struct word_answer *a)
{
    int64_t now = now_ns(w);
    struct buf text = a->text;
    w->top.servers[server].refuses_cons = a->is_refused;
    if (!a->is_answered || a->is_refused) {
        return;
    }
    top_take_cons(&w->top, server, buf_cstr(&text), now - w->listed_ns[server]);
    w->listed_ns[server] = now;
}

// One word to those servers that are up, or to all; the answers are taken in with the lock held.
static void ask(struct watcher *w, const char *word, bool is_first,
                void (*take)(struct watcher *w, size_t server, const struct word_answer *a))
{
    struct cli_host *host = w->cli->host;
    size_t count = 0, total = w->top.server_count;
    struct host *asked = mem_alloc((total + 1) * sizeof(*asked));
    size_t *places = mem_alloc((total + 1) * sizeof(*places));
    for (size_t i = 0; i < total; i++) {
        if (is_first || w->top.servers[i].is_up) {
            asked[count] = w->hosts[i];
            places[count++] = i;
        }
    }
    struct word_answer *answers = mem_alloc((count + 1) * sizeof(*answers));
    word_ask(w->cli, asked, count, word, answer_ms(w), answers);
    host->lock();
    for (size_t i = 0; i < count; i++) {
        take(w, places[i], &answers[i]);
    }
    host->unlock();
    word_answers_fini(answers, count);
    mem_free(answers);
    mem_free(asked);
    mem_free(places);
}

static void take_mntr(struct watcher *w, size_t server, const struct word_answer *a)
{
    struct buf text = a->text;
    if (a->is_answered && !a->is_refused) {
        top_take_mntr(&w->top, server, buf_cstr(&text));
    }
}

static void look(struct watcher *w)
{
    ask(w, "srvr", true, take_srvr);
    ask(w, "mntr", false, take_mntr);
    ask(w, "cons", false, take_cons);
    w->cli->host->lock();
    top_sort(&w->top, w->sort);
    w->looks++;
    w->cli->host->unlock();
}

static void look_when_asked(struct port_job *job)
{
    struct watcher *w = CONTAINER_OF(job, struct watcher, job);
    struct cli_host *host = w->cli->host;
    host->lock();
    while (!w->must_stop) {
        if (!w->wants_look) {
            (void)host->wait(KEY_WAIT_MS * 4);
            continue;
        }
        w->wants_look = false;
        w->is_looking = true;
        host->unlock();
        look(w);
        host->lock();
        w->is_looking = false;
        host->ring();
    }
    host->unlock();
}

static void on_job_done(struct port_job *job)
{
    (void)job; // its end is waited for by closing the worker
}

// ---- a page, or JSON ----

static void say_time(struct watcher *w, char *to, size_t size)
{
    int64_t s = clock_wall_ms(w->cli->host->clock) / 1000 % 86400;
    (void)snprintf(to, size, "%02d:%02d:%02d UTC", (int)(s / 3600), (int)(s / 60 % 60),
                   (int)(s % 60));
}

static int print_page(struct watcher *w)
{
    struct cli *c = w->cli;
    if (c->is_json) {
        return cli_print_json(c, top_json(&w->top, clock_wall_ms(c->host->clock)));
    }
    struct top_view v = {.sort = w->sort, .delay_s = (double)w->delay_ms / 1000};
    struct buf text = {0};
    say_time(w, v.time, sizeof(v.time));
    top_draw(&w->top, &v, &text);
    (void)fwrite(text.data, 1, text.len, c->out);
    (void)fflush(c->out);
    buf_fini(&text);
    return ferror(c->out) == 0 ? CLI_DONE : CLI_TROUBLE;
}

static bool is_any_up(const struct watcher *w)
{
    for (size_t i = 0; i < w->top.server_count; i++) {
        if (w->top.servers[i].is_up) {
            return true;
        }
    }
    return false;
}

// Until `until_ns`, with the configuration's session kept alive; false when interrupted.
static bool rest_until(struct watcher *w, int64_t until_ns)
{
    struct cli_host *host = w->cli->host;
    while (now_ns(w) < until_ns) {
        if (host->interrupted() != 0) {
            return false;
        }
        turn_config(w, 0);
        host->lock();
        (void)host->wait(KEY_WAIT_MS);
        host->unlock();
    }
    return true;
}

static int print_pages(struct watcher *w, int64_t count)
{
    int64_t until = now_ns(w) + CONFIG_MS * ns_per_ms;
    while (w->zk != NULL && !w->has_config && now_ns(w) < until) {
        turn_config(w, KEY_WAIT_MS);
    }
    int status = CLI_DONE;
    for (int64_t i = 0; (count == 0 || i < count) && status == CLI_DONE; i++) {
        int64_t begun = now_ns(w);
        take_config(w);
        look(w);
        status = print_page(w);
        bool is_last = count != 0 && i + 1 == count;
        if (!is_last && !rest_until(w, begun + w->delay_ms * ns_per_ms)) {
            return CLI_DONE;
        }
    }
    return status == CLI_DONE && !is_any_up(w) ? CLI_NO_CONNECTION : status;
}

// ---- the screen ----

static void draw(struct watcher *w, struct top_view *v)
{
    struct buf page = {0}, screen = {0};
    v->sort = w->sort;
    v->delay_s = (double)w->delay_ms / 1000;
    top_draw(&w->top, v, &page);
    // One write: over what is there, each line cleared behind its end. So nothing flickers.
    static const char home[] = "\033[H";
    static const char next[] = "\033[K\r\n";
    buf_append(&screen, home, sizeof(home) - 1);
    for (size_t i = 0; i < page.len; i++) {
        if (page.data[i] == '\n') {
            buf_append(&screen, next, sizeof(next) - 1);
        } else {
            buf_append(&screen, &page.data[i], 1);
        }
    }
    static const char rest[] = "\033[K\033[J";
    buf_append(&screen, rest, sizeof(rest) - 1);
    (void)fwrite(screen.data, 1, screen.len, w->cli->out);
    (void)fflush(w->cli->out);
    buf_fini(&page);
    buf_fini(&screen);
}

static void scroll(const struct watcher *w, struct top_view *v, int by)
{
    size_t *first = v->is_session_pane ? &v->first_session : &v->first_server;
    size_t count = v->is_session_pane ? w->top.session_count : w->top.server_count;
    if (by > 0 && *first + (size_t)by < count) {
        *first += (size_t)by;
    } else if (by < 0) {
        *first = *first > (size_t)-by ? *first - (size_t)-by : 0;
    }
}

// The last byte of an arrow's sequence; or 0.
static int read_arrow(struct cli_host *host)
{
    int key;
    bool is_sequence = host->key(ESCAPE_MS, &key) && (key == '[' || key == 'O');
    return is_sequence && host->key(ESCAPE_MS, &key) ? key : 0;
}

// With the lock held. False: quit.
static bool obey(struct watcher *w, struct top_view *v, int key)
{
    if (v->is_help) {
        v->is_help = false;
        return key != 'q';
    }
    switch (key) {
    case 'q':
        return false;
    case 'h':
    case '?':
        v->is_help = true;
        break;
    case 's':
        w->sort = (enum top_sort)((w->sort + 1) % TOP_SORTS);
        top_sort(&w->top, w->sort);
        v->first_session = 0;
        break;
    case '\t':
        v->is_session_pane = !v->is_session_pane;
        break;
    case 'j':
    case 'k':
        scroll(w, v, key == 'j' ? 1 : -1);
        break;
    default:
        if (key >= '1' && key <= '9') {
            w->delay_ms = (key - '0') * INT64_C(1000);
        }
    }
    return true;
}

static bool obey_key(struct watcher *w, struct top_view *v, int key)
{
    struct cli_host *host = w->cli->host;
    int arrow = key == KEY_ESCAPE ? read_arrow(host) : 0;
    bool goes_on = true;
    host->lock();
    if (arrow == 'A' || arrow == 'B') {
        scroll(w, v, arrow == 'B' ? 1 : -1);
    } else if (arrow == 'C' || arrow == 'D') {
        v->is_session_pane = arrow == 'C';
    } else if (arrow == 0) {
        goes_on = obey(w, v, key);
    }
    host->unlock();
    return goes_on;
}

// A key, or what of the wait is over; false: none.
static bool wait_for_key(struct watcher *w, int *ret)
{
    struct cli_host *host = w->cli->host;
    if (host->in_is_tty) {
        return host->key(KEY_WAIT_MS, ret);
    }
    host->lock();
    (void)host->wait(KEY_WAIT_MS);
    host->unlock();
    return false;
}

// With the lock held: ask again when it is time, draw when there is something new.
static void step(struct watcher *w, struct top_view *v, uint64_t *drawn, int64_t *asked_ns)
{
    struct cli_host *host = w->cli->host;
    int64_t now = now_ns(w);
    take_config(w);
    if (!w->is_looking && !w->wants_look && now - *asked_ns >= w->delay_ms * ns_per_ms) {
        w->wants_look = true;
        *asked_ns = now;
        host->ring();
    }
    bool is_resized = host->columns() != v->columns || host->rows() != v->rows;
    if (w->looks != *drawn || is_resized) {
        if (w->looks != *drawn) {
            say_time(w, v->time, sizeof(v->time));
        }
        *drawn = w->looks;
        v->columns = host->columns();
        v->rows = host->rows();
        draw(w, v);
    }
}

static void run_screen(struct watcher *w, int64_t count)
{
    struct cli_host *host = w->cli->host;
    struct top_view v = {.is_coloured = w->cli->is_coloured, .is_session_pane = true};
    uint64_t drawn = 0;
    int64_t asked_ns = now_ns(w) - w->delay_ms * ns_per_ms;
    bool goes_on = true;
    while (goes_on && host->interrupted() == 0 && (count == 0 || drawn < (uint64_t)count)) {
        turn_config(w, 0);
        host->lock();
        step(w, &v, &drawn, &asked_ns);
        host->unlock();
        int key;
        if (wait_for_key(w, &key)) {
            goes_on = obey_key(w, &v, key);
            host->lock();
            draw(w, &v);
            host->unlock();
        }
    }
}

static int show(struct watcher *w, int64_t count)
{
    struct cli *c = w->cli;
    struct port_loop *loop = c->host->loop;
    w->job = (struct port_job){.run = look_when_asked, .done = on_job_done};
    if (loop->worker_open(loop, "top", &w->thread) != ERR_OK) {
        return cli_fail(c, CLI_TROUBLE, "no thread can be had");
    }
    w->thread->submit(w->thread, &w->job);
    c->host->raw(true);
    (void)fputs("\033[?1049h\033[?25l\033[2J", c->out); // another screen, no cursor
    run_screen(w, count);
    (void)fputs("\033[?25h\033[?1049l", c->out);
    (void)fflush(c->out);
    c->host->raw(false);
    c->host->lock();
    w->must_stop = true;
    c->host->ring();
    c->host->unlock();
    w->thread->close(w->thread);
    return CLI_DONE;
}

// ---- the command ----

static int take_flags(struct watcher *w, const struct cli_call *call, int64_t *ret_count)
{
    struct cli *c = w->cli;
    const char *count = cli_value(call, "n"), *delay = cli_value(call, "d");
    bool is_page = c->is_json || !c->host->out_is_tty;
    *ret_count = is_page && delay == NULL ? 1 : 0;
    w->delay_ms = 2000;
    if (count != NULL && cli_number(c, count, "-n", 1, INT32_MAX, ret_count) != CLI_DONE) {
        return CLI_USAGE;
    }
    if (delay != NULL) {
        double seconds;
        if (!number_parse_real(slice_str(delay), 0.1, 3600, &seconds)) {
            return cli_fail(c, CLI_USAGE, "-d is a number of seconds from 0.1 to 3600, not %s",
                            delay);
        }
        w->delay_ms = (int64_t)(seconds * 1000);
    }
    return CLI_DONE;
}

static void finish(struct watcher *w)
{
    if (w->zk != NULL) {
        (void)paddock_close_within(w->zk, KEY_WAIT_MS);
    }
    for (size_t i = 0; i < w->top.server_count; i++) {
        mem_free((void *)w->hosts[i].name);
    }
    mem_free(w->hosts);
    mem_free(w->listed_ns);
    mem_free(w->config);
    top_fini(&w->top);
}

static int run(struct cli *c, const struct cli_call *call)
{
    struct watcher w = {.cli = c};
    int64_t count;
    top_init(&w.top);
    int status = take_flags(&w, call, &count);
    if (status == CLI_DONE) {
        status = add_list(&w);
    }
    if (status == CLI_DONE) {
        bool was_stream = c->is_stream;
        c->is_stream = true;
        open_config(&w);
        status = c->is_json || !c->host->out_is_tty ? print_pages(&w, count) : show(&w, count);
        c->is_stream = was_stream;
    }
    finish(&w);
    return status;
}

static const struct cli_flag flags[] = {
    {.letter = 'd', .name = "delay", .value = "SECONDS", .help = "between two looks (2)"},
    {.letter = 'n',
     .name = "count",
     .value = "COUNT",
     .kind = CLI_NUMBER,
     .help = "end after so many looks (without a terminal, unless -d is given: 1)"},
};

const struct cli_command cli_top = {
    .name = "top",
    .group = CLI_GROUP_OBSERVE,
    .summary = "watch an ensemble live",
    .details =
        "Shows each server of the list and of the ensemble's configuration (/zookeeper/config): "
        "its role, zxid, how many changes it is behind the leader, latency, connections, requests "
        "under way, and rates between two looks; below them the busiest sessions. A wide "
        "screen has room for nodes, watches, ephemerals, data and descriptors, too.\n\n"
        "A server that does not answer within the delay (at most 2 seconds) is a row that says "
        "why.\n\n"
        "Keys: q quit, s sort the sessions by something else, 1 to 9 the delay in seconds, tab or "
        "left and right choose a pane, up and down scroll it, h help.\n\n"
        "Servers answer srvr always, mntr (watches, data) and cons (sessions) when "
        "4lw.commands.whitelist names them.\n\n"
        "Without a terminal, and with --json, it prints what it saw and ends.",
    CLI_FLAGS(flags),
    .examples = "top # live\n"
                "top -n 2 -d 1 | tail -n +1 # two looks: the second one has rates\n"
                "top --json -d 10 # an object every ten seconds",
    .exits = "3 no server answered",
    .is_json_able = true,
    .run = run,
};
