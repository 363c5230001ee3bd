package loaderline.peers.flink;

import java.util.Collections;
import java.util.List;
import loaderline.peers.shop.Events;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.java.tuple.Tuple3;
import org.apache.flink.streaming.api.functions.async.ResultFuture;
import org.apache.flink.streaming.api.functions.async.RichAsyncFunction;

/** Continues each event by the tail of its user. An event without a user passes as it is. */
final class Enrich extends RichAsyncFunction<Tuple3<byte[], byte[], Long>, Tuple3<byte[], byte[], Long>> {
    private final String jdbc;
    private transient Loader loader;

    Enrich(String jdbc) {
        this.jdbc = jdbc;
    }

    @Override
    public void open(OpenContext context) {
        loader = Loader.shared(jdbc);
    }

    @Override
    public void asyncInvoke(Tuple3<byte[], byte[], Long> event, ResultFuture<Tuple3<byte[], byte[], Long>> result) {
        long user = Events.user(event.f1);
        if (user < 0) {
            result.complete(Collections.singleton(event));
            return;
        }
        byte[] tail = loader.cached(user);
        if (tail != null) {
            result.complete(output(event, tail));
            return;
        }
        loader.load(user).whenComplete((found, e) -> {
            if (e != null) {
                result.completeExceptionally(e);
            } else {
                result.complete(found == null ? Collections.singleton(event) : output(event, found));
            }
        });
    }

    private static List<Tuple3<byte[], byte[], Long>> output(Tuple3<byte[], byte[], Long> event, byte[] tail) {
        return Collections.singletonList(Tuple3.of(event.f0, Events.output(event.f1, tail), event.f2));
    }
}
