/**
 * L2, the system calls: one Java method per C call, answering {@code >= 0} or {@code -errno}. No loops, no meaning, no
 * exceptions. The only package that reads {@code org.chagres.internal.generated}.
 */
package org.chagres.internal.syscall;
