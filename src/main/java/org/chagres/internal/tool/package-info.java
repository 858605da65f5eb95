/**
 * L4, the command line: {@code ipcs} and {@code ipcrm} as a user of util-linux knows them, for machines without; and
 * {@code orphans}, which lists the segments that nobody is attached to.
 *
 * <pre>
 * java -jar chagres.jar ipcs -m
 * java -jar chagres.jar ipcrm -m 42
 * java -jar chagres.jar orphans
 * </pre>
 *
 * @see <a href="https://man7.org/linux/man-pages/man1/ipcs.1.html">ipcs(1)</a>
 * @see <a href="https://man7.org/linux/man-pages/man1/ipcrm.1.html">ipcrm(1)</a>
 */
package org.chagres.internal.tool;
