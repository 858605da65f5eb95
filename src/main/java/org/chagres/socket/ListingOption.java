package org.chagres.socket;

/** How {@link NetworkDatabase} goes through a database. */
public enum ListingOption {
    /**
     * What the entries come from stays open, from one call of the C library to the next, until the stream is closed:
     * the argument {@code stayopen} of {@code setservent(3)} and its like. It is a hint to where the entries are kept,
     * and changes none of them: the files of glibc stay open in either case, and a directory server's connection may
     * not.
     */
    STAY_OPEN
}
