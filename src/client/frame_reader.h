// SPDX-License-Identifier: Apache-2.0
//
// Frames out of a byte stream: 4 bytes of length, then as many bytes. A frame that arrives in one
// piece is not copied. Memory grows with the bytes received, never with an announced length.
#ifndef PADDOCK_CLIENT_FRAME_READER_H
#define PADDOCK_CLIENT_FRAME_READER_H

#include "base/buf.h"

enum frame_status {
    FRAME_READY,
    FRAME_INCOMPLETE, // everything was taken in; more must come
    FRAME_TOO_BIG,    // `ret` is its first FRAME_PEEK_BYTES
    FRAME_MALFORMED,  // a negative length
    FRAME_NO_MEMORY,
};

enum { FRAME_PEEK_BYTES = 16 }; // a reply header: says whose answer it would have been

struct frame_reader {
    struct buf held;  // of a frame that is not complete
    size_t frame_max; // longer ones are refused
    bool is_spent;    // `held` was given out
};

void frame_reader_init(struct frame_reader *r, size_t frame_max);
void frame_reader_fini(struct frame_reader *r);
void frame_reader_reset(struct frame_reader *r); // a new stream begins

// Take from the front of *bytes what belongs to the next frame. `ret` is valid until the next call
// and as long as the bytes. After a refusal only reset is legal.
enum frame_status frame_reader_next(struct frame_reader *r, struct slice *bytes, struct slice *ret);

#endif
