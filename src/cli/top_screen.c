// SPDX-License-Identifier: Apache-2.0
//
// The screen of `top`: a line about the whole, the servers, the busiest sessions, the keys. Columns
// that a narrow screen has no room for are left out; the name takes the room that is left over.
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/progress.h"
#include "cli/top.h"

enum {
    TEXT_BYTES = 64,
    ZXID_COLUMNS = 12,
    PAGE_COLUMNS = 160,
    NAME_COLUMNS_MIN = 12,
    NAME_COLUMNS_GOOD = 22, // before a column is shown that may be left out
    NAME_COLUMNS_MAX = 48,
    FIXED_LINES = 6, // heading, blank, two table heads, blank, keys
};

// ---- lines ----

// What is being written: one line after the other, each cut at the width.
struct page {
    struct buf *to;
    int columns, used; // of the line at hand
    int lines;
    bool is_coloured;
};

static void put(struct page *p, const char *text)
{
    int len = (int)strlen(text), room = p->columns - p->used;
    len = len < room ? len : room;
    if (len > 0) {
        buf_append(p->to, text, (size_t)len);
        p->used += len;
    }
}

static void style(struct page *p, const char *sequence)
{
    if (p->is_coloured) {
        buf_append(p->to, sequence, strlen(sequence));
    }
}

static void end_line(struct page *p)
{
    while (!p->is_coloured && p->used > 0 && p->to->data[p->to->len - 1] == ' ') {
        p->to->len--;
        p->used--;
    }
    style(p, "\033[0m");
    buf_append(p->to, "\n", 1);
    p->used = 0;
    p->lines++;
}

static void put_left(struct page *p, const char *text, int width)
{
    char cell[256];
    (void)snprintf(cell, sizeof(cell), "%-*.*s ", width, width, text);
    put(p, cell);
}

static void put_right(struct page *p, const char *text, int width)
{
    char cell[256];
    (void)snprintf(cell, sizeof(cell), "%*.*s ", width, width, text);
    put(p, cell);
}

static void head_line(struct page *p, bool is_chosen)
{
    style(p, is_chosen ? "\033[1;7m" : "\033[7m");
}

static void fill_line(struct page *p)
{
    while (p->is_coloured && p->used < p->columns) {
        put(p, " ");
    }
    end_line(p);
}

// ---- numbers: at most 6 columns ----

static const char *short_count(double n, char *to)
{
    static const char *const units[] = {"", "k", "M", "G", "T", "P"};
    size_t unit = 0;
    if (n < 0) {
        return "-";
    }
    while (n >= 99999.5 && unit + 1 < sizeof(units) / sizeof(units[0])) {
        n /= 1000;
        unit++;
    }
    (void)snprintf(to, TEXT_BYTES, "%.0f%s", n, units[unit]);
    return to;
}

static const char *short_ms(double ms, char *to)
{
    if (ms < 0) {
        return "-";
    }
    (void)snprintf(to, TEXT_BYTES, ms < 10 ? "%.2f" : ms < 1000 ? "%.1f" : "%.0f", ms);
    return to;
}

static const char *lag_text(const struct top *t, const struct top_server *s, char *to)
{
    int64_t lag = top_lag(t, s);
    return lag < 0 ? "epoch" : short_count((double)lag, to);
}

// ---- servers ----

struct column {
    const char *head;
    int width;
    bool is_wide; // only on wide screens
};

static const struct column server_columns[] = {
    {"ROLE", 10, false},  {"ZXID", ZXID_COLUMNS, false},
    {"LAG", 5, false},    {"MEAN", 5, false},
    {"MAX", 5, false},    {"CONN", 5, false},
    {"OUT", 4, false},    {"REQ/s", 6, false},
    {"ANS/s", 6, true},   {"NODES", 8, true},
    {"WATCHES", 8, true}, {"EPHEM", 7, true},
    {"DATA", 9, true},    {"FDS", 6, true},
    {"TOOK", 6, true},
};
enum { SERVER_COLUMNS = sizeof(server_columns) / sizeof(server_columns[0]) };

static const struct column session_columns[] = {
    {"SESSION", 18, false}, {"REQ/s", 7, false},  {"REQS", 7, false},
    {"QUEUE", 5, false},    {"MEAN", 6, false},   {"MAX", 6, false},
    {"LAST", 4, false},     {"TIMEOUT", 7, true}, {"SERVER", 30, true},
};
enum { SESSION_COLUMNS = sizeof(session_columns) / sizeof(session_columns[0]) };

struct table {
    const struct column *columns;
    size_t count;     // those that are shown: the first ones
    int name_columns; // of what stands before them
};

