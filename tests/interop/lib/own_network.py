# SPDX-License-Identifier: Apache-2.0
"""Runs a program in a network of its own: own_network.py PROGRAM ARGUMENTS...

Other people's tests choose their ports as they like: always the same, at random, or one that was free a moment ago. In a
network of their own nobody else has it. There is the loopback device only: names that are not in /etc/hosts are unknown at
once. Addresses of NOWHERE, which the C client's tests connect to, neither answer nor fail at once, as behind a router.

It needs the right to make networks, or users. Without both the program runs in the machine's network.
"""
import ctypes
import fcntl
import os
import socket
import struct
import sys
from pathlib import Path

CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000
SIOCADDRT, SIOCGIFFLAGS, SIOCSIFFLAGS, SIOCSIFADDR = 0x890B, 0x8913, 0x8914, 0x8916
IFF_UP, RTF_UP = 1, 1
NOWHERE = ("10.10.10.0", "255.255.255.0")


def command(arguments):
    """The command line that runs `arguments` so."""
    return [sys.executable, __file__, *map(str, arguments)]


def unshare(flags):
    return ctypes.CDLL(None, use_errno=True).unshare(flags) == 0


def enter():
    """This process in a network of its own; False when it may not."""
    user, group = os.getuid(), os.getgid()
    if unshare(CLONE_NEWNET):
        return True
    if not unshare(CLONE_NEWUSER | CLONE_NEWNET):
        return False
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text("%d %d 1" % (user, user))
    Path("/proc/self/gid_map").write_text("%d %d 1" % (group, group))
    return True


def address(text):
    """struct sockaddr of an IPv4 address."""
    return struct.pack("=HH4s8x", socket.AF_INET, 0, socket.inet_aton(text))


def set_up(own):
    """The loopback device also has the address that the machine's name leads to."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        asked = fcntl.ioctl(sock, SIOCGIFFLAGS, struct.pack("16sh14x", b"lo", 0))
        flags = struct.unpack("16sh14x", asked)[1]
        fcntl.ioctl(sock, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", flags | IFF_UP))
        if not own.startswith("127."):
            fcntl.ioctl(sock, SIOCSIFADDR, struct.pack("16s16s", b"lo:1", address(own)))
        device = ctypes.create_string_buffer(b"lo")
        net, mask = map(address, NOWHERE)
        route = struct.pack("@L16s16s16sHhLPhPLLH", 0, net, address("0.0.0.0"), mask, RTF_UP, 0, 0, 0, 0,
                            ctypes.addressof(device), 0, 0, 0)  # struct rtentry of <net/route.h>
        fcntl.ioctl(sock, SIOCADDRT, route)


def own_address():
    try:
        return socket.gethostbyname(socket.gethostname())
    except OSError:
        return "127.0.0.1"


def main():
    own = own_address()
    if enter():
        set_up(own)
    else:
        print("own_network: not permitted, so this runs beside everything else", file=sys.stderr)
    os.execvp(sys.argv[1], sys.argv[1:])


if __name__ == "__main__":
    main()
