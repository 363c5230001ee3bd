package loaderline.peers.streams;

import com.github.benmanes.caffeine.cache.Cache;
import java.sql.SQLException;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import loaderline.peers.shop.Events;
import loaderline.peers.shop.Shop;
import org.apache.kafka.clients.consumer.ConsumerInterceptor;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;

/** Caches the users of the records of a poll, by one bulk lookup, before their processor sees them. */
public final class Prefetch implements ConsumerInterceptor<byte[], byte[]> {
    static final String JDBC = "prefetch.jdbc";
    static final String TAILS = "prefetch.tails";

    private String jdbc;
    private Cache<Long, byte[]> tails;
    private Shop shop;

    @Override
    @SuppressWarnings("unchecked")
    public void configure(Map<String, ?> settings) {
        jdbc = (String) settings.get(JDBC);
        tails = (Cache<Long, byte[]>) settings.get(TAILS);
    }

    @Override
    public ConsumerRecords<byte[], byte[]> onConsume(ConsumerRecords<byte[], byte[]> records) {
        Set<Long> missing = new HashSet<>();
        for (ConsumerRecord<byte[], byte[]> record : records) {
            long user = Events.user(record.value());
            if (user >= 0 && tails.getIfPresent(user) == null) {
                missing.add(user);
            }
        }
        if (!missing.isEmpty()) {
            try {
                if (shop == null) {
                    shop = new Shop(jdbc);
                }
                tails.putAll(shop.tails(missing));
            } catch (SQLException e) {
                System.err.println("the processor looks up what is not prefetched: " + e);
                close();
            }
        }
        return records;
    }

    @Override
    public void onCommit(Map<TopicPartition, OffsetAndMetadata> offsets) {}

    @Override
    public void close() {
        try (Shop ended = shop) {
            shop = null;
        } catch (SQLException e) {
            System.err.println("closing the connection of the prefetch: " + e);
        }
    }
}
