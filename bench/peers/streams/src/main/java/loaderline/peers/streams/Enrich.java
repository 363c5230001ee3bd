package loaderline.peers.streams;

import com.github.benmanes.caffeine.cache.Cache;
import java.sql.SQLException;
import java.util.List;
import java.util.function.ToLongFunction;
import loaderline.peers.shop.Events;
import loaderline.peers.shop.Shop;
import org.apache.kafka.streams.processor.api.FixedKeyProcessor;
import org.apache.kafka.streams.processor.api.FixedKeyProcessorContext;
import org.apache.kafka.streams.processor.api.FixedKeyRecord;

/** Continues each event by the tail of its user, which it looks up where the cache of all threads does not hold it. */
final class Enrich implements FixedKeyProcessor<byte[], byte[], byte[]> {
    private final String jdbc;
    private final Cache<Long, byte[]> tails;
    private final ToLongFunction<byte[]> userOf;
    private FixedKeyProcessorContext<byte[], byte[]> context;
    private Shop shop;

    /** userOf returns the user of an event, and throws where it names none. */
    Enrich(String jdbc, Cache<Long, byte[]> tails, ToLongFunction<byte[]> userOf) {
        this.jdbc = jdbc;
        this.tails = tails;
        this.userOf = userOf;
    }

    @Override
    public void init(FixedKeyProcessorContext<byte[], byte[]> context) {
        this.context = context;
        try {
            shop = new Shop(jdbc);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void process(FixedKeyRecord<byte[], byte[]> record) {
        long user = userOf.applyAsLong(record.value());
        byte[] tail = tails.getIfPresent(user);
        if (tail == null) {
            tail = load(user);
            tails.put(user, tail);
        }
        context.forward(record.withValue(Events.output(record.value(), tail)));
    }

    private byte[] load(long user) {
        try {
            byte[] tail = shop.tails(List.of(user)).get(user);
            if (tail == null) {
                throw new IllegalArgumentException("there is no user " + user);
            }
            return tail;
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        try {
            shop.close();
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }
}
