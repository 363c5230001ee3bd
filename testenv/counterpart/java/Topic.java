import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.Serializer;

/** The first partition of a topic. */
record Topic(String broker, String name) {
    private static final Duration DEADLINE = Duration.ofSeconds(60);

    <T> void write(List<T> values, Serializer<T> serializer) throws ExecutionException, InterruptedException {
        Map<String, Object> config = Map.of("bootstrap.servers", broker);
        List<Future<?>> sent = new ArrayList<>();
        try (var producer = new KafkaProducer<>(config, new ByteArraySerializer(), serializer)) {
            for (T value : values) {
                sent.add(producer.send(new ProducerRecord<>(name, 0, null, value)));
            }
            producer.flush();
        }
        for (Future<?> record : sent) {
            record.get();
        }
    }

    <T> List<T> read(int count, Deserializer<T> deserializer) throws IOException {
        Map<String, Object> config = Map.of("bootstrap.servers", broker, "enable.auto.commit", false);
        List<T> values = new ArrayList<>();
        long deadline = System.nanoTime() + DEADLINE.toNanos();
        try (var consumer = new KafkaConsumer<>(config, new ByteArrayDeserializer(), deserializer)) {
            var partition = List.of(new TopicPartition(name, 0));
            consumer.assign(partition);
            consumer.seekToBeginning(partition);
            while (values.size() < count) {
                if (System.nanoTime() > deadline) {
                    throw new IOException("only " + values.size() + " of " + count + " records came");
                }
                for (ConsumerRecord<byte[], T> record : consumer.poll(Duration.ofSeconds(1))) {
                    values.add(record.value());
                }
            }
        }
        return values;
    }
}
