// SPDX-License-Identifier: Apache-2.0
//
// What a process can say about the machine it runs on and about itself. Only for people and
// monitoring; nothing is decided by it.
#ifndef PADDOCK_PORT_MACHINE_H
#define PADDOCK_PORT_MACHINE_H

#include <stdint.h>

struct port_machine_memory {
    int64_t used, max, total; // bytes: resident; what the process may have; of the machine
};

struct port_machine {
    // Fixed texts, never NULL.
    const char *host_name;
    const char *os_name;    // "Linux"
    const char *os_arch;    // as Java names it: "amd64", "aarch64"
    const char *os_version; // of the kernel
    const char *user_name;
    const char *user_home;
    const char *working_dir;
    const char *program; // path of the executable
    // Descriptors of this process; -1 when unknown.
    int64_t (*open_files)(struct port_machine *m);
    int64_t (*max_files)(struct port_machine *m);
    void (*memory)(struct port_machine *m, struct port_machine_memory *ret); // zeros when unknown
};

#endif
