// SPDX-License-Identifier: Apache-2.0
//
// Lines of the log. A line grows in its buffer field by field; put() refuses what would not leave
// room for the end of the line, so a line is always whole whatever its fields hold.
#include "server/log.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "server/calendar.h"

// Room that fields leave for what log_end writes: truncated=true, a brace, a newline.
enum { LOG_TAIL_BYTES = 32 };

struct event_row {
    const char *name;
    enum log_level level;
};

static const struct event_row rows[] = {
#define X(name, text, level, help) {text, LOG_##level},
#include "server/events.def"
#undef X
};

static const char *const level_names[] = {"error", "warn", "info", "debug"};
static const char *const format_names[] = {"text", "json"};

void log_init(struct log *log, struct port_clock *clock,
              void (*sink)(void *ctx, enum log_level level, const char *line, size_t len),
              void *sink_ctx)
{
    *log = (struct log){
        .clock = clock, .sink = sink, .sink_ctx = sink_ctx, .level = LOG_INFO, .format = LOG_TEXT};
}

// ---- growing a line ----

static bool put(struct log_line *l, const char *text, size_t len)
{
    if (l->is_full || len > LOG_LINE_MAX - LOG_TAIL_BYTES - l->len) {
        l->is_full = true;
        return false;
    }
    memcpy(l->text + l->len, text, len);
    l->len += len;
    return true;
}

static void __attribute__((format(printf, 2, 3)))
put_format(struct log_line *l, const char *format, ...)
{
    char text[128];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    ASSERT(len >= 0 && (size_t)len < sizeof text);
    put(l, text, (size_t)len);
}

// The text of one byte inside quotes. JSON wants valid UTF-8, which only the whole string can tell;
// bytes from 0x80 on pass here and put_string decides about them.
static size_t escape_byte(uint8_t c, char out[8])
{
    static const char hex[] = "0123456789abcdef";
    static const char shorts[] = "\"\"\\\\\nn\rr\tt\bb\ff";
    for (size_t i = 0; i + 1 < sizeof shorts; i += 2) {
        if (c == (uint8_t)shorts[i]) {
            out[0] = '\\';
            out[1] = shorts[i + 1];
            return 2;
        }
    }
    if (c >= 0x20 && c != 0x7f) {
        out[0] = (char)c;
        return 1;
    }
    out[0] = '\\';
    out[1] = 'u';
    out[2] = out[3] = '0';
    out[4] = hex[c >> 4];
    out[5] = hex[c & 15];
    return 6;
}

// Length of the valid UTF-8 sequence at `s`, 0 when there is none.
static size_t utf8_length(struct slice s)
{
    uint8_t c = s.data[0];
    size_t len = c < 0x80 ? 1 : c < 0xc2 ? 0 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : c < 0xf5 ? 4 : 0;
    if (len == 0 || len > s.len) {
        return 0;
    }
    for (size_t i = 1; i < len; i++) {
        if ((s.data[i] & 0xc0) != 0x80) {
            return 0;
        }
    }
    bool is_overlong = (c == 0xe0 && s.data[1] < 0xa0) || (c == 0xf0 && s.data[1] < 0x90);
    bool is_surrogate = c == 0xed && s.data[1] > 0x9f;
    bool is_beyond = c == 0xf4 && s.data[1] > 0x8f;
    return is_overlong || is_surrogate || is_beyond ? 0 : len;
}

// A string in quotes; at most LOG_STRING_MAX bytes of it, the rest becomes "...".
static void put_string(struct log_line *l, struct slice s)
{
    size_t start = l->len;
    bool fits = put(l, "\"", 1);
    while (fits && s.len > 0) {
        if (l->len - start > LOG_STRING_MAX) {
            fits = put(l, "...", 3);
            break;
        }
        size_t len = utf8_length(s);
        char escaped[8];
        if (len > 1) {
            fits = put(l, (const char *)s.data, len);
        } else if (len == 0) {
            fits = put(l, "\xef\xbf\xbd", 3); // the replacement character
            len = 1;
        } else {
            fits = put(l, escaped, escape_byte(s.data[0], escaped));
        }
        s = slice_skip(s, len);
    }
    if (!fits || !put(l, "\"", 1)) {
        l->len = start; // a string is whole or absent
    }
}

// In text, a value without blanks, quotes and control bytes stands as it is.
static bool is_plain(struct slice s)
{
    if (s.len == 0 || s.len > LOG_STRING_MAX) {
        return false;
    }
    for (size_t i = 0; i < s.len; i++) {
        uint8_t c = s.data[i];
        if (c <= ' ' || c == '"' || c == '\\' || c == '=' || c >= 0x7f) {
            return false;
        }
    }
    return true;
}

