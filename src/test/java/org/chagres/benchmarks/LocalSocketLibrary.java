package org.chagres.benchmarks;

import java.io.File;
import java.io.FileDescriptor;
import java.io.IOException;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channel;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;

/** The libraries whose local sockets are channels. But for the JDK's they are found by name: see {@link Jna}. */
enum LocalSocketLibrary {
    NIO(""),
    JUNIXSOCKET("org.newsclub.net.unix."),
    JNR("jnr.unixsocket.");

    private static final MethodHandles.Lookup LOOKUP = MethodHandles.publicLookup();

    private final String packagePrefix;

    LocalSocketLibrary(String packagePrefix) {
        this.packagePrefix = packagePrefix;
    }

    /** Whether it is on the class path, where profile {@code bench} puts it. */
    boolean isPresent() {
        try {
            if (this != NIO) {
                type(this == JNR ? "UnixSocketAddress" : "AFUNIXSocketAddress");
            }
            return true;
        } catch (ClassNotFoundException absent) {
            return false;
        }
    }

    private Class<?> type(String name) throws ClassNotFoundException {
        return Class.forName(packagePrefix + name);
    }

    SocketAddress address(Path path) throws Throwable {
        return switch (this) {
            case NIO -> UnixDomainSocketAddress.of(path);
            case JUNIXSOCKET ->
                (SocketAddress) LOOKUP.findStatic(
                                type("AFUNIXSocketAddress"),
                                "of",
                                MethodType.methodType(type("AFUNIXSocketAddress"), Path.class))
                        .invoke(path);
            case JNR ->
                (SocketAddress)
                        LOOKUP.findConstructor(type("UnixSocketAddress"), MethodType.methodType(void.class, File.class))
                                .invoke(path.toFile());
        };
    }

    /** Makes a channel that is not connected yet, over and over. */
    Opening opening() throws Throwable {
        if (this == NIO) {
            return () -> SocketChannel.open(StandardProtocolFamily.UNIX);
        }
        Class<?> channel = type(this == JNR ? "UnixSocketChannel" : "AFUNIXSocketChannel");
        MethodHandle open = LOOKUP.findStatic(channel, "open", MethodType.methodType(channel))
                .asType(MethodType.methodType(SocketChannel.class));
        return () -> (SocketChannel) open.invokeExact();
    }

    @FunctionalInterface
    interface Opening {
        SocketChannel open() throws Throwable;
    }

    /** Accepts connections at a path. */
    Accepting listen(Path path) throws Throwable {
        if (this != JNR) {
            ServerSocketChannel server = this == NIO
                    ? ServerSocketChannel.open(StandardProtocolFamily.UNIX)
                    : (ServerSocketChannel) open(type("AFUNIXServerSocketChannel"));
            server.bind(address(path));
            return server::accept;
        }
        Class<?> channel = type("UnixServerSocketChannel");
        Class<?> socket = type("UnixServerSocket");
        Object server = open(channel);
        Object bindable = LOOKUP.findVirtual(channel, "socket", MethodType.methodType(socket))
                .invoke(server);
        LOOKUP.findVirtual(socket, "bind", MethodType.methodType(void.class, SocketAddress.class))
                .invoke(bindable, address(path));
        MethodHandle accept = LOOKUP.findVirtual(channel, "accept", MethodType.methodType(type("UnixSocketChannel")))
                .bindTo(server)
                .asType(MethodType.methodType(SocketChannel.class));
        return () -> (SocketChannel) accept.invokeExact();
    }

    private static Object open(Class<?> channel) throws Throwable {
        return LOOKUP.findStatic(channel, "open", MethodType.methodType(channel))
                .invoke();
    }

    @FunctionalInterface
    interface Accepting {
        SocketChannel accept() throws Throwable;
    }

    /** What junixsocket has for descriptors that travel. */
    static final class Passing {
        private final MethodHandle give;
        private final MethodHandle take;
        private final Channel receiver;

        Passing(SocketChannel sender, SocketChannel receiver) throws Throwable {
            Class<?> channel = JUNIXSOCKET.type("AFUNIXSocketChannel");
            LOOKUP.findVirtual(channel, "setAncillaryReceiveBufferSize", MethodType.methodType(void.class, int.class))
                    .invoke(receiver, 64);
            this.give = LOOKUP.findVirtual(
                            channel,
                            "setOutboundFileDescriptors",
                            MethodType.methodType(void.class, FileDescriptor[].class))
                    .asFixedArity()
                    .bindTo(sender);
            this.take = LOOKUP.findVirtual(
                            channel, "getReceivedFileDescriptors", MethodType.methodType(FileDescriptor[].class))
                    .bindTo(receiver);
            this.receiver = receiver;
        }

        void give(FileDescriptor[] descriptors) throws Throwable {
            give.invokeExact(descriptors);
        }

        FileDescriptor takeOne() throws Throwable {
            FileDescriptor[] taken = (FileDescriptor[]) take.invokeExact();
            if (taken.length != 1) {
                throw new IOException("no descriptor came by " + receiver);
            }
            return taken[0];
        }
    }
}
