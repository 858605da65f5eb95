package org.chagres.internal.syscall;

/** What {@link FileCalls#stat} tells of a file. Plain fields, as it is on the way of every mapping. */
public final class FileStat {
    int mode;
    long byteSize;
    int blockSize;

    public int mode() {
        return mode;
    }

    public long byteSize() {
        return byteSize;
    }

    public int blockSize() {
        return blockSize;
    }
}
