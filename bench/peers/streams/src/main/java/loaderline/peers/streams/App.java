package loaderline.peers.streams;

import java.time.Duration;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import loaderline.peers.shop.Options;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.processor.api.FixedKeyProcessorSupplier;

/** How an application begins and ends. */
final class App {
    private App() {}

    /** Returns the settings of both applications. */
    static Properties settings(Options options) {
        Properties properties = new Properties();
        properties.put(StreamsConfig.APPLICATION_ID_CONFIG, options.group());
        properties.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, options.brokers());
        properties.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
        properties.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, 100);
        properties.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, options.parallel());
        properties.put(StreamsConfig.STATE_DIR_CONFIG, options.state());
        properties.put(StreamsConfig.BUFFERED_RECORDS_PER_PARTITION_CONFIG, 10_000);
        properties.put(StreamsConfig.consumerPrefix("auto.offset.reset"), "earliest");
        properties.put(StreamsConfig.consumerPrefix("max.poll.records"), 5_000);
        properties.put(StreamsConfig.consumerPrefix("max.partition.fetch.bytes"), 4 << 20);
        properties.put(StreamsConfig.producerPrefix("compression.type"), "lz4");
        properties.put(StreamsConfig.producerPrefix("linger.ms"), 20);
        properties.put(StreamsConfig.producerPrefix("batch.size"), 512 << 10);
        properties.put(StreamsConfig.producerPrefix("buffer.memory"), 64 << 20);
        return properties;
    }

    /** Runs the topology from the input by a processor to the output until SIGTERM, or until it has given up. */
    static void run(Options options, Properties settings, FixedKeyProcessorSupplier<byte[], byte[], byte[]> processor) throws Exception {
        StreamsBuilder builder = new StreamsBuilder();
        builder.stream(options.input(), Consumed.with(Serdes.ByteArray(), Serdes.ByteArray()))
                .processValues(processor)
                .to(options.output(), Produced.with(Serdes.ByteArray(), Serdes.ByteArray()));
        KafkaStreams streams = new KafkaStreams(builder.build(), settings);
        CountDownLatch failed = new CountDownLatch(1);
        streams.setStateListener((now, before) -> {
            if (now == KafkaStreams.State.ERROR) {
                failed.countDown();
            }
        });
        Thread onSignal = new Thread(() -> {
            boolean closed = streams.close(Duration.ofSeconds(20));
            Runtime.getRuntime().halt(closed ? 0 : 1); // A signal would make it 143.
        });
        Runtime.getRuntime().addShutdownHook(onSignal);
        streams.start();
        failed.await();
        Runtime.getRuntime().halt(1);
    }
}
