/** L4's inside: makes the public records that more than one public package hands out. */
package org.chagres.internal.view;
