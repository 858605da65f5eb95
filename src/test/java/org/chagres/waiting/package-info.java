/**
 * The one contract for everything that waits, as a table: a row for each public method that can wait, a column for each
 * thing that can end or prevent a wait, each cell on a platform and on a virtual thread.
 *
 * <p>How to add a row, once a public method declares {@link InterruptedException}
 * ({@link org.chagres.waiting.ContractTest} fails until there is one):
 *
 * <ol>
 *   <li>Write a {@link org.chagres.waiting.Scene} of its kind, unless there is one: it makes a fresh object whose event
 *       has not come, knows how to let it come, and how to see from outside that a thread waits for it. Ask the kernel
 *       where it can tell (a count of waiters, or in which call a thread is: {@link org.chagres.waiting.Blocked}), and
 *       the thread's own stack where it cannot.
 *   <li>Add a line to {@link org.chagres.waiting.Waits#ALL}: the method's name as reflection spells it, the scene with
 *       the call, and what the method is to do at each end. What is not said (no closing, no removal, no time-out, no
 *       peer) takes the row out of that column; which functions of the C library it goes by brings it among those whose
 *       calls are made to fail.
 * </ol>
 *
 * <p>The row is then tried in every column ({@code ContractTest}), in JVMs where the waiting core has to do without
 * something ({@code ContractElsewhereTest}), parked together with all others in a JVM that is stopped, dumped and
 * collected ({@code ParkedTest}), and with calls that fail ({@code WaitFaultsTest}).
 */
package org.chagres.waiting;
