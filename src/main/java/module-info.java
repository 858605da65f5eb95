/**
 * Linux interprocess communication over {@code java.lang.foreign}: no JNI, no native artifact.
 *
 * <p>Start with {@code --enable-native-access=org.chagres}, or {@code ALL-UNNAMED} where the library is on the class
 * path.
 */
module org.chagres {
    exports org.chagres;
    exports org.chagres.file;
    exports org.chagres.inspect;
    exports org.chagres.memory;
    exports org.chagres.pipe;
    exports org.chagres.process;
    exports org.chagres.readiness;
    exports org.chagres.semaphore;
    exports org.chagres.socket;
}
