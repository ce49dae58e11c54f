// SPDX-License-Identifier: Apache-2.0
//
// What the programs call themselves, and the release of Apache ZooKeeper whose behaviour they have.
#ifndef PADDOCK_MAIN_VERSION_H
#define PADDOCK_MAIN_VERSION_H

#define PADDOCK_VERSION "0.1.0"
#define PADDOCK_ZOOKEEPER_VERSION "3.9.5"

#endif
