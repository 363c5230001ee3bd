package loaderline.peers.streams;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.github.benmanes.caffeine.cache.Cache;
import java.io.IOException;
import loaderline.peers.shop.Options;
import loaderline.peers.shop.Tails;

/** Looks up the user of one record after the other, unless it is cached. */
public final class Cached {
    private static final JsonFactory JSON = new JsonFactory();

    private Cached() {}

    public static void main(String[] args) throws Exception {
        Options options = Options.of(args);
        Cache<Long, byte[]> tails = Tails.cache();
        App.run(options, App.settings(options), () -> new Enrich(options.jdbc(), tails, Cached::user));
    }

    /** Reads an event to its end, so that one that is no JSON is found. */
    private static long user(byte[] event) {
        long user = -1;
        try (JsonParser json = JSON.createParser(event)) {
            while (json.nextToken() != null) {
                if (json.currentToken() == JsonToken.FIELD_NAME && json.currentName().equals("user_id")) {
                    json.nextToken();
                    user = json.getLongValue();
                }
            }
        } catch (IOException e) {
            throw new IllegalArgumentException("an event is no JSON", e);
        }
        return user;
    }
}