static struct table fit(const struct page *p, const struct column *columns, size_t count)
{
    int rest = p->columns - 1; // behind the name is a blank
    size_t shown = 0;
    while (shown < count &&
           (!columns[shown].is_wide || rest - columns[shown].width - 1 >= NAME_COLUMNS_GOOD)) {
        rest -= columns[shown].width + 1;
        shown++;
    }
    rest = rest < NAME_COLUMNS_MAX ? rest : NAME_COLUMNS_MAX;
    rest = rest > NAME_COLUMNS_MIN ? rest : NAME_COLUMNS_MIN;
    return (struct table){.columns = columns, .count = shown, .name_columns = rest};
}

static struct table server_table(const struct page *p)
{
    return fit(p, server_columns, SERVER_COLUMNS);
}

static struct table session_table(const struct page *p)
{
    return fit(p, session_columns, SESSION_COLUMNS);
}

static bool is_left(const char *head)
{
    return strcmp(head, "ROLE") == 0 || strcmp(head, "SESSION") == 0 || strcmp(head, "LAST") == 0 ||
           strcmp(head, "SERVER") == 0;
}

// The cell of column *at, which goes on to the next one.
static void put_cell(struct page *p, const struct table *t, size_t *at, const char *text)
{
    if (*at < t->count) {
        const struct column *c = &t->columns[*at];
        if (is_left(c->head)) {
            put_left(p, text, c->width);
        } else {
            put_right(p, text, c->width);
        }
    }
    (*at)++;
}

static void draw_head(struct page *p, const char *name, struct table t, bool is_chosen)
{
    head_line(p, is_chosen);
    put_left(p, name, t.name_columns);
    for (size_t i = 0; i < t.count;) {
        put_cell(p, &t, &i, t.columns[i].head);
    }
    fill_line(p);
}

static void draw_down(struct page *p, const struct top_server *s)
{
    style(p, "\033[31m");
    put_left(p, s->name, server_table(p).name_columns);
    put_left(p, s->role[0] != '\0' ? s->role : "-", server_columns[0].width);
    put(p, s->why);
    end_line(p);
}

static void draw_up(struct page *p, const struct top *t, const struct top_server *s)
{
    char zxid[TEXT_BYTES], a[TEXT_BYTES];
    int len = snprintf(zxid, sizeof(zxid), "0x%" PRIx64, s->zxid);
    if (len > ZXID_COLUMNS) { // the digits matter
        (void)snprintf(zxid, sizeof(zxid), "%" PRIx64, s->zxid);
    }
    bool is_leader = strcmp(s->role, "leader") == 0 || strcmp(s->role, "standalone") == 0;
    style(p, is_leader ? "\033[1m" : "");
    struct table cells = server_table(p);
    size_t at = 0;
    put_left(p, s->name, cells.name_columns);
    put_cell(p, &cells, &at, s->role);
    put_cell(p, &cells, &at, zxid);
    put_cell(p, &cells, &at, lag_text(t, s, a));
    put_cell(p, &cells, &at, short_ms(s->latency_ms, a));
    put_cell(p, &cells, &at, short_count((double)s->latency_max_ms, a));
    put_cell(p, &cells, &at, short_count((double)s->connections, a));
    put_cell(p, &cells, &at, short_count((double)s->outstanding, a));
    put_cell(p, &cells, &at, short_count(s->received_rate, a));
    put_cell(p, &cells, &at, short_count(s->sent_rate, a));
    put_cell(p, &cells, &at, short_count((double)s->nodes, a));
    put_cell(p, &cells, &at, short_count((double)s->watches, a));
    put_cell(p, &cells, &at, short_count((double)s->ephemerals, a));
    put_cell(p, &cells, &at, s->data_bytes >= 0 ? progress_bytes((uint64_t)s->data_bytes, a) : "-");
    put_cell(p, &cells, &at, short_count((double)s->descriptors, a));
    put_cell(p, &cells, &at, short_ms((double)s->took_ms, a));
    end_line(p);
}

static void draw_servers(struct page *p, const struct top *t, const struct top_view *v, int lines)
{
    draw_head(p, "SERVER", server_table(p), !v->is_session_pane);
    for (int i = 0; i < lines; i++) {
        size_t at = v->first_server + (size_t)i;
        if (at >= t->server_count) {
            end_line(p);
        } else if (t->servers[at].is_up) {
            draw_up(p, t, &t->servers[at]);
        } else {
            draw_down(p, &t->servers[at]);
        }
    }
}

// ---- sessions ----

static void draw_session(struct page *p, const struct top *t, const struct top_session *s)
{
    char id[TEXT_BYTES], a[TEXT_BYTES];
    (void)snprintf(id, sizeof(id), "0x%" PRIx64, (uint64_t)s->id);
    struct table cells = session_table(p);
    size_t at = 0;
    put_left(p, s->address, cells.name_columns);
    put_cell(p, &cells, &at, id);
    put_cell(p, &cells, &at, short_count(s->rate, a));
    put_cell(p, &cells, &at, short_count((double)s->received, a));
    put_cell(p, &cells, &at, short_count((double)s->queued, a));
    put_cell(p, &cells, &at, short_ms(s->latency_ms, a));
    put_cell(p, &cells, &at, short_count((double)s->latency_max_ms, a));
    put_cell(p, &cells, &at, s->last_op);
    put_cell(p, &cells, &at, short_count((double)s->timeout_ms, a));
    put_cell(p, &cells, &at, t->servers[s->server].name);
    end_line(p);
}

