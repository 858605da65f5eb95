/**
 * L3, lifetime: what was acquired is let go exactly once, by whoever comes first. Flag words end here; the layer above
 * sees typed arguments and answers that are {@code >= 0} or {@code -errno}.
 */
package org.chagres.internal.resource;
