package org.chagres.waiting;

import static org.chagres.waiting.Blocked.Call.EPOLL_PWAIT;
import static org.chagres.waiting.Blocked.Call.EPOLL_WAIT;
import static org.chagres.waiting.Blocked.Call.PPOLL;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.chagres.Descriptor;
import org.chagres.Pollable;
import org.chagres.Readiness;
import org.chagres.readiness.Epoll;
import org.chagres.readiness.Selection;

/**
 * A pipe with no bytes, one without room, and a file, which never becomes ready as nothing is asked of it: the event is
 * that one of the pipes is ready.
 */
final class PollScene implements Scene {
    /** The call. */
    @FunctionalInterface
    interface Call {
        Object on(PollScene scene, Duration timeout) throws Exception;
    }

    private final TestPipe empty = new TestPipe();
    private final TestPipe full = new TestPipe();
    private final Descriptor file;
    private final Epoll epoll;
    private final List<? extends AutoCloseable> closable;
    private final Event event;
    private final Call call;

    private enum Closable {
        THE_SOURCE,
        BOTH_PIPES,
        ALL,
        THE_SET
    }

    private enum Event {
        BYTES,
        ROOM,
        HANG_UP
    }

    private PollScene(Closable closable, Event event, Call call) {
        this.event = event;
        this.call = call;
        full.fill();
        try {
            file = Descriptor.open(Path.of(System.getProperty("java.home"), "release"));
            epoll = Epoll.create();
            epoll.add(source(), Set.of(Readiness.READABLE));
            epoll.add(sink(), Set.of(Readiness.WRITABLE));
        } catch (IOException failure) {
            throw new AssertionError(failure);
        }
        this.closable = switch (closable) {
            case THE_SOURCE -> List.of(source());
            case BOTH_PIPES -> List.of(source(), sink());
            case ALL -> List.of(source(), sink(), file);
            case THE_SET -> List.of(epoll);
        };
    }

    /** Waits for bytes in one pipe. */
    static Scene ofOne(Call call) {
        return new PollScene(Closable.THE_SOURCE, Event.BYTES, call);
    }

    /** Asks nothing of one pipe, whose writer goes. */
    static Scene forHangUp(Call call) {
        return new PollScene(Closable.THE_SOURCE, Event.HANG_UP, call);
    }

    /** Waits for both pipes, of which the first becomes ready. */
    static Scene ofSeveral(Call call) {
        return new PollScene(Closable.BOTH_PIPES, Event.BYTES, call);
    }

    /** Waits for both pipes, of which the second becomes ready. */
    static Scene ofSeveralForRoom(Call call) {
        return new PollScene(Closable.BOTH_PIPES, Event.ROOM, call);
    }

    /** Waits for a file too, for which epoll cannot. */
    static Scene withFile(Call call) {
        return new PollScene(Closable.ALL, Event.BYTES, call);
    }

    /** Waits for both pipes by an epoll set, of which the first becomes ready. */
    static Scene ofSet(Call call) {
        return new PollScene(Closable.THE_SET, Event.BYTES, call);
    }

    /** Waits for both pipes by an epoll set, of which the second becomes ready. */
    static Scene ofSetForRoom(Call call) {
        return new PollScene(Closable.THE_SET, Event.ROOM, call);
    }

    Pollable source() {
        return empty.pipe().source();
    }

    Epoll epoll() {
        return epoll;
    }

    /** What is asked of both pipes. */
    Map<Pollable, Set<Readiness>> both() {
        return Map.of(source(), Set.of(Readiness.READABLE), sink(), Set.of(Readiness.WRITABLE));
    }

    /** The same, and nothing of the file. */
    Map<Pollable, Set<Readiness>> all() {
        return Map.of(
                source(), Set.of(Readiness.READABLE), sink(), Set.of(Readiness.WRITABLE), file, Set.<Readiness>of());
    }

    Descriptor file() {
        return file;
    }

    /** What is ready, in words. */
    String words(Map<Pollable, Set<Readiness>> ready) {
        return ready.entrySet().stream()
                .map(entry -> name(entry.getKey()) + entry.getValue())
                .collect(Collectors.joining(" "));
    }

    /** The same of events. */
    String words(List<Epoll.Event> events) {
        return events.stream()
                .map(event -> name(event.source()) + event.readiness())
                .collect(Collectors.joining(" "));
    }

    /** The same of three sets. */
    String words(Selection selection) {
        return Stream.of(
                        words("READABLE", selection.readable()),
                        words("WRITABLE", selection.writable()),
                        words("URGENT", selection.exceptional()))
                .flatMap(Function.identity())
                .collect(Collectors.joining(" "));
    }

    private Stream<String> words(String what, Set<Pollable> those) {
        return those.stream().map(one -> name(one) + "[" + what + "]");
    }

    Pollable sink() {
        return full.pipe().sink();
    }

    private String name(Pollable pollable) {
        return pollable == source() ? "source" : pollable == sink() ? "sink" : "another";
    }

    @Override
    public Object await(Duration timeout) throws Exception {
        return call.on(this, timeout);
    }

    @Override
    public boolean isWaiting(Attempt attempt) {
        return Blocked.isIn(attempt, Blocked.ANY, PPOLL, EPOLL_WAIT, EPOLL_PWAIT);
    }

    @Override
    public void event() {
        switch (event) {
            case BYTES -> empty.put();
            case ROOM -> full.drain();
            case HANG_UP -> empty.hangUp();
        }
    }

    @Override
    public String state() {
        return empty.countBytes() + " bytes, " + (full.countBytes() == 0 ? "room" : "no room");
    }

    @Override
    public int closable() {
        return closable.size();
    }

    @Override
    public void closeResource(int which) throws Exception {
        closable.get(which).close();
    }

    @Override
    public void close() {
        epoll.close();
        empty.close();
        full.close();
        file.close();
    }
}
