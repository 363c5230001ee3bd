package loaderline.peers.shop;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;

/** Encodes what follows the event in the outputs of a user. */
final class Tail {
    private static final JsonFactory JSON = new JsonFactory();

    private Tail() {}

    /** Returns a comma, the fields user and purchases, and the brace that ends the output. */
    static byte[] of(Shop.User user, List<Shop.Purchase> purchases, Map<Long, List<Shop.Review>> reviews) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(1024);
        try (JsonGenerator json = JSON.createGenerator(bytes)) {
            json.writeStartObject();
            json.writeObjectFieldStart("user");
            json.writeNumberField("id", user.id());
            json.writeStringField("name", user.name());
            json.writeStringField("email", user.email());
            json.writeStringField("tier", user.tier());
            json.writeEndObject();
            json.writeArrayFieldStart("purchases");
            for (Shop.Purchase purchase : purchases) {
                write(json, purchase, reviews.getOrDefault(purchase.product(), List.of()));
            }
            json.writeEndArray();
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        byte[] tail = bytes.toByteArray();
        tail[0] = ','; // It continues the event.
        return tail;
    }

    private static void write(JsonGenerator json, Shop.Purchase purchase, List<Shop.Review> reviews) throws IOException {
        json.writeStartObject();
        json.writeNumberField("id", purchase.id());
        json.writeNumberField("product_id", purchase.product());
        json.writeNumberField("amount_cents", purchase.cents());
        json.writeStringField("purchased_at", purchase.at().toInstant().toString());
        json.writeArrayFieldStart("reviews");
        for (Shop.Review review : reviews) {
            json.writeStartObject();
            json.writeNumberField("id", review.id());
            json.writeNumberField("product_id", review.product());
            json.writeNumberField("rating", review.rating());
            json.writeStringField("body", review.body());
            json.writeEndObject();
        }
        json.writeEndArray();
        json.writeEndObject();
    }
}
