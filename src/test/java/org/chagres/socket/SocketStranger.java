package org.chagres.socket;

import java.nio.file.Path;
import org.chagres.ErrnoException;

/** Another user: binds to a path in a directory, and connects to {@code socket} there; tells how it went. */
@SuppressWarnings("try") // held open, and not otherwise used
final class SocketStranger {
    private SocketStranger() {}

    public static void main(String[] arguments) throws Exception {
        Path folder = Path.of(arguments[0]);
        try (UnixListener<UnixStream> listener =
                UnixListener.bind(UnixAddress.of(folder.resolve("stranger")), BindOption.UNLINK_ON_CLOSE)) {
            System.out.println("bound");
        } catch (ErrnoException refused) {
            System.out.println(refused.errno() + " " + refused.hint().orElse(""));
        }
        try (UnixStream stream = UnixStream.connect(UnixAddress.of(folder.resolve("socket")))) {
            System.out.println("connected");
        } catch (ErrnoException refused) {
            System.out.println(refused.errno() + " " + refused.hint().orElse(""));
        }
    }
}
