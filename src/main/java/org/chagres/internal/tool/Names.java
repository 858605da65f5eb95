package org.chagres.internal.tool;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/**
 * The names of users, or of groups, in this machine's own file; a number without a name goes by itself. Directory
 * services are not asked: their users are numbers here.
 */
record Names(Map<Long, String> byNumber) {

    static Names ofUsers() {
        return read(Path.of("/etc/passwd"));
    }

    static Names ofGroups() {
        return read(Path.of("/etc/group"));
    }

    /** Reads lines of {@code name:password:number:...}; a file that cannot be read has no names. */
    static Names read(Path file) {
        Map<Long, String> names = new HashMap<>();
        try {
            // Not readAllLines: one name that is not UTF-8 must not hide the others.
            String text = new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
            for (String line : text.lines().toList()) {
                String[] fields = line.split(":", 4);
                if (fields.length > 2 && fields[2].matches("[0-9]{1,10}")) {
                    names.putIfAbsent(Long.valueOf(fields[2]), fields[0]);
                }
            }
        } catch (IOException unreadable) {
            return new Names(Map.of());
        }
        return new Names(names);
    }

    String of(long number) {
        return byNumber.getOrDefault(number, Long.toString(number));
    }
}