static bool is_cons_refused(const struct top *t)
{
    for (size_t i = 0; i < t->server_count; i++) {
        if (t->servers[i].is_up && t->servers[i].refuses_cons) {
            return true;
        }
    }
    return false;
}

static void draw_sessions(struct page *p, const struct top *t, const struct top_view *v, int lines)
{
    draw_head(p, "CLIENT", session_table(p), v->is_session_pane);
    for (int i = 0; i < lines; i++) {
        size_t at = v->first_session + (size_t)i;
        if (at < t->session_count) {
            draw_session(p, t, &t->sessions[at]);
        } else {
            if (i == 0 && is_cons_refused(t)) {
                put(p, "not listed: 4lw.commands.whitelist of the servers lacks cons");
            }
            end_line(p);
        }
    }
}

// ---- the whole ----

static void draw_heading(struct page *p, const struct top *t, const struct top_view *v)
{
    char line[300], rate[TEXT_BYTES], sessions[TEXT_BYTES];
    size_t up = 0;
    double requests = -1;
    for (size_t i = 0; i < t->server_count; i++) {
        const struct top_server *s = &t->servers[i];
        up += s->is_up ? 1 : 0;
        if (s->received_rate >= 0) {
            requests = (requests < 0 ? 0 : requests) + s->received_rate;
        }
    }
    (void)snprintf(line, sizeof(line), "%zu of %zu servers up  %s req/s  %s sessions by %s  %s", up,
                   t->server_count, short_count(requests, rate),
                   short_count((double)t->session_count, sessions), top_sort_name(v->sort),
                   v->time);
    style(p, up < t->server_count ? "\033[1;31m" : "\033[1m");
    put(p, line);
    end_line(p);
    end_line(p);
}

static void draw_keys(struct page *p, const struct top_view *v)
{
    char line[200];
    (void)snprintf(line, sizeof(line),
                   "q quit  s sort  1-9 seconds (%g)  tab pane  up/down scroll  h help",
                   v->delay_s);
    style(p, "\033[2m");
    put(p, v->remark != NULL ? v->remark : line);
    style(p, "\033[0m");
}

static const char *const help[] = {
    "LAG      changes behind the leader; 'epoch': of another epoch than the leader's",
    "MEAN MAX latency of requests in ms, as the server measures it since it began",
    "CONN     connections     OUT  requests that are under way",
    "REQ/s    packets received a second, between two looks     ANS/s  sent",
    "DATA     bytes of data and paths     FDS  descriptors     TOOK  ms for srvr",
    "QUEUE    requests of the connection that wait     LAST  its last request",
    "",
    "s        sort the sessions by the next of: requests a second, requests, mean",
    "         latency, longest latency, queued requests",
    "1-9      seconds between two looks",
    "tab      choose the servers or the sessions, which the arrows then move",
    "q        quit     any other key: back",
    "",
    "Watches, ephemerals, data and descriptors come from the word mntr and sessions",
    "from cons: servers answer them when 4lw.commands.whitelist names them.",
};

static void draw_help(struct page *p, int rows)
{
    int count = (int)(sizeof(help) / sizeof(help[0]));
    for (int i = 0; i < rows; i++) {
        put(p, i < count ? help[i] : "");
        end_line(p);
    }
}

// Servers get what they need, but no more than half of a screen that has sessions, too.
static int server_lines(const struct top *t, int room)
{
    int need = (int)(t->server_count < 10000 ? t->server_count : 10000);
    int half = room / 2 > 1 ? room / 2 : 1;
    return need < half ? need : half;
}

static void draw_page(struct page *p, const struct top *t, const struct top_view *v)
{
    draw_heading(p, t, v);
    draw_servers(p, t, v, (int)t->server_count);
    if (t->session_count > 0 || is_cons_refused(t)) {
        end_line(p);
        draw_sessions(p, t, v, t->session_count > 0 ? (int)t->session_count : 1);
    }
}

void top_draw(const struct top *t, const struct top_view *v, struct buf *to)
{
    struct page p = {.to = to,
                     .columns = v->columns > 0 ? v->columns : PAGE_COLUMNS,
                     .is_coloured = v->is_coloured};
    if (v->rows == 0) {
        draw_page(&p, t, v);
        return;
    }
    int room = v->rows - FIXED_LINES;
    if (room < 2) {
        put(&p, "too few lines for top");
        return;
    }
    draw_heading(&p, t, v);
    if (v->is_help) {
        draw_help(&p, v->rows - p.lines - 1);
    } else {
        int servers = server_lines(t, room);
        draw_servers(&p, t, v, servers);
        end_line(&p);
        draw_sessions(&p, t, v, room - servers);
    }
    draw_keys(&p, v);
}
