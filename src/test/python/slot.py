"""The other side of the example Slot: slot.py put KEY MESSAGE... or slot.py take KEY TIMES.

The slot must be there already: the Java side gives the semaphores their first values.
"""

import ctypes
import errno
import os
import struct
import sys

EMPTY, FULL = 0, 1
IPC_NOWAIT, SEM_UNDO = 0o4000, 0x1000
BYTE_SIZE = 256

libc = ctypes.CDLL(None, use_errno=True)
libc.shmat.restype = ctypes.c_void_p
libc.shmat.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_int]
libc.shmdt.argtypes = [ctypes.c_void_p]
libc.semop.argtypes = [ctypes.c_int, ctypes.c_char_p, ctypes.c_size_t]


def checked(answer, call):
    if answer == -1:
        sys.exit(call + ": " + os.strerror(ctypes.get_errno()))
    return answer


def semop(semaphores, *operations):
    """Does (number, delta, flags)... in one step; a signal ends the wait with EINTR, and nothing is done then."""
    sops = b"".join(struct.pack("=Hhh", *operation) for operation in operations)
    while libc.semop(semaphores, sops, len(operations)) == -1:
        if ctypes.get_errno() != errno.EINTR:
            checked(-1, "semop")


def borrow(semaphores, number):
    semop(semaphores, (number, -1, SEM_UNDO))


def turn(semaphores, borrowed, other):
    semop(semaphores, (borrowed, 1, SEM_UNDO | IPC_NOWAIT), (borrowed, -1, IPC_NOWAIT), (other, 1, IPC_NOWAIT))


def main(role, key, *rest):
    key = ctypes.c_int(int(key, 16))  # keys from 0x80000000 on are negative
    semaphores = checked(libc.semget(key, 2, 0), "semget")
    segment = checked(libc.shmget(key, ctypes.c_size_t(BYTE_SIZE), 0), "shmget")
    memory = libc.shmat(segment, None, 0)
    if memory == ctypes.c_void_p(-1).value:
        checked(-1, "shmat")
    if role == "put":
        for message in rest:
            text = message.encode() + b"\0"
            if len(text) > BYTE_SIZE:
                sys.exit("a message has at most %d bytes" % (BYTE_SIZE - 1))
            borrow(semaphores, EMPTY)
            ctypes.memmove(memory, text, len(text))
            turn(semaphores, EMPTY, FULL)
    else:
        for _ in range(int(rest[0])):
            borrow(semaphores, FULL)
            text = ctypes.string_at(memory).decode()
            turn(semaphores, FULL, EMPTY)
            print(text, flush=True)
    libc.shmdt(memory)


main(*sys.argv[1:])
