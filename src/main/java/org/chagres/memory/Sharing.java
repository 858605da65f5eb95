package org.chagres.memory;

/** Who sees what is written to mapped memory. */
public enum Sharing {
    /** The file, and everyone who maps it so ({@code MAP_SHARED}). */
    SHARED,

    /**
     * This process alone ({@code MAP_PRIVATE}): a page that is written becomes a copy of its own, and never reaches the
     * file. Whether what others write to the file afterwards is seen in pages not yet written is not to be relied on.
     */
    PRIVATE
}
