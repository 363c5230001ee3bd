package loaderline.peers.flink;

import java.util.Properties;

/** The settings of Kafka's client, for many small records. */
final class Kafka {
    private Kafka() {}

    static Properties consumer() {
        Properties properties = new Properties();
        properties.setProperty("isolation.level", "read_committed");
        properties.setProperty("max.poll.records", "5000");
        properties.setProperty("max.partition.fetch.bytes", "4194304");
        return properties;
    }

    static Properties producer() {
        Properties properties = new Properties();
        properties.setProperty("compression.type", "lz4");
        properties.setProperty("linger.ms", "20");
        properties.setProperty("batch.size", "524288");
        properties.setProperty("buffer.memory", "67108864");
        // Flink's own is an hour, which brokers refuse by default.
        properties.setProperty("transaction.timeout.ms", "600000");
        return properties;
    }
}
