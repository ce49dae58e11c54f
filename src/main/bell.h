// SPDX-License-Identifier: Apache-2.0
//
// The one lock and bell of the command line: the client library's thread puts answers down and
// rings, the thread of the command waits for them.
#ifndef PADDOCK_MAIN_BELL_H
#define PADDOCK_MAIN_BELL_H

#include <stdbool.h>

void bell_lock(void);
void bell_unlock(void);
bool bell_wait(int timeout_ms); // with the lock held; false when nobody rang
void bell_ring(void);           // with the lock held

#endif
