/** What the tests of the inner layers share. */
package org.chagres.internal;
