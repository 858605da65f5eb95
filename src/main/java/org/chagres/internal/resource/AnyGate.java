package org.chagres.internal.resource;

/** Closed as soon as one of several is. */
final class AnyGate extends Gate {
    private final Gate[] gates;

    AnyGate(Gate... gates) {
        this.gates = gates;
    }

    @Override
    public boolean isClosed() {
        for (Gate gate : gates) {
            if (gate.isClosed()) {
                return true;
            }
        }
        return false;
    }
}
