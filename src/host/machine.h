// SPDX-License-Identifier: Apache-2.0
//
// How Linux answers port/machine.h: uname, the user database, getrlimit and /proc/self.
#ifndef PADDOCK_HOST_MACHINE_H
#define PADDOCK_HOST_MACHINE_H

#include "port/machine.h"

struct port_machine *machine_open(void);
void machine_close(struct port_machine *m); // NULL is legal

#endif
