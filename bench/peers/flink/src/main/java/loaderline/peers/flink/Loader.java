package loaderline.peers.flink;

import com.github.benmanes.caffeine.cache.Cache;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import loaderline.peers.shop.Shop;
import loaderline.peers.shop.Tails;

/** Looks up what all subtasks wait for: a few threads, and in one bulk query all users that wait when one of them is free. */
final class Loader {
    private static final int THREADS = 2;
    private static final int MOST_USERS = 2_000;

    private static Loader shared;

    private final Cache<Long, byte[]> tails = Tails.cache();
    private final Map<Long, CompletableFuture<byte[]>> pending = new ConcurrentHashMap<>();
    private final BlockingQueue<Long> waiting = new LinkedBlockingQueue<>();

    private Loader(String jdbc) {
        for (int i = 0; i < THREADS; i++) {
            Thread thread = new Thread(() -> run(jdbc), "loader-" + i);
            thread.setDaemon(true);
            thread.start();
        }
    }

    /** Returns the loader of this process. It outlives restarts of the job, and so does what it has cached. */
    static synchronized Loader shared(String jdbc) {
        if (shared == null) {
            shared = new Loader(jdbc);
        }
        return shared;
    }

    /** Returns the tail of a user where it is cached, else null. */
    byte[] cached(long user) {
        return tails.getIfPresent(user);
    }

    /** Returns the tail of a user when it has been looked up; null where there is no such user. */
    CompletableFuture<byte[]> load(long user) {
        return pending.computeIfAbsent(user, id -> {
            waiting.add(id);
            return new CompletableFuture<>();
        });
    }

    private static void close(Shop shop) {
        try {
            if (shop != null) {
                shop.close();
            }
        } catch (SQLException e) {
            System.err.println("closing a connection that failed: " + e);
        }
    }

    private void run(String jdbc) {
        Shop shop = null;
        while (true) {
            List<Long> users = new ArrayList<>();
            try {
                users.add(waiting.take());
                waiting.drainTo(users, MOST_USERS - 1);
                if (shop == null) {
                    shop = new Shop(jdbc);
                }
                Map<Long, byte[]> found = shop.tails(users);
                tails.putAll(found);
                users.forEach(user -> pending.remove(user).complete(found.get(user)));
            } catch (Exception e) {
                users.forEach(user -> pending.remove(user).completeExceptionally(e)); // The job restarts, and asks again.
                close(shop);
                shop = null;
            }
        }
    }
}
