// SPDX-License-Identifier: Apache-2.0
//
// Files and directories by plain system calls: pread, pwrite, fdatasync, fallocate, flock. They
// block, as port/file.h says.
#ifndef PADDOCK_HOST_FILE_H
#define PADDOCK_HOST_FILE_H

#include "port/file.h"

void files_init(struct port_files *fs);

#endif
