import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * Reads commands, one JSON object a line, and prints the result of each as one line. The arguments are the address of a Kafka broker
 * and the URL of Apicurio's own API. Records are written and read by Apicurio's serializers.
 */
public final class Counterpart {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final String broker;
    private final String registry;

    private Counterpart(String broker, String registry) {
        this.broker = broker;
        this.registry = registry;
    }

    public static void main(String[] args) throws Exception {
        Logger.getLogger("").setLevel(Level.SEVERE);
        Counterpart counterpart = new Counterpart(args[0], args[1]);
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        System.setOut(System.err); // What libraries print is no result.
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            out.println(counterpart.result(line));
        }
        System.exit(0); // The registry's client has threads that would go on.
    }

    private ObjectNode result(String line) {
        try {
            JsonNode command = JSON.readTree(line);
            return JSON.createObjectNode().set("values", run(command, Format.of(command)));
        } catch (Exception | Error e) { // The test shows it.
            StringWriter trace = new StringWriter();
            e.printStackTrace(new PrintWriter(trace));
            return JSON.createObjectNode().put("error", trace.toString());
        }
    }

    private <T> ArrayNode run(JsonNode command, Format<T> format) throws Exception {
        ArrayNode results = JSON.createArrayNode();
        switch (command.get("do").asText()) {
            case "write" -> {
                List<T> values = new ArrayList<>();
                for (JsonNode value : command.get("values")) {
                    values.add(format.parse(value));
                }
                topic(command).write(values, format.serializer(config(command)));
            }
            case "read" -> {
                for (T value : topic(command).read(command.get("count").asInt(), format.deserializer(config(command)))) {
                    results.add(JSON.readTree(format.render(value)));
                }
            }
            case "render" -> {
                for (JsonNode value : command.get("values")) {
                    results.add(JSON.readTree(format.render(format.parse(value))));
                }
            }
            case "encode" -> {
                for (JsonNode value : command.get("values")) {
                    results.add(Base64.getEncoder().encodeToString(format.encode(format.parse(value))));
                }
            }
            case "decode" -> {
                for (JsonNode body : command.get("values")) {
                    results.add(JSON.readTree(format.render(format.decode(Base64.getDecoder().decode(body.asText())))));
                }
            }
            default -> throw new IllegalArgumentException("unknown command " + command.get("do"));
        }
        return results;
    }

    private Topic topic(JsonNode command) {
        return new Topic(broker, command.get("topic").asText());
    }

    private Map<String, Object> config(JsonNode command) {
        Map<String, Object> config = new HashMap<>();
        config.put("apicurio.registry.url", registry);
        config.put("apicurio.registry.auto-register", true);
        // Without it, a recursive schema overflows the stack of version 3.1.7.
        config.put("apicurio.registry.dereference-schema", true);
        command.path("config").properties().forEach(e -> config.put(e.getKey(), e.getValue().asText()));
        return config;
    }
}
