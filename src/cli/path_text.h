// SPDX-License-Identifier: Apache-2.0
//
// What is wrong with a path, in the words of Java's client, which checks paths before it sends
// them. Positions count UTF-16 units, as Java does. Source: PathUtils.validatePath.
#ifndef PADDOCK_CLI_PATH_TEXT_H
#define PADDOCK_CLI_PATH_TEXT_H

#include <stdbool.h>

#include "base/buf.h"

// True for a legal path; else append the complaint. `is_sequential`: a number will follow.
bool path_text_check(const char *path, bool is_sequential, struct buf *complaint);

#endif
