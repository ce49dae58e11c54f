// SPDX-License-Identifier: Apache-2.0
//
// Which words there are, who may ask them, and the ones that are a line each.
#include "server/word.h"

#include <inttypes.h>

#include "base/assert.h"
#include "server/word_priv.h"

enum { WORD_BYTES = 4, SET_MASK_BYTES = 12 };

enum word_kind {
    WORD_ALWAYS,  // answered whatever the state of the server
    WORD_SERVING, // only while it serves
    WORD_CHANGES, // only while it serves, and it changes something
    WORD_SETS,    // answered always, and it changes something
};

// X(word, kind, what it appends to `out`, out of `s`, `c` and the bytes `rest` behind the word)
#define WORDS(X)                                                                                   \
    X(conf, WORD_SERVING, word_conf(s, out))                                                       \
    X(cons, WORD_SERVING, word_cons(s, c, out))                                                    \
    X(crst, WORD_CHANGES, word_crst(s, out))                                                       \
    X(dirs, WORD_SERVING, word_dirs(s, out))                                                       \
    X(dump, WORD_SERVING, word_dump(s, out))                                                       \
    X(envi, WORD_ALWAYS, word_envi(s, out))                                                        \
    X(gtmk, WORD_ALWAYS, buf_printf(out, "%" PRId64, s->stats->trace_mask))                        \
    X(hash, WORD_SERVING, word_hash(s, out))                                                       \
    X(isro, WORD_ALWAYS, buf_append_str(out, s->state == SERVER_SERVING ? "rw" : "null"))          \
    X(mntr, WORD_SERVING, word_mntr(s, out))                                                       \
    X(ruok, WORD_ALWAYS, buf_append_str(out, "imok"))                                              \
    X(srst, WORD_CHANGES, reset_stats(s, out))                                                     \
    X(srvr, WORD_SERVING, word_srvr(s, out))                                                       \
    X(stat, WORD_SERVING, word_stat(s, c, out))                                                    \
    X(stmk, WORD_SETS, set_mask(s, rest, out))                                                     \
    X(wchc, WORD_SERVING, word_wchc(s, out))                                                       \
    X(wchp, WORD_SERVING, word_wchp(s, out))                                                       \
    X(wchs, WORD_SERVING, word_wchs(s, out))

enum word {
#define X(word, kind, action) WORD_##word,
    WORDS(X)
#undef X
        WORD_COUNT,
};

static const struct {
    char text[WORD_BYTES + 1];
    enum word_kind kind;
} words[] = {
#define X(word, kind, action) {#word, kind},
    WORDS(X)
#undef X
};

// What a terminal sends for ^C; the connection is closed without an answer.
static const uint8_t telnet_close[WORD_BYTES] = {0xff, 0xf4, 0xff, 0xfd};

static bool find(struct slice four, enum word *ret)
{
    for (unsigned i = 0; i < WORD_COUNT; i++) {
        if (memcmp(four.data, words[i].text, WORD_BYTES) == 0) {
            *ret = (enum word)i;
            return true;
        }
    }
    return false;
}

size_t word_length(uint32_t head)
{
    uint8_t four[WORD_BYTES];
    be32_store(four, head);
    enum word word;
    if (memcmp(four, telnet_close, WORD_BYTES) == 0) {
        return WORD_BYTES;
    }
    if (!find(slice_of(four, WORD_BYTES), &word)) {
        return 0;
    }
    return word == WORD_stmk ? SET_MASK_BYTES : WORD_BYTES;
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

// Whether the comma list `list` has `word`, or '*'.
static bool is_listed(const char *list, const char *word)
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
        bool is_star = len == 1 && *list == '*';
        if (is_star || (len == strlen(word) && memcmp(list, word, len) == 0)) {
            return true;
        }
        list = end != NULL ? end + 1 : NULL;
    }
    return false;
}

bool word_is_allowed(const struct config *cfg, const struct port_address *peer, struct slice four)
{
    enum word word;
    if (!find(four, &word)) {
        return false;
    }
    if (word == WORD_srvr || (word == WORD_isro && cfg->read_only_mode_enabled)) {
        return true;
    }
    bool changes = words[word].kind == WORD_CHANGES || words[word].kind == WORD_SETS;
    return is_listed(cfg->four_letter_whitelist, words[word].text) ||
           (cfg->is_loopback_trusted && !changes && is_loopback(peer));
}

// ---- answers ----

static void reset_stats(struct server *s, struct buf *out)
{
    stats_reset(s->stats);
    buf_append_str(out, "Server stats reset.\n");
}

// The mask arrives behind the word, big-endian.
static void set_mask(struct server *s, struct slice rest, struct buf *out)
{
    ASSERT(rest.len == SET_MASK_BYTES - WORD_BYTES);
    s->stats->trace_mask = (int64_t)be64_load(rest.data);
    buf_printf(out, "%" PRId64, s->stats->trace_mask);
}

static void answer(struct conn *c, enum word word, struct slice rest, struct buf *out)
{
    struct server *s = c->server;
    switch (word) {
#define X(word, kind, action)                                                                      \
    case WORD_##word:                                                                              \
        action;                                                                                    \
        return;
        WORDS(X)
#undef X
    case WORD_COUNT:
        break;
    }
    ASSERT(false && "find() gives no other word");
}

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
    struct slice four = slice_of(bytes.data, WORD_BYTES);
    enum word word;
    if (!find(four, &word)) {
        return; // telnet_close
    }
    struct buf *out = conn_out(c);
    bool needs_serving = words[word].kind == WORD_SERVING || words[word].kind == WORD_CHANGES;
    if (!word_is_allowed(c->server->config, &c->stream->peer, four)) {
        buf_printf(out, "%s is not executed because it is not in the whitelist.\n",
                   words[word].text);
        log_word(c, EVENT_WORD_REFUSED, words[word].text);
    } else if (needs_serving && c->server->state != SERVER_SERVING) {
        buf_append_str(out, "This ZooKeeper instance is not currently serving requests");
        buf_append_str(out, word == WORD_hash ? "" : "\n");
    } else {
        answer(c, word, slice_skip(bytes, WORD_BYTES), out);
        log_word(c, EVENT_WORD_SERVED, words[word].text);
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
    (void)s;
    return "standalone";
}

void word_print_address(const struct port_address *peer, struct buf *out)
{
    buf_append_str(out, peer->is_v6 ? "/[" : "/");
    ids_print_address(peer, out);
    buf_printf(out, "%s:%u", peer->is_v6 ? "]" : "", peer->port);
}
