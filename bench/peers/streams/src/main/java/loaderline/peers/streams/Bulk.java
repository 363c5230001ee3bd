package loaderline.peers.streams;

import com.github.benmanes.caffeine.cache.Cache;
import java.util.Properties;
import loaderline.peers.shop.Events;
import loaderline.peers.shop.Options;
import loaderline.peers.shop.Tails;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.errors.LogAndContinueProcessingExceptionHandler;

/**
 * Looks up the users of all records of a poll at once. A processor sees one record at a time, and the offset of a record that it
 * holds back to wait for others would be committed. So the lookup comes before it, in an interceptor of the consumer.
 */
public final class Bulk {
    private Bulk() {}

    public static void main(String[] args) throws Exception {
        Options options = Options.of(args);
        Cache<Long, byte[]> tails = Tails.cache();
        Properties settings = App.settings(options);
        settings.put(StreamsConfig.mainConsumerPrefix("interceptor.classes"), Prefetch.class.getName());
        settings.put(StreamsConfig.mainConsumerPrefix(Prefetch.JDBC), options.jdbc());
        settings.put(StreamsConfig.mainConsumerPrefix(Prefetch.TAILS), tails);
        // A static member comes back at once, without the wait for the end of its earlier session.
        settings.put(StreamsConfig.consumerPrefix("group.instance.id"), "1");
        // A record that its processor refuses goes to the dead letters, and the others go on.
        settings.put(StreamsConfig.PROCESSING_EXCEPTION_HANDLER_CLASS_CONFIG, LogAndContinueProcessingExceptionHandler.class);
        settings.put(StreamsConfig.ERRORS_DEAD_LETTER_QUEUE_TOPIC_NAME_CONFIG, options.dead());
        App.run(options, settings, () -> new Enrich(options.jdbc(), tails, Bulk::user));
    }

    private static long user(byte[] event) {
        long user = Events.user(event);
        if (user < 0) {
            throw new IllegalArgumentException("an event names no user");
        }
        return user;
    }
}
