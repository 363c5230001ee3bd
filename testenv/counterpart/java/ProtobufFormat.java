import com.fasterxml.jackson.databind.JsonNode;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorSet;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.DescriptorValidationException;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.Message;
import com.google.protobuf.util.JsonFormat;
import io.apicurio.registry.serde.protobuf.ProtobufKafkaDeserializer;
import io.apicurio.registry.serde.protobuf.ProtobufKafkaSerializer;
import java.io.IOException;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.Serializer;

/**
 * Protobuf by Google's library. The schema is a FileDescriptorSet in base64 with each file behind those that it imports, and the
 * command names the message. Values are in the JSON mapping of Protobuf, on both ways.
 */
final class ProtobufFormat implements Format<Message> {
    private final Descriptor message;
    private final JsonFormat.TypeRegistry types;

    ProtobufFormat(JsonNode command) throws IOException {
        String name = command.get("message").asText();
        Map<String, FileDescriptor> files = files(Base64.getDecoder().decode(command.get("schema").asText()));
        var registry = JsonFormat.TypeRegistry.newBuilder();
        files.values().forEach(file -> registry.add(file.getMessageTypes()));
        types = registry.build();
        message = types.find(name);
    }

    private static Map<String, FileDescriptor> files(byte[] set) throws IOException {
        Map<String, FileDescriptor> files = new LinkedHashMap<>();
        try {
            for (FileDescriptorProto file : FileDescriptorSet.parseFrom(set).getFileList()) {
                FileDescriptor[] imports = file.getDependencyList().stream().map(files::get).toArray(FileDescriptor[]::new);
                files.put(file.getName(), FileDescriptor.buildFrom(file, imports));
            }
        } catch (DescriptorValidationException e) {
            throw new IOException(e);
        }
        return files;
    }

    @Override
    public Message parse(JsonNode value) throws IOException {
        var builder = DynamicMessage.newBuilder(message);
        JsonFormat.parser().usingTypeRegistry(types).merge(value.toString(), builder);
        return builder.build();
    }

    @Override
    public String render(Message value) throws IOException {
        // A deserializer of the registry returns a message by its own copy of the schema.
        Message copy = decode(value.toByteArray());
        return JsonFormat.printer().usingTypeRegistry(types).preservingProtoFieldNames().alwaysPrintFieldsWithNoPresence()
                .omittingInsignificantWhitespace().print(copy);
    }

    @Override
    public Serializer<Message> serializer(Map<String, Object> config) {
        Serializer<Message> serializer = new ProtobufKafkaSerializer<>();
        serializer.configure(config, false);
        return serializer;
    }

    @Override
    public Deserializer<Message> deserializer(Map<String, Object> config) {
        Deserializer<Message> deserializer = new ProtobufKafkaDeserializer<>();
        deserializer.configure(config, false);
        return deserializer;
    }

    @Override
    public byte[] encode(Message value) {
        return value.toByteArray();
    }

    @Override
    public Message decode(byte[] body) throws IOException {
        return DynamicMessage.parseFrom(message, body);
    }
}
