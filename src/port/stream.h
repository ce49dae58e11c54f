// SPDX-License-Identifier: Apache-2.0
//
// Byte streams: TCP connections between us and others (TLS later looks the same from above).
//
//     listen ──accept────────► open ──start()──► open and reading ──close()──► gone
//     connect ──on_connected──►  ▲                      │
//                                └───── pause() ────────┘
//
// The owner of a stream embeds nothing: it gets a `struct port_stream *` and sets `handler` and
// `owner`. Reading delivers borrowed bytes; writing takes what the socket takes at once and says
// how much, so unsent bytes stay with the owner, who alone decides how many there may be.
#ifndef PADDOCK_PORT_STREAM_H
#define PADDOCK_PORT_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/slice.h"

enum { PORT_ADDRESS_BYTES = 16 };

// The numeric address of a peer. IPv4 uses the first 4 bytes.
struct port_address {
    uint8_t bytes[PORT_ADDRESS_BYTES];
    bool is_v6;
    uint16_t port;
    uint32_t scope; // of an IPv6 link-local address, else 0
};

struct port_stream;

struct port_stream_handler {
    // Of a stream made by connect(): it is open now. NULL for accepted ones. A connection that
    // fails calls on_end instead, with ERR_CONNECTION.
    void (*on_connected)(struct port_stream *s);
    // Bytes arrived; `bytes` is valid during the call. May close the stream.
    void (*on_bytes)(struct port_stream *s, struct slice bytes);
    // No more bytes will arrive: ERR_CLOSED at end of stream, else what failed. The stream is still
    // open for writing; the owner closes it.
    void (*on_end)(struct port_stream *s, enum err reason);
    // A write that took less than it was given may be continued.
    void (*on_writable)(struct port_stream *s);
};

struct port_stream {
    const struct port_stream_handler *handler; // set by the owner before start()
    void *owner;                               // the owner's; not touched by the stream
    struct port_address peer;

    void (*start)(struct port_stream *s); // begin or go on reading
    void (*pause)(struct port_stream *s); // no on_bytes until start()
    // Hand over up to `count` slices; returns the bytes taken, 0 when the socket is full.
    // Errors: a negative enum err when the stream is broken; the owner then closes it.
    int64_t (*write)(struct port_stream *s, const struct slice *parts, size_t count);
    // No callback comes after it; unsent bytes of the kernel still go out. Frees the stream.
    void (*close)(struct port_stream *s);
};

struct port_listener {
    void (*on_accept)(struct port_listener *l, struct port_stream *s); // ownership moves
    // accept() itself failed (ERR_TOO_MANY_FILES); the listener pauses a moment and goes on.
    void (*on_error)(struct port_listener *l, enum err reason);
    void *owner;
    uint16_t port; // the one that was bound, also when 0 was asked for
    void (*close)(struct port_listener *l);
};

struct port_net {
    // Listen on `host` (numeric or name; NULL for every address, both families) and `port` (0:
    // any). `backlog` <= 0 means the system's default. Callbacks are set on *ret before the next
    // turn. Options of accepted sockets: TCP_NODELAY on; keepalive when `keepalive`. Errors:
    // ERR_ADDRESS_IN_USE, ERR_ADDRESS, ERR_ACCESS, ERR_UNRESOLVED, ERR_TOO_MANY_FILES.
    enum err (*listen)(struct port_net *net, const char *host, uint16_t port, int backlog,
                       bool keepalive, struct port_listener **ret);
    // Begin to connect; TCP_NODELAY on, keepalive when `keepalive`. The owner sets handler and
    // owner before the next turn, and closes the stream at any time. No callback comes within the
    // call. Errors: ERR_TOO_MANY_FILES, ERR_NO_MEMORY, ERR_ADDRESS.
    enum err (*connect)(struct port_net *net, const struct port_address *to, bool keepalive,
                        struct port_stream **ret);
};

#endif
