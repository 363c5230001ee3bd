package loaderline.peers.shop;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Looks users up by three bulk queries over one connection. It is for one thread. */
public final class Shop implements AutoCloseable {
    record User(long id, String name, String email, String tier) {}

    record Review(long id, long product, int rating, String body) {}

    record Purchase(long id, long product, long cents, OffsetDateTime at) {}

    private final Connection connection;
    private final PreparedStatement users;
    private final PreparedStatement purchases;
    private final PreparedStatement reviews;

    public Shop(String jdbc) throws SQLException {
        connection = DriverManager.getConnection(jdbc);
        users = connection.prepareStatement("SELECT id, name, email, tier FROM users WHERE id = ANY(?)");
        purchases = connection.prepareStatement(
                "SELECT user_id, id, product_id, amount_cents, purchased_at FROM purchases WHERE user_id = ANY(?) ORDER BY id");
        reviews = connection.prepareStatement(
                "SELECT product_id, id, rating, body FROM reviews WHERE product_id = ANY(?) ORDER BY id");
    }

    /** Returns for each user what follows the event in the outputs. A user that is not there has none. */
    public Map<Long, byte[]> tails(Collection<Long> ids) throws SQLException {
        Map<Long, User> found = users(ids);
        if (found.isEmpty()) {
            return Map.of();
        }
        Map<Long, List<Purchase>> bought = purchases(ids);
        Set<Long> products = new HashSet<>();
        bought.values().forEach(list -> list.forEach(purchase -> products.add(purchase.product())));
        Map<Long, List<Review>> reviewed = products.isEmpty() ? Map.of() : reviews(products);
        Map<Long, byte[]> tails = new HashMap<>();
        found.forEach((id, user) -> tails.put(id, Tail.of(user, bought.getOrDefault(id, List.of()), reviewed)));
        return tails;
    }

    private Map<Long, User> users(Collection<Long> ids) throws SQLException {
        Map<Long, User> found = new HashMap<>();
        try (ResultSet row = query(users, ids)) {
            while (row.next()) {
                found.put(row.getLong(1), new User(row.getLong(1), row.getString(2), row.getString(3), row.getString(4)));
            }
        }
        return found;
    }

    private Map<Long, List<Purchase>> purchases(Collection<Long> ids) throws SQLException {
        Map<Long, List<Purchase>> found = new HashMap<>();
        try (ResultSet row = query(purchases, ids)) {
            while (row.next()) {
                found.computeIfAbsent(row.getLong(1), id -> new ArrayList<>())
                        .add(new Purchase(row.getLong(2), row.getLong(3), row.getLong(4), row.getObject(5, OffsetDateTime.class)));
            }
        }
        return found;
    }

    private Map<Long, List<Review>> reviews(Collection<Long> products) throws SQLException {
        Map<Long, List<Review>> found = new HashMap<>();
        try (ResultSet row = query(reviews, products)) {
            while (row.next()) {
                found.computeIfAbsent(row.getLong(1), id -> new ArrayList<>())
                        .add(new Review(row.getLong(2), row.getLong(1), row.getInt(3), row.getString(4)));
            }
        }
        return found;
    }

    private ResultSet query(PreparedStatement statement, Collection<Long> keys) throws SQLException {
        statement.setArray(1, connection.createArrayOf("bigint", keys.toArray()));
        return statement.executeQuery();
    }

    @Override
    public void close() throws SQLException {
        connection.close();
    }
}
