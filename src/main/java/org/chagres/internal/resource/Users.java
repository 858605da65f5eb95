package org.chagres.internal.resource;

/** Several descriptors in use at once, for one call: all of them or none. */
final class Users implements AutoCloseable {
    private final OpenDescriptor[] descriptors;
    private int count;

    Users(OpenDescriptor... descriptors) {
        this.descriptors = descriptors;
    }

    /** Whether all were open. */
    boolean useAll() {
        while (count < descriptors.length) {
            if (!descriptors[count].use()) {
                return false;
            }
            count++;
        }
        return true;
    }

    /** Ends the use. */
    @Override
    public void close() {
        while (count > 0) {
            descriptors[--count].unuse();
        }
    }
}
