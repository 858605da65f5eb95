/** What the tests are made with: second processes, an independent witness of the kernel's state, a check for leaks. */
package org.chagres.testing;
