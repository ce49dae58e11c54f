// SPDX-License-Identifier: Apache-2.0
//
// A chroot: a prefix that the program does not see. Requests get it in front, answers and events
// lose it. Servers know nothing of it. Source: Chroot.java.
#ifndef PADDOCK_CLIENT_CHROOT_H
#define PADDOCK_CLIENT_CHROOT_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/slice.h"

// The server's path of `path`: "/app" and "/x" make "/app/x", "/app" and "/" make "/app". Without
// a chroot (empty) it is `path` itself.
// Memory: borrows `path`, or is in `arena`. Errors: false when memory is out.
bool chroot_add(struct slice chroot, struct slice path, struct arena *arena, struct slice *ret);

// The one path that is the same with every chroot, as in Java: see PADDOCK_OP_GET_CONFIG.
#define CHROOT_CONFIG_PATH "/zookeeper/config"

// The program's path of a server's path: borrows `path`. False when it is neither below the chroot
// nor the configuration's.
bool chroot_strip(struct slice chroot, struct slice path, struct slice *ret);

#endif
