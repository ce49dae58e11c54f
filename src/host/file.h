// SPDX-License-Identifier: Apache-2.0
//
// Files and directories by plain system calls: pread, pwrite, fdatasync, fallocate, flock. They
// block, as port/file.h says.
#ifndef PADDOCK_HOST_FILE_H
#define PADDOCK_HOST_FILE_H

#include "base/trace.h"
#include "port/file.h"

struct host_files {
    struct port_files port;   // first
    struct trace_sink *trace; // of calls that fail; NULL: nobody wants to know
};

void files_init(struct host_files *fs, struct trace_sink *trace);

#endif
