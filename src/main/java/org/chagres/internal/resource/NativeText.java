package org.chagres.internal.resource;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.util.List;

/** Text as the kernel takes it: bytes, with a zero at the end, in the encoding the JVM has for names of files. */
final class NativeText {
    static final Charset CHARSET = Charset.forName(System.getProperty("sun.jnu.encoding", "UTF-8"));

    private NativeText() {}

    /**
     * The bytes of a text, exactly.
     *
     * @throws IllegalArgumentException if it cannot be written so
     */
    static MemorySegment of(String text, SegmentAllocator allocator) {
        if (text.indexOf('\0') >= 0) {
            throw new IllegalArgumentException(
                    "the text has a zero character, which would end it: " + text.replace("\0", "\\0"));
        }
        try {
            ByteBuffer bytes = CHARSET.newEncoder().encode(CharBuffer.wrap(text));
            return allocator.allocate(bytes.remaining() + 1L).copyFrom(MemorySegment.ofBuffer(bytes));
        } catch (CharacterCodingException unmappable) {
            throw new IllegalArgumentException(
                    text + " cannot be written in " + CHARSET.name()
                            + ", the encoding of names of this JVM: start it in a locale that has all its characters",
                    unmappable);
        }
    }

    /** An array of texts, with a null pointer at the end. */
    static MemorySegment array(List<String> texts, SegmentAllocator allocator) {
        MemorySegment array = allocator.allocate(ValueLayout.ADDRESS, texts.size() + 1L);
        for (int i = 0; i < texts.size(); i++) {
            array.setAtIndex(ValueLayout.ADDRESS, i, of(texts.get(i), allocator));
        }
        return array;
    }
}
