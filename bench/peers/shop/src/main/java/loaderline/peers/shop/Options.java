package loaderline.peers.shop;

import java.util.HashMap;
import java.util.Map;

/** The command line: -brokers B -jdbc URL -input TOPIC -output TOPIC -dead TOPIC -group G -state FOLDER -parallel N. */
public record Options(
        String brokers, String jdbc, String input, String output, String dead, String group, String state, int parallel) {

    public static Options of(String[] args) {
        Map<String, String> values = new HashMap<>();
        for (int i = 0; i + 1 < args.length; i += 2) {
            values.put(args[i], args[i + 1]);
        }
        return new Options(
                required(values, "-brokers"), required(values, "-jdbc"), required(values, "-input"), required(values, "-output"),
                required(values, "-dead"), required(values, "-group"), required(values, "-state"),
                Integer.parseInt(required(values, "-parallel")));
    }

    private static String required(Map<String, String> values, String name) {
        String value = values.get(name);
        if (value == null) {
            throw new IllegalArgumentException(name + " is missing");
        }
        return value;
    }
}
