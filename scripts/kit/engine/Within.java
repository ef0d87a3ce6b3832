package kit.engine;

import java.io.IOException;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Work with a time limit, in threads that keep nobody from ending. */
public final class Within {
    private static final ExecutorService THREADS = Executors.newCachedThreadPool(work -> {
        Thread thread = new Thread(work, "within");
        thread.setDaemon(true);
        return thread;
    });

    private Within() {
    }

    /** Begins it. */
    public static <T> Future<T> begin(Callable<T> work) {
        return THREADS.submit(work);
    }

    /** What the work returns.
     *
     * @throws TimeoutException it has taken longer than that, and is interrupted
     * @throws IOException      it has failed, or this thread was interrupted */
    public static <T> T seconds(int seconds, Callable<T> work) throws IOException, TimeoutException {
        return get(begin(work), seconds);
    }

    static <T> T get(Future<T> begun, int seconds) throws IOException, TimeoutException {
        try {
            return begun.get(seconds, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof IOException io ? io : new IOException(e.getCause());
        } catch (InterruptedException e) {
            throw new IOException(e);
        } finally {
            begun.cancel(true);
        }
    }
}
