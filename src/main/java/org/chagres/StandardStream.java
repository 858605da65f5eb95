package org.chagres;

/** One of the three descriptors that every process starts with. */
public enum StandardStream {
    /** Number 0. */
    INPUT,

    /** Number 1. */
    OUTPUT,

    /** Number 2. */
    ERROR
}
