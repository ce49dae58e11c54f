// SPDX-License-Identifier: Apache-2.0
//
// The log of the server: one event per line, with a stable name from events.def and typed fields.
//
//     2026-11-21T12:00:00.123Z info session_opened session=0x1000034651d0000 timeout_ms=4000
//     {"time":"2026-11-21T12:00:00.123Z","level":"info","event":"session_opened",...}
//
// A line is built on the stack and handed to the sink whole, with its newline:
//
//     struct log_line l;
//     if (log_begin(&l, log, EVENT_SESSION_OPENED)) {
//         log_hex(&l, "session", session);
//         log_i64(&l, "timeout_ms", timeout_ms);
//         log_end(&l);
//     }
//
// Fields of an event whose level is off cost nothing. Strings may come from the network: they are
// escaped so that no byte of them can begin a line or a field. A line that would grow beyond
// LOG_LINE_MAX loses its last fields and says truncated=true.
// What it is not: it opens no file and knows no descriptor; the sink belongs to main/.
// Thread: the loop thread.
#ifndef PADDOCK_SERVER_LOG_H
#define PADDOCK_SERVER_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/slice.h"
#include "port/clock.h"

enum log_level {
    LOG_ERROR, // an operator must act
    LOG_WARN,  // we degrade
    LOG_INFO,  // life cycle, rare
    LOG_DEBUG, // per operation
};
enum log_format { LOG_TEXT, LOG_JSON };

enum log_event {
#define X(name, text, level, help) EVENT_##name,
#include "server/events.def"
#undef X
    EVENT_COUNT,
};

enum { LOG_LINE_MAX = 2048, LOG_STRING_MAX = 1024 }; // bytes, the newline included

struct log {
    struct port_clock *clock; // wall time of the lines
    // `line` ends with a newline and is valid during the call.
    void (*sink)(void *ctx, enum log_level level, const char *line, size_t len);
    void *sink_ctx;
    enum log_level level; // may be assigned at any time
    enum log_format format;
};

struct log_line {
    struct log *log;
    enum log_event event;
    bool is_full; // a field did not fit; the later ones are dropped
    size_t len;   // bytes in `text`
    char text[LOG_LINE_MAX];
};

// ---- life cycle ----

// Level info, format text. `sink` is as in the struct.
void log_init(struct log *log, struct port_clock *clock,
              void (*sink)(void *ctx, enum log_level level, const char *line, size_t len),
              void *sink_ctx);

// ---- one line ----

// False, with nothing to do, when the event's level is off; a NULL log drops everything.
bool log_begin(struct log_line *l, struct log *log, enum log_event event);
void log_str(struct log_line *l, const char *key, const char *value); // NULL is printed as empty
void log_slice(struct log_line *l, const char *key, struct slice value);
void log_i64(struct log_line *l, const char *key, int64_t value);
void log_hex(struct log_line *l, const char *key, int64_t value); // 0x..., a string in JSON
void log_err(struct log_line *l, enum err reason); // reason="no space left on device"
void log_end(struct log_line *l);

// ---- whole lines without or with one field ----

void log_event(struct log *log, enum log_event event);
void log_event_str(struct log *log, enum log_event event, const char *key, const char *value);
void log_event_i64(struct log *log, enum log_event event, const char *key, int64_t value);
void log_event_err(struct log *log, enum log_event event, enum err reason);

// ---- names ----

const char *log_event_name(enum log_event event);
const char *log_level_name(enum log_level level); // "error", "warn", "info", "debug"
// False, `*ret` untouched, for a text that names no level (or format).
bool log_level_parse(const char *text, enum log_level *ret);
bool log_format_parse(const char *text, enum log_format *ret);

#endif
