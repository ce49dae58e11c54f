// SPDX-License-Identifier: Apache-2.0
//
// Which words there are, who may ask them, and the ones that are a line each.
#include "server/word.h"

#include <inttypes.h>

#include "base/assert.h"
#include "server/word_priv.h"

enum { WORD_BYTES = 4, SET_MASK_BYTES = 12, LEAD_BYTES = 20 };

enum word_kind {
    WORD_ALWAYS,  // answered whatever the state of the server
    WORD_SERVING, // only while it serves
    WORD_CHANGES, // only while it serves, and it changes something
    WORD_SETS,    // answered always, and it changes something
    WORD_ORDERS,  // the same, and it must be listed by its name: Java's '*' does not mean it
};

// ---- the short ones ----

static void answer_gtmk(const struct word_question *q)
{
    buf_printf(q->out, "%" PRId64, q->server->stats->trace_mask);
}

static void answer_isro(const struct word_question *q)
{
    const struct server *s = q->server;
    bool is_reading = s->state == SERVER_READING;
    buf_append_str(q->out, is_reading ? "ro" : server_is_open(s) ? "rw" : "null");
}

static void answer_ruok(const struct word_question *q)
{
    buf_append_str(q->out, "imok");
}

static void answer_srst(const struct word_question *q)
{
    stats_reset(q->server->stats);
    buf_append_str(q->out, "Server stats reset.\n");
}

// The mask arrives behind the word, big-endian.
static void answer_stmk(const struct word_question *q)
{
    ASSERT(q->rest.len == SET_MASK_BYTES - WORD_BYTES);
    q->server->stats->trace_mask = (int64_t)be64_load(q->rest.data);
    answer_gtmk(q);
}

// The id of the server that is to lead, 16 hexadecimal digits; all f: whoever is best.
static void answer_lead(const struct word_question *q)
{
    const struct server *s = q->server;
    uint64_t sid = 0;
    bool is_number = true;
    for (size_t i = 0; i < q->rest.len; i++) {
        const char *digit = strchr("0123456789abcdef", q->rest.data[i]);
        is_number = is_number && q->rest.data[i] != '\0' && digit != NULL;
        sid = is_number ? sid << 4 | (uint64_t)(digit - "0123456789abcdef") : 0;
    }
    const char *refusal = !is_number            ? "that is no server id"
                          : s->ensemble == NULL ? "this server is standalone"
                                                : ensemble_hand_over(s->ensemble, (int64_t)sid);
    if (refusal != NULL) {
        buf_printf(q->out, "Not handed over: %s.\n", refusal);
    } else {
        buf_append_str(q->out, "Leadership is being handed over.\n");
        log_event_str(s->log, EVENT_HAND_OVER, "why", "the word lead");
    }
}

// ---- which words there are ----

struct word {
    char text[WORD_BYTES + 1];
    enum word_kind kind;
    void (*answer)(const struct word_question *q);
};

static const struct word words[] = {
    {"conf", WORD_SERVING, word_conf},   {"cons", WORD_SERVING, word_cons},
    {"crst", WORD_CHANGES, word_crst},   {"dirs", WORD_SERVING, word_dirs},
    {"dump", WORD_SERVING, word_dump},   {"envi", WORD_ALWAYS, word_envi},
    {"gtmk", WORD_ALWAYS, answer_gtmk},  {"hash", WORD_SERVING, word_hash},
    {"isro", WORD_ALWAYS, answer_isro},  {"lead", WORD_ORDERS, answer_lead},
    {"mntr", WORD_SERVING, word_mntr},   {"ruok", WORD_ALWAYS, answer_ruok},
    {"srst", WORD_CHANGES, answer_srst}, {"srvr", WORD_SERVING, word_srvr},
    {"stat", WORD_SERVING, word_stat},   {"stmk", WORD_SETS, answer_stmk},
    {"wchc", WORD_SERVING, word_wchc},   {"wchp", WORD_SERVING, word_wchp},
    {"wchs", WORD_SERVING, word_wchs},
};

// What a terminal sends for ^C; the connection is closed without an answer.
static const uint8_t telnet_close[WORD_BYTES] = {0xff, 0xf4, 0xff, 0xfd};

// NULL when the four bytes are no word.
static const struct word *find(struct slice four)
{
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (memcmp(four.data, words[i].text, WORD_BYTES) == 0) {
            return &words[i];
        }
    }
    return NULL;
}

static bool is_word(const struct word *word, const char *text)
{
    return memcmp(word->text, text, WORD_BYTES) == 0;
}

// ---- who may ask ----

