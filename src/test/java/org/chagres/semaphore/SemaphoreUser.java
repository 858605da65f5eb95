package org.chagres.semaphore;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Arrays;
import java.util.stream.Stream;
import org.chagres.IpcKey;
import org.chagres.inspect.SemaphoreTable;

/**
 * Another user, or one under other limits. It obeys what its standard input says, an order a line, and answers in one
 * line each: the result, or the message of the exception.
 */
final class SemaphoreUser {
    private SemaphoreSet set;
    private Permit forGood;

    public static void main(String[] arguments) throws IOException {
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        SemaphoreUser user = new SemaphoreUser();
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            String answer;
            try {
                answer = user.obey(line.split(" "));
            } catch (IOException refused) {
                answer = refused.getMessage();
            } catch (RuntimeException | InterruptedException wrong) {
                answer = wrong.toString();
            }
            System.out.println(answer);
        }
    }

    private String obey(String[] words) throws IOException, InterruptedException {
        return switch (words[0]) {
            case "create" -> opened(SemaphoreSet.create(key(words[1]), numbers(words, 2)));
            case "createOfSize" -> opened(SemaphoreSet.create(key(words[1]), new int[Integer.parseInt(words[2])]));
            case "openOrCreateOfSize" ->
                opened(SemaphoreSet.openOrCreate(key(words[1]), new int[Integer.parseInt(words[2])]));
            case "createWith" ->
                opened(SemaphoreSet.builder()
                        .permissions(PosixFilePermissions.fromString(words[2]))
                        .create(key(words[1]), numbers(words, 3)));
            case "find" -> opened(SemaphoreSet.open(key(words[1])));
            case "openOrCreate" -> opened(SemaphoreSet.openOrCreate(key(words[1]), numbers(words, 2)));
            case "open" -> opened(SemaphoreSet.open(Integer.parseInt(words[1])));
            case "acquire" -> {
                set.semaphore(0).acquire();
                yield "acquired";
            }
            case "tryAcquire" -> Boolean.toString(set.semaphore(0).tryAcquire());
            case "tryAcquireFor" -> Boolean.toString(set.semaphore(0).tryAcquire(Duration.ofMillis(1)));
            case "release" -> {
                set.semaphore(0).release();
                yield "released";
            }
            case "releaseOf" -> {
                set.semaphore(Integer.parseInt(words[1])).release();
                yield "released";
            }
            case "awaitZero" -> Boolean.toString(set.semaphore(0).tryAwaitZero(Duration.ZERO));
            case "hold" -> {
                set.semaphore(0).hold().close();
                yield "held";
            }
            case "holdForGood" -> {
                forGood = set.semaphore(0).hold();
                yield "held";
            }
            case "apply" -> {
                SemaphoreOperation[] operations = new SemaphoreOperation[Integer.parseInt(words[1])];
                Arrays.fill(operations, SemaphoreOperation.release(0));
                yield Boolean.toString(set.tryApply(operations));
            }
            case "values" -> Arrays.toString(set.values());
            case "setValue" -> {
                set.setValue(0, Integer.parseInt(words[1]));
                yield "set";
            }
            case "setValues" -> {
                set.setValues(numbers(words, 1));
                yield "set";
            }
            case "setOwner" -> {
                set.setOwner(Long.parseLong(words[1]), Long.parseLong(words[1]));
                yield "set";
            }
            case "setPermissions" -> {
                set.setPermissions(PosixFilePermissions.fromString(words[1]));
                yield "set";
            }
            case "semaphoreStatus" -> set.semaphore(0).status().toString();
            case "status" -> SemaphoreSet.status(Integer.parseInt(words[1])).toString();
            case "remove" -> {
                SemaphoreSet.remove(Integer.parseInt(words[1]));
                yield "removed";
            }
            case "isListed" ->
                Boolean.toString(
                        SemaphoreTable.sets().stream().anyMatch(status -> status.id() == Integer.parseInt(words[1])));
            case "limit" -> { // SEMMSL, SEMMNS, SEMOPM, SEMMNI
                Files.writeString(
                        Path.of("/proc/sys/kernel/sem"),
                        String.join(" ", Arrays.asList(words).subList(1, 5)));
                yield "limited";
            }
            default -> throw new IllegalArgumentException("no order " + words[0]);
        };
    }

    private String opened(SemaphoreSet now) {
        set = now;
        return Integer.toString(now.id());
    }

    private static IpcKey key(String word) {
        return new IpcKey(Integer.parseInt(word));
    }

    private static int[] numbers(String[] words, int from) {
        return Stream.of(words).skip(from).mapToInt(Integer::parseInt).toArray();
    }
}
