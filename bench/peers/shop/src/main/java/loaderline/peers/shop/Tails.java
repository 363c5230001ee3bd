package loaderline.peers.shop;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.time.Duration;

/** The cache of tails that all threads share: bounded by bytes, each kept for ten minutes. */
public final class Tails {
    private static final long MOST_BYTES = 256L << 20;

    private Tails() {}

    public static Cache<Long, byte[]> cache() {
        return Caffeine.newBuilder()
                .maximumWeight(MOST_BYTES)
                .weigher((Long id, byte[] tail) -> tail.length)
                .expireAfterWrite(Duration.ofMinutes(10))
                .build();
    }
}
