// SPDX-License-Identifier: Apache-2.0
//
// What the files of the words share: one function per word, and the pieces that several print.
// Every function appends to `out` and changes nothing unless it says so.
#ifndef PADDOCK_SERVER_WORD_PRIV_H
#define PADDOCK_SERVER_WORD_PRIV_H

#include "server/server_priv.h"

// Output of one word is cut here, with a line that says so: a tree of a million watches must not
// become a reply of hundreds of megabytes.
enum { WORD_BYTES_MAX = 16 * 1024 * 1024 };
bool word_is_full(struct buf *out); // true from then on; appends that line once

// What the server calls itself in front of people: "standalone".
const char *word_mode(const struct server *s);

// "/127.0.0.1:50336", "/[0:0:0:0:0:0:0:1]:50336". Source: InetSocketAddress.toString.
void word_print_address(const struct port_address *peer, struct buf *out);

// ---- word_stat.c: connections and the server ----

void word_srvr(struct server *s, struct buf *out);
void word_stat(struct server *s, const struct conn *asker, struct buf *out);
void word_cons(struct server *s, const struct conn *asker, struct buf *out);
void word_crst(struct server *s, struct buf *out); // changes: statistics of every connection

// ---- word_dump.c ----

void word_dump(struct server *s, struct buf *out);

// ---- word_watch.c ----

void word_wchs(struct server *s, struct buf *out);
void word_wchc(struct server *s, struct buf *out);
void word_wchp(struct server *s, struct buf *out);

// ---- word_conf.c: configuration, environment, disk ----

void word_conf(struct server *s, struct buf *out);
void word_envi(struct server *s, struct buf *out);
void word_dirs(struct server *s, struct buf *out);
void word_hash(struct server *s, struct buf *out);

// ---- word_mntr.c ----

void word_mntr(struct server *s, struct buf *out);

#endif
