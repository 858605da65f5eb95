/**
 * What all mechanisms of Linux interprocess communication share: descriptors and what can be done with them
 * ({@link org.chagres.Descriptor}, {@link org.chagres.ByteSource}, {@link org.chagres.ByteSink},
 * {@link org.chagres.Pollable}), error numbers, the exception that carries them, and keys.
 *
 * <p>Unless said otherwise, in all packages of this module, null arguments are refused with a
 * {@link NullPointerException} that names the parameter, before anything is done; and so is null among the elements of
 * an array or a collection.
 *
 * {@snippet :
 * try (SharedMemory memory = SharedMemory.open(IpcKey.of(0x5eed))) {
 *     System.out.println(memory.byteSize());
 * } catch (ErrnoException e) {
 *     if (e.errno() != Errno.ENOENT) {
 *         throw e;
 *     }
 *     System.out.println("not created yet");
 * }
 * }
 *
 * @see <a href="https://man7.org/linux/man-pages/man3/errno.3.html">errno(3)</a>
 * @see <a href="https://man7.org/linux/man-pages/man7/sysvipc.7.html">sysvipc(7)</a>
 * @see <a href="https://man7.org/linux/man-pages/man3/ftok.3.html">ftok(3)</a>
 */
package org.chagres;