static bool put_key(struct log_line *l, const char *key)
{
    bool is_json = l->log->format == LOG_JSON;
    return put(l, is_json ? ",\"" : " ", is_json ? 2 : 1) && put(l, key, strlen(key)) &&
           put(l, is_json ? "\":" : "=", is_json ? 2 : 1);
}

// Undo the key when its value did not fit.
static void settle(struct log_line *l, size_t start)
{
    if (l->is_full) {
        l->len = start;
    }
}

// ---- one line ----

bool log_begin(struct log_line *l, struct log *log, enum log_event event)
{
    ASSERT((unsigned)event < EVENT_COUNT);
    if (log == NULL || rows[event].level > log->level) {
        return false;
    }
    l->log = log;
    l->event = event;
    l->is_full = false;
    l->len = 0;
    char time[CALENDAR_TEXT_MAX];
    calendar_print_iso(clock_wall_ms(log->clock), time);
    const char *level = level_names[rows[event].level];
    if (log->format == LOG_JSON) {
        put_format(l, "{\"time\":\"%s\",\"level\":\"%s\",\"event\":\"%s\"", time, level,
                   rows[event].name);
    } else {
        put_format(l, "%s %s %s", time, level, rows[event].name);
    }
    return true;
}

void log_slice(struct log_line *l, const char *key, struct slice value)
{
    size_t start = l->len;
    if (put_key(l, key)) {
        if (l->log->format == LOG_TEXT && is_plain(value)) {
            put(l, (const char *)value.data, value.len);
        } else {
            put_string(l, value);
        }
    }
    settle(l, start);
}

void log_str(struct log_line *l, const char *key, const char *value)
{
    log_slice(l, key, slice_str(value != NULL ? value : ""));
}

void log_i64(struct log_line *l, const char *key, int64_t value)
{
    size_t start = l->len;
    if (put_key(l, key)) {
        put_format(l, "%" PRId64, value);
    }
    settle(l, start);
}

void log_hex(struct log_line *l, const char *key, int64_t value)
{
    size_t start = l->len;
    if (put_key(l, key)) {
        put_format(l, l->log->format == LOG_JSON ? "\"0x%" PRIx64 "\"" : "0x%" PRIx64,
                   (uint64_t)value);
    }
    settle(l, start);
}

void log_err(struct log_line *l, enum err reason)
{
    log_str(l, "reason", err_text(reason));
}

void log_end(struct log_line *l)
{
    bool is_json = l->log->format == LOG_JSON;
    const char *tail = !l->is_full ? (is_json ? "}\n" : "\n")
                       : is_json   ? ",\"truncated\":true}\n"
                                   : " truncated=true\n";
    size_t len = strlen(tail);
    ASSERT(len <= LOG_LINE_MAX - l->len);
    memcpy(l->text + l->len, tail, len);
    l->len += len;
    l->log->sink(l->log->sink_ctx, rows[l->event].level, l->text, l->len);
}

// ---- whole lines ----

void log_event(struct log *log, enum log_event event)
{
    struct log_line l;
    if (log_begin(&l, log, event)) {
        log_end(&l);
    }
}

void log_event_str(struct log *log, enum log_event event, const char *key, const char *value)
{
    struct log_line l;
    if (log_begin(&l, log, event)) {
        log_str(&l, key, value);
        log_end(&l);
    }
}

void log_event_i64(struct log *log, enum log_event event, const char *key, int64_t value)
{
    struct log_line l;
    if (log_begin(&l, log, event)) {
        log_i64(&l, key, value);
        log_end(&l);
    }
}

void log_event_err(struct log *log, enum log_event event, enum err reason)
{
    struct log_line l;
    if (log_begin(&l, log, event)) {
        log_err(&l, reason);
        log_end(&l);
    }
}

// ---- names ----

const char *log_event_name(enum log_event event)
{
    ASSERT((unsigned)event < EVENT_COUNT);
    return rows[event].name;
}

const char *log_level_name(enum log_level level)
{
    ASSERT((unsigned)level < sizeof level_names / sizeof level_names[0]);
    return level_names[level];
}

bool log_level_parse(const char *text, enum log_level *ret)
{
    for (unsigned i = 0; i < sizeof level_names / sizeof level_names[0]; i++) {
        if (strcmp(text, level_names[i]) == 0) {
            *ret = (enum log_level)i;
            return true;
        }
    }
    return false;
}

bool log_format_parse(const char *text, enum log_format *ret)
{
    for (unsigned i = 0; i < sizeof format_names / sizeof format_names[0]; i++) {
        if (strcmp(text, format_names[i]) == 0) {
            *ret = (enum log_format)i;
            return true;
        }
    }
    return false;
}
