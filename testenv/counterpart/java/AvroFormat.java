import com.fasterxml.jackson.databind.JsonNode;
import io.apicurio.registry.serde.avro.AvroKafkaDeserializer;
import io.apicurio.registry.serde.avro.AvroKafkaSerializer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.io.Decoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.Encoder;
import org.apache.avro.io.EncoderFactory;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.Serializer;

/** Avro by its own library. Values are in the JSON encoding of its specification, on both ways. */
final class AvroFormat implements Format<Object> {
    private final Schema schema;

    AvroFormat(JsonNode command) {
        schema = new Schema.Parser().parse(command.get("schema").asText());
    }

    @Override
    public Object parse(JsonNode value) throws IOException {
        return read(DecoderFactory.get().jsonDecoder(schema, value.toString()));
    }

    @Override
    public String render(Object value) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        write(value, EncoderFactory.get().jsonEncoder(schema, out));
        return out.toString(StandardCharsets.UTF_8);
    }

    @Override
    public Serializer<Object> serializer(Map<String, Object> config) {
        Serializer<Object> serializer = new AvroKafkaSerializer<>();
        serializer.configure(config, false);
        return serializer;
    }

    @Override
    public Deserializer<Object> deserializer(Map<String, Object> config) {
        Deserializer<Object> deserializer = new AvroKafkaDeserializer<>();
        deserializer.configure(config, false);
        return deserializer;
    }

    @Override
    public byte[] encode(Object value) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        write(value, EncoderFactory.get().binaryEncoder(out, null));
        return out.toByteArray();
    }

    @Override
    public Object decode(byte[] body) throws IOException {
        var decoder = DecoderFactory.get().binaryDecoder(body, null);
        Object value = read(decoder);
        if (!decoder.isEnd()) {
            throw new IOException("the body goes on behind its value");
        }
        return value;
    }

    private Object read(Decoder decoder) throws IOException {
        return new GenericDatumReader<>(schema).read(null, decoder);
    }

    private void write(Object value, Encoder encoder) throws IOException {
        new GenericDatumWriter<>(schema).write(value, encoder);
        encoder.flush();
    }
}
