package loaderline.peers.flink;

import java.util.concurrent.TimeUnit;
import loaderline.peers.shop.Options;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.java.tuple.Tuple3;
import org.apache.flink.connector.base.DeliveryGuarantee;
import org.apache.flink.connector.kafka.sink.KafkaSink;
import org.apache.flink.connector.kafka.sink.TransactionNamingStrategy;
import org.apache.flink.connector.kafka.source.KafkaSource;
import org.apache.flink.connector.kafka.source.enumerator.initializer.OffsetsInitializer;
import org.apache.flink.streaming.api.datastream.AsyncDataStream;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.kafka.clients.consumer.OffsetResetStrategy;

/** Enriches by async I/O with a bulk lookup and a cache of encoded results, all written by hand. */
public final class Async {
    private static final int IN_FLIGHT = 4_000;

    private Async() {}

    public static void main(String[] args) throws Exception {
        Options options = Options.of(args);
        StreamExecutionEnvironment environment = Job.environment(options);
        DataStream<Tuple3<byte[], byte[], Long>> events =
                environment.fromSource(source(options), WatermarkStrategy.noWatermarks(), "events");
        // Ordered, since the events of a user are to stay in order.
        AsyncDataStream.orderedWait(events, new Enrich(options.jdbc()), 60, TimeUnit.SECONDS, IN_FLIGHT)
                .returns(Message.TYPE)
                .sinkTo(sink(options));
        Job.await(environment.executeAsync("flink-async"));
    }

    private static KafkaSource<Tuple3<byte[], byte[], Long>> source(Options options) {
        return KafkaSource.<Tuple3<byte[], byte[], Long>>builder()
                .setBootstrapServers(options.brokers())
                .setGroupId(options.group())
                .setTopics(options.input())
                .setStartingOffsets(OffsetsInitializer.committedOffsets(OffsetResetStrategy.EARLIEST))
                .setDeserializer(new Message.Reader())
                .setProperties(Kafka.consumer())
                .build();
    }

    private static KafkaSink<Tuple3<byte[], byte[], Long>> sink(Options options) {
        return KafkaSink.<Tuple3<byte[], byte[], Long>>builder()
                .setBootstrapServers(options.brokers())
                .setDeliveryGuarantee(DeliveryGuarantee.EXACTLY_ONCE)
                .setTransactionalIdPrefix(options.group())
                // It reuses a few transactional ids, and the new process ends the old one's transactions by listing them.
                .setTransactionNamingStrategy(TransactionNamingStrategy.POOLING)
                .setRecordSerializer(new Message.Writer(options.output(), options.dead()))
                .setKafkaProducerConfig(Kafka.producer())
                .build();
    }
}
