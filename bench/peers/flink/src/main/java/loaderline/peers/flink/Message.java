package loaderline.peers.flink;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import loaderline.peers.shop.Events;
import org.apache.flink.api.common.typeinfo.PrimitiveArrayTypeInfo;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.java.tuple.Tuple3;
import org.apache.flink.connector.kafka.lineage.DefaultKafkaDatasetFacet;
import org.apache.flink.connector.kafka.lineage.DefaultKafkaDatasetIdentifier;
import org.apache.flink.connector.kafka.lineage.KafkaDatasetFacet;
import org.apache.flink.connector.kafka.lineage.KafkaDatasetFacetProvider;
import org.apache.flink.connector.kafka.sink.KafkaRecordSerializationSchema;
import org.apache.flink.connector.kafka.source.reader.deserializer.KafkaRecordDeserializationSchema;
import org.apache.flink.util.Collector;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;

/** A record as bytes: its key, value and timestamp, as a tuple that Flink serializes itself where it must. */
final class Message {
    static final TypeInformation<Tuple3<byte[], byte[], Long>> TYPE = Types.TUPLE(
            PrimitiveArrayTypeInfo.BYTE_PRIMITIVE_ARRAY_TYPE_INFO, PrimitiveArrayTypeInfo.BYTE_PRIMITIVE_ARRAY_TYPE_INFO, Types.LONG);

    private Message() {}

    /** Reads records of the input. */
    static final class Reader implements KafkaRecordDeserializationSchema<Tuple3<byte[], byte[], Long>> {
        @Override
        public void deserialize(ConsumerRecord<byte[], byte[]> record, Collector<Tuple3<byte[], byte[], Long>> out) throws IOException {
            out.collect(Tuple3.of(record.key(), record.value(), record.timestamp()));
        }

        @Override
        public TypeInformation<Tuple3<byte[], byte[], Long>> getProducedType() {
            return TYPE;
        }
    }

    /** Writes enriched records to the output, and events without a user as they came to the dead letters. */
    static final class Writer implements KafkaRecordSerializationSchema<Tuple3<byte[], byte[], Long>>, KafkaDatasetFacetProvider {
        private final String output;
        private final String dead;

        Writer(String output, String dead) {
            this.output = output;
            this.dead = dead;
        }

        @Override
        public ProducerRecord<byte[], byte[]> serialize(Tuple3<byte[], byte[], Long> message, KafkaSinkContext context, Long timestamp) {
            String topic = Events.isOutput(message.f1) ? output : dead;
            return new ProducerRecord<>(topic, null, message.f2, message.f0, message.f1);
        }

        /** Names the topics to the sink, which lists the transactions that are open in them when it starts again. */
        @Override
        public Optional<KafkaDatasetFacet> getKafkaDatasetFacet() {
            return Optional.of(new DefaultKafkaDatasetFacet(DefaultKafkaDatasetIdentifier.ofTopics(List.of(output, dead))));
        }
    }
}
