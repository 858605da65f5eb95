/* Mapped memory and locks on files. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define PAGE 4096

struct record {
    int id;
    short kind;
    short hits;
    long time;
    double price;
    long volume;
};

static inline void *map_new(size_t size, int flags) {
    return mmap(0, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);
}

static inline void *map_file(int file, size_t size, int flags) {
    return mmap(0, size, PROT_READ | PROT_WRITE, MAP_SHARED | flags, file, 0);
}

long loop_map(long n, long size) {
    long sum = 0;
    for (long i = 0; i < n; i++) {
        void *memory = map_new((size_t) size, 0);
        if (memory == MAP_FAILED || munmap(memory, (size_t) size) != 0) {
            return -errno;
        }
        sum += (long) memory & 0xff;
    }
    return sum;
}

/* With the size asked for, as whoever maps all of a file has to; or without. */
long loop_map_file(long n, long file, long known_size) {
    long sum = 0;
    for (long i = 0; i < n; i++) {
        long size = known_size;
        if (size == 0) {
            struct stat status;
            if (fstat((int) file, &status) != 0) {
                return -errno;
            }
            size = (long) status.st_size;
        }
        void *memory = map_file((int) file, (size_t) size, 0);
        if (memory == MAP_FAILED || munmap(memory, (size_t) size) != 0) {
            return -errno;
        }
        sum += size;
    }
    return sum;
}

/* Maps new memory, writes a byte of each page, unmaps. */
long loop_touch(long n, long size, long populate) {
    for (long i = 0; i < n; i++) {
        char *memory = map_new((size_t) size, populate ? MAP_POPULATE : 0);
        if (memory == MAP_FAILED) {
            return -errno;
        }
        for (long at = 0; at < size; at += PAGE) {
            *(volatile char *) (memory + at) = 1;
        }
        if (munmap(memory, (size_t) size) != 0) {
            return -errno;
        }
    }
    return n;
}

/* Maps a file, reads a byte of each page, unmaps. */
long loop_touch_file(long n, long file, long populate) {
    long sum = 0;
    for (long i = 0; i < n; i++) {
        struct stat status;
        if (fstat((int) file, &status) != 0) {
            return -errno;
        }
        long size = (long) status.st_size;
        char *memory = map_file((int) file, (size_t) size, populate ? MAP_POPULATE : 0);
        if (memory == MAP_FAILED) {
            return -errno;
        }
        for (long at = 0; at < size; at += PAGE) {
            sum += *(volatile char *) (memory + at);
        }
        if (munmap(memory, (size_t) size) != 0) {
            return -errno;
        }
    }
    return sum;
}

long loop_copy(long n, long to, long from, long size) {
    for (long i = 0; i < n; i++) {
        memcpy((void *) to, (void *) from, (size_t) size);
        __asm__ volatile("" ::: "memory"); /* each copy is one */
    }
    return n;
}

long loop_copy_checked_out(long n, long local, long mapped, long size) {
    pid_t self = getpid();
    for (long i = 0; i < n; i++) {
        struct iovec into = {(void *) local, (size_t) size};
        struct iovec from = {(void *) mapped, (size_t) size};
        if (process_vm_readv(self, &into, 1, &from, 1, 0) != size) {
            return -errno;
        }
    }
    return n;
}

long loop_copy_checked_in(long n, long local, long mapped, long size) {
    pid_t self = getpid();
    for (long i = 0; i < n; i++) {
        struct iovec from = {(void *) local, (size_t) size};
        struct iovec into = {(void *) mapped, (size_t) size};
        if (process_vm_writev(self, &from, 1, &into, 1, 0) != size) {
            return -errno;
        }
    }
    return n;
}

/* The JVM's compiler makes a sum of vectors; so may this one. */
__attribute__((optimize("O3"))) static long sum_of(const long *numbers, long count) {
    long sum = 0;
    for (long i = 0; i < count; i++) {
        sum += numbers[i];
    }
    return sum;
}

/* The sum of all longs of a file, mapped and unmapped each time. */
long loop_scan(long n, long file) {
    long sum = 0;
    for (long i = 0; i < n; i++) {
        struct stat status;
        if (fstat((int) file, &status) != 0) {
            return -errno;
        }
        size_t size = (size_t) status.st_size;
        void *memory = mmap(0, size, PROT_READ, MAP_SHARED, (int) file, 0);
        if (memory == MAP_FAILED) {
            return -errno;
        }
        sum ^= sum_of(memory, (long) (size / sizeof(long)));
        if (munmap(memory, size) != 0) {
            return -errno;
        }
    }
    return sum & 0x7fffffffffffffff;
}

/* The same of memory that is mapped already. */
long loop_sum(long n, long address, long size) {
    long sum = 0;
    for (long i = 0; i < n; i++) {
        sum ^= sum_of((const long *) address, size / (long) sizeof(long));
        __asm__ volatile("" ::: "memory");
    }
    return sum & 0x7fffffffffffffff;
}

/* Reads and writes the fields of each record. */
long loop_records(long n, long address, long count) {
    struct record *records = (struct record *) address;
    long sum = 0;
    for (long i = 0; i < n; i++) {
        for (long j = 0; j < count; j++) {
            struct record *record = records + j;
            sum += record->id + record->kind;
            record->hits++;
            record->time += i;
            record->volume += (long) record->price;
        }
        __asm__ volatile("" ::: "memory");
    }
    return sum & 0x7fffffffffffffff;
}

/* Writes a word of each page, and all to the disk. */
long loop_flush(long n, long address, long size) {
    for (long i = 0; i < n; i++) {
        for (long at = 0; at < size; at += PAGE) {
            *(volatile long *) (address + at) = i;
        }
        if (msync((void *) address, (size_t) size, MS_SYNC) != 0) {
            return -errno;
        }
    }
    return n;
}

static long lock_loop(long n, int file, int command) {
    for (long i = 0; i < n; i++) {
        struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
        if (fcntl(file, command, &lock) != 0) {
            return -errno;
        }
        lock.l_type = F_UNLCK;
        if (fcntl(file, command, &lock) != 0) {
            return -errno;
        }
    }
    return n;
}

long loop_lock_description(long n, long file) {
    return lock_loop(n, (int) file, F_OFD_SETLK);
}

long loop_lock_process(long n, long file) {
    return lock_loop(n, (int) file, F_SETLK);
}

long loop_lock_whole(long n, long file) {
    for (long i = 0; i < n; i++) {
        if (flock((int) file, LOCK_EX | LOCK_NB) != 0 || flock((int) file, LOCK_UN) != 0) {
            return -errno;
        }
    }
    return n;
}
