package loaderline.peers.flink;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Properties;
import java.util.stream.Collectors;
import loaderline.peers.shop.Options;
import org.apache.flink.table.api.bridge.java.StreamTableEnvironment;

/** Enriches by SQL alone: a lookup join on a view that nests the rows of a user and encodes them. */
public final class Sql {
    // A join on each of the three tables would make a row of each review, which SQL cannot nest again without state.
    private static final String VIEW = """
            CREATE OR REPLACE VIEW enrichment AS
            SELECT u.id, ',"user":' || row_to_json(u)::text || ',"purchases":' || array_to_json(ARRAY(
                SELECT row_to_json(p) FROM (
                    SELECT id, product_id, amount_cents,
                        to_char(purchased_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS purchased_at,
                        array_to_json(ARRAY(
                            SELECT row_to_json(r) FROM (
                                SELECT id, product_id, rating, body FROM reviews WHERE reviews.product_id = purchases.product_id ORDER BY id
                            ) r)) AS reviews
                    FROM purchases WHERE user_id = u.id ORDER BY id
                ) p))::text || '}' AS tail
            FROM (SELECT id, name, email, tier FROM users) u""";

    private static final String EVENTS = """
            CREATE TABLE events (
                user_key BYTES,
                event STRING,
                `at` TIMESTAMP_LTZ(3) METADATA FROM 'timestamp',
                user_id AS CAST(JSON_VALUE(event, '$.user_id' ERROR ON EMPTY ERROR ON ERROR) AS BIGINT),
                looked_up AS PROCTIME()
            ) WITH (
                'connector' = 'kafka', 'topic' = '%s', 'properties.bootstrap.servers' = '%s', 'properties.group.id' = '%s',
                'scan.startup.mode' = 'group-offsets', 'properties.auto.offset.reset' = 'earliest',
                'key.format' = 'raw', 'key.fields' = 'user_key', 'value.format' = 'raw', 'value.fields-include' = 'EXCEPT_KEY'%s
            )""";

    private static final String USERS = """
            CREATE TABLE users (id BIGINT, tail STRING, PRIMARY KEY (id) NOT ENFORCED) WITH (
                'connector' = 'jdbc', 'url' = '%s', 'table-name' = 'enrichment',
                'lookup.cache' = 'PARTIAL', 'lookup.partial-cache.max-rows' = '200000',
                'lookup.partial-cache.expire-after-write' = '10 min', 'lookup.partial-cache.cache-missing-key' = 'true'
            )""";

    private static final String ENRICHED = """
            CREATE TABLE enriched (user_key BYTES, record STRING, `at` TIMESTAMP_LTZ(3) METADATA FROM 'timestamp') WITH (
                'connector' = 'kafka', 'topic' = '%s', 'properties.bootstrap.servers' = '%s',
                'key.format' = 'raw', 'key.fields' = 'user_key', 'value.format' = 'raw', 'value.fields-include' = 'EXCEPT_KEY',
                'sink.delivery-guarantee' = 'exactly-once', 'sink.transactional-id-prefix' = '%s',
                'sink.transaction-naming-strategy' = 'POOLING'%s
            )""";

    private static final String INSERT = """
            INSERT INTO enriched
            SELECT e.user_key, '{"event":' || e.event || u.tail, e.`at`
            FROM events AS e JOIN users FOR SYSTEM_TIME AS OF e.looked_up AS u ON u.id = e.user_id""";

    private Sql() {}

    public static void main(String[] args) throws Exception {
        Options options = Options.of(args);
        createView(options.jdbc());
        StreamTableEnvironment tables = StreamTableEnvironment.create(Job.environment(options));
        tables.executeSql(EVENTS.formatted(options.input(), options.brokers(), options.group(), more(Kafka.consumer())));
        tables.executeSql(USERS.formatted(options.jdbc()));
        tables.executeSql(ENRICHED.formatted(options.output(), options.brokers(), options.group(), more(Kafka.producer())));
        Job.await(tables.executeSql(INSERT).getJobClient().orElseThrow());
    }

    private static void createView(String jdbc) throws SQLException {
        try (Connection connection = DriverManager.getConnection(jdbc); Statement statement = connection.createStatement()) {
            statement.execute(VIEW);
        }
    }

    /** Returns settings of Kafka's client as further options of a table. */
    private static String more(Properties properties) {
        return properties.stringPropertyNames().stream()
                .map(name -> ", 'properties." + name + "' = '" + properties.getProperty(name) + "'")
                .collect(Collectors.joining());
    }
}
