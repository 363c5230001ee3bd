import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.Map;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.Serializer;

/** How values of a language of schemas are written and read. */
interface Format<T> {
    T parse(JsonNode value) throws IOException;

    String render(T value) throws IOException;

    Serializer<T> serializer(Map<String, Object> config);

    Deserializer<T> deserializer(Map<String, Object> config);

    byte[] encode(T value) throws IOException;

    T decode(byte[] body) throws IOException;

    static Format<?> of(JsonNode command) throws IOException {
        String name = command.get("format").asText();
        return switch (name) {
            case "avro" -> new AvroFormat(command);
            case "protobuf" -> new ProtobufFormat(command);
            default -> throw new IOException("unknown format " + name);
        };
    }
}
