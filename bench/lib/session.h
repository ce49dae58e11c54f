// SPDX-License-Identifier: Apache-2.0
//
// One session of the load: a socket, the requests asked on it and not yet answered, and a reply
// parser that looks at headers and skips bodies. Every answer is checked against the request it
// belongs to (xid, error, length); the first mismatch ends the program, so a number that is
// printed was earned with correct answers.
//
// Invariants:
// 1. `asked` holds the unanswered requests in the order they were asked, oldest at `answered`.
// 2. Bytes the socket did not take stay in `unsent`, and no byte is sent past them.
#ifndef PADDOCK_BENCH_LIB_SESSION_H
#define PADDOCK_BENCH_LIB_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bench/lib/wire.h"

struct asked {
    uint64_t at_ns;
    int32_t xid;
    uint32_t reply_bytes; // of the frame that must come
};

struct session {
    int fd;
    int32_t last_xid;
    uint32_t sent;     // requests ever asked
    uint32_t answered; // requests ever answered
    uint32_t asked_mask;
    struct asked *asked; // a ring
    uint8_t head[WIRE_LENGTH_BYTES + WIRE_HEAD_BYTES];
    uint32_t head_bytes;
    uint32_t skip_bytes; // of a body, still to come
    uint8_t *unsent;
    size_t unsent_bytes;
    size_t unsent_max;
};

// What happens at an answer; `at_ns` is when its request was asked.
typedef void session_answered(void *ctx, uint64_t at_ns);

// Connect to 127.0.0.1:`port` and shake hands, blocking. `frame_max` bounds one request frame.
void session_open(struct session *s, uint16_t port, uint32_t outstanding_max, size_t frame_max,
                  uint32_t timeout_ms);
// Close the session on the server, too. Blocking; nothing may be outstanding.
void session_close(struct session *s);

// Note a request asked at `at_ns`; returns its xid. The caller builds and sends the frame.
int32_t session_ask(struct session *s, uint64_t at_ns, uint32_t reply_bytes);
void session_ask_ping(struct session *s, uint64_t at_ns); // its xid is always WIRE_XID_PING
uint32_t session_outstanding(const struct session *s);

// Send without blocking; what does not fit is kept. True when all of it is with the kernel.
bool session_send(struct session *s, const uint8_t *bytes, size_t count);
bool session_flush(struct session *s);

// One recv into `room`, then `answered` for each whole header in it. Returns the answers.
uint32_t session_receive(struct session *s, uint8_t *room, size_t room_bytes,
                         session_answered *answered, void *ctx);

// Send one frame and wait for its answer: for preparing a run. Returns the error of the reply.
int32_t session_call(struct session *s, const uint8_t *frame, size_t count);

// Make the node, or set its data when it is there. `frame` has room for the request.
void session_ensure(struct session *s, uint8_t *frame, struct wire_text path,
                    struct wire_text value);

uint64_t now_ns(void); // monotonic
_Noreturn void fatal(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
