// SPDX-License-Identifier: Apache-2.0
//
// A worker: one thread with a queue. The loop submits, the thread runs, the loop is told. It owns
// no state but the queue.
#ifndef PADDOCK_HOST_WORKER_H
#define PADDOCK_HOST_WORKER_H

#include "port/loop.h"

// Answers port_loop.worker_open; `loop` is the port of a struct host_loop.
enum err worker_open(struct port_loop *loop, const char *name, struct port_worker **ret) MUST_CHECK;

#endif
