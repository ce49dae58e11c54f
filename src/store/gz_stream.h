// SPDX-License-Identifier: Apache-2.0
//
// gzip as a filter: bytes in, bytes out, in pieces of any size and with memory of the window only.
// Files of tools that may be compressed (exports) go through it; snapshots have a way of their own
// (snapfile.h, snapsource.h), which seals what it packs.
#ifndef PADDOCK_STORE_GZ_STREAM_H
#define PADDOCK_STORE_GZ_STREAM_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"

// True when bytes begin as a gzip file does (RFC 1952).
bool gz_is_packed(struct slice begin);

// ---- packing ----

struct gz_packer;
struct gz_packer *gz_packer_new(int level); // 1 fast to 9 small
void gz_packer_free(struct gz_packer *g);   // NULL is legal

// Pack `bytes` and append what is ready to `to`; all of it when `is_last`.
void gz_pack(struct gz_packer *g, struct slice bytes, bool is_last, struct buf *to);

// ---- unpacking ----

struct gz_unpacker;
struct gz_unpacker *gz_unpacker_new(void);
void gz_unpacker_free(struct gz_unpacker *g); // NULL is legal

// Unpack from the front of `*bytes`, which shrinks by what was used, and append to `to`; at most
// about `room` bytes, so call again while something is left. Members that follow each other are one
// stream. Errors: ERR_CORRUPT.
enum err gz_unpack(struct gz_unpacker *g, struct slice *bytes, size_t room,
                   struct buf *to) MUST_CHECK;
bool gz_is_whole(const struct gz_unpacker *g); // what was given so far ends where a member ends

#endif