static bool is_loopback(const struct port_address *peer)
{
    static const uint8_t six[PORT_ADDRESS_BYTES] = {[15] = 1};
    static const uint8_t mapped[] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127};
    if (!peer->is_v6) {
        return peer->bytes[0] == 127;
    }
    return memcmp(peer->bytes, six, sizeof six) == 0 ||
           memcmp(peer->bytes, mapped, sizeof mapped) == 0;
}

// Whether the comma list `list` has `word`, or '*' where that counts.
static bool is_listed(const char *list, const char *word, bool counts_star)
{
    while (list != NULL) {
        const char *end = strchr(list, ',');
        size_t len = end != NULL ? (size_t)(end - list) : strlen(list);
        while (len > 0 && (uint8_t)*list <= ' ') {
            list++;
            len--;
        }
        while (len > 0 && (uint8_t)list[len - 1] <= ' ') {
            len--;
        }
        bool is_star = counts_star && len == 1 && *list == '*';
        if (is_star || (len == strlen(word) && memcmp(list, word, len) == 0)) {
            return true;
        }
        list = end != NULL ? end + 1 : NULL;
    }
    return false;
}

static bool is_allowed(const struct config *cfg, const struct port_address *peer,
                       const struct word *word)
{
    if (is_word(word, "srvr") || (is_word(word, "isro") && cfg->read_only_mode_enabled)) {
        return true;
    }
    bool is_order = word->kind == WORD_ORDERS;
    bool changes = word->kind == WORD_CHANGES || word->kind == WORD_SETS || is_order;
    return is_listed(cfg->four_letter_whitelist, word->text, !is_order) ||
           (cfg->is_loopback_trusted && !changes && is_loopback(peer));
}

bool word_is_allowed(const struct config *cfg, const struct port_address *peer, struct slice four)
{
    const struct word *word = find(four);
    return word != NULL && is_allowed(cfg, peer, word);
}

size_t word_length(const struct config *cfg, const struct port_address *peer, uint32_t head)
{
    uint8_t four[WORD_BYTES];
    be32_store(four, head);
    if (memcmp(four, telnet_close, WORD_BYTES) == 0) {
        return WORD_BYTES;
    }
    const struct word *word = find(slice_of(four, WORD_BYTES));
    if (word == NULL) {
        return 0;
    }
    bool has_rest = word->kind == WORD_SETS || word->kind == WORD_ORDERS;
    if (!has_rest || !is_allowed(cfg, peer, word)) {
        return WORD_BYTES;
    }
    return word->kind == WORD_SETS ? SET_MASK_BYTES : LEAD_BYTES;
}

// ---- answering ----

static void log_word(struct conn *c, enum log_event event, const char *text)
{
    struct log_line l;
    if (log_begin(&l, c->server->log, event)) {
        struct buf address = {0};
        ids_print_address(&c->stream->peer, &address);
        log_str(&l, "word", text);
        log_slice(&l, "address", buf_slice(&address));
        log_end(&l);
        buf_fini(&address);
    }
}

void word_answer(struct conn *c, struct slice bytes)
{
    const struct word *word = find(slice_of(bytes.data, WORD_BYTES));
    if (word == NULL) {
        return; // telnet_close
    }
    struct buf *out = conn_out(c);
    bool needs_serving = word->kind == WORD_SERVING || word->kind == WORD_CHANGES;
    if (!is_allowed(c->server->config, &c->stream->peer, word)) {
        buf_printf(out, "%s is not executed because it is not in the whitelist.\n", word->text);
        log_word(c, EVENT_WORD_REFUSED, word->text);
    } else if (needs_serving && !server_is_open(c->server)) {
        buf_append_str(out, "This ZooKeeper instance is not currently serving requests");
        buf_append_str(out, is_word(word, "hash") ? "" : "\n");
    } else {
        const struct word_question q = {c->server, c, slice_skip(bytes, WORD_BYTES), out};
        word->answer(&q);
        log_word(c, EVENT_WORD_SERVED, word->text);
    }
    stats_packet_sent(c->server->stats);
    c->stats.sent++;
}

// ---- pieces ----

bool word_is_full(struct buf *out)
{
    static const char last[] = "... (more than this server prints)\n";
    if (out->len < WORD_BYTES_MAX) {
        return false;
    }
    size_t len = sizeof last - 1;
    if (memcmp(out->data + out->len - len, last, len) != 0) {
        buf_append(out, last, len);
    }
    return true;
}

const char *word_mode(const struct server *s)
{
    if (s->state == SERVER_READING) {
        return "read-only";
    }
    return s->ensemble == NULL ? "standalone" : zab_role_name(zab_role(ensemble_zab(s->ensemble)));
}

void word_print_address(const struct port_address *peer, struct buf *out)
{
    buf_append_str(out, peer->is_v6 ? "/[" : "/");
    ids_print_address(peer, out);
    buf_printf(out, "%s:%u", peer->is_v6 ? "]" : "", peer->port);
}
