// SPDX-License-Identifier: Apache-2.0
//
// The terminal of this process: its size, single keys, and giving it back as it was found, also
// when the program ends early.
#ifndef PADDOCK_MAIN_TERMINAL_H
#define PADDOCK_MAIN_TERMINAL_H

#include <stdbool.h>

int terminal_columns(void); // now; 80 when unknown
int terminal_rows(void);    // 24 when unknown

// Raw: keys come one by one and unseen. Switched back at exit.
void terminal_raw(bool on);

// One byte typed within `timeout_ms`; false when none was.
bool terminal_key(int timeout_ms, int *ret);

#endif
