package loaderline.peers.shop;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** What is done with the bytes of an event. */
public final class Events {
    private static final byte[] FIELD = "\"user_id\":".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] HEAD = "{\"event\":".getBytes(StandardCharsets.US_ASCII);

    private Events() {}

    /** Returns the user of an event by a search for its field, without a check of the JSON; -1 where it has none. */
    public static long user(byte[] event) {
        int at = find(event);
        if (at < 0) {
            return -1;
        }
        long id = 0;
        int i = at;
        for (; i < event.length && event[i] >= '0' && event[i] <= '9'; i++) {
            id = id * 10 + (event[i] - '0');
        }
        return i == at || i == event.length ? -1 : id;
    }

    private static int find(byte[] event) {
        for (int from = 0; from + FIELD.length < event.length; from++) {
            int n = 0;
            while (n < FIELD.length && event[from + n] == FIELD[n]) {
                n++;
            }
            if (n == FIELD.length) {
                return from + n;
            }
        }
        return -1;
    }

    /** Reports whether a value is an output, and not an event. */
    public static boolean isOutput(byte[] value) {
        return value.length > HEAD.length && Arrays.equals(value, 0, HEAD.length, HEAD, 0, HEAD.length);
    }

    /** Returns the output of an event whose user has this tail. */
    public static byte[] output(byte[] event, byte[] tail) {
        byte[] value = new byte[HEAD.length + event.length + tail.length];
        System.arraycopy(HEAD, 0, value, 0, HEAD.length);
        System.arraycopy(event, 0, value, HEAD.length, event.length);
        System.arraycopy(tail, 0, value, HEAD.length + event.length, tail.length);
        return value;
    }
}
