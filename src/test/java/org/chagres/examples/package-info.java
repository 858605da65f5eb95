/** Small programs that talk to each other, run by the build; the documentation shows them by region. */
package org.chagres.examples;
