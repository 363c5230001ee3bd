package loaderline.peers.flink;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.Comparator;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import loaderline.peers.shop.Options;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.ExternalizedCheckpointRetention;
import org.apache.flink.configuration.PipelineOptions;
import org.apache.flink.configuration.StateBackendOptions;
import org.apache.flink.configuration.StateRecoveryOptions;
import org.apache.flink.core.execution.CheckpointingMode;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.runtime.client.JobCancellationException;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.util.ExceptionUtils;

/** How a job begins and ends. */
final class Job {
    private Job() {}

    /** Returns an environment in this process, which continues from the newest checkpoint in the folder of the command line. */
    static StreamExecutionEnvironment environment(Options options) throws IOException {
        Path state = Path.of(options.state());
        Configuration config = new Configuration();
        config.set(CheckpointingOptions.CHECKPOINTING_INTERVAL, Duration.ofSeconds(1));
        config.set(CheckpointingOptions.CHECKPOINTING_CONSISTENCY_MODE, CheckpointingMode.EXACTLY_ONCE);
        config.set(CheckpointingOptions.CHECKPOINTS_DIRECTORY, state.toUri().toString());
        config.set(CheckpointingOptions.EXTERNALIZED_CHECKPOINT_RETENTION, ExternalizedCheckpointRetention.RETAIN_ON_CANCELLATION);
        config.set(StateBackendOptions.STATE_BACKEND, "hashmap");
        config.set(PipelineOptions.OBJECT_REUSE, true);
        // After a crash Flink begins anew, unless its operator names the checkpoint that it is to continue from.
        newestCheckpoint(state).ifPresent(path -> config.set(StateRecoveryOptions.SAVEPOINT_PATH, path.toUri().toString()));
        return StreamExecutionEnvironment.createLocalEnvironment(options.parallel(), config);
    }

    /** Returns the folder of the newest checkpoint that is complete: the metadata is written last. */
    private static Optional<Path> newestCheckpoint(Path state) throws IOException {
        if (!Files.isDirectory(state)) {
            return Optional.empty();
        }
        try (Stream<Path> files = Files.walk(state)) {
            return files.filter(file -> file.getFileName().toString().equals("_metadata"))
                    .max(Comparator.comparing(Job::modified))
                    .map(Path::getParent);
        }
    }

    private static FileTime modified(Path file) {
        try {
            return Files.getLastModifiedTime(file);
        } catch (IOException e) {
            return FileTime.fromMillis(0); // It was removed meanwhile.
        }
    }

    /** Waits for the end of a job. SIGTERM cancels it; its newest checkpoint stays. */
    static void await(JobClient job) throws InterruptedException {
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            try {
                job.cancel().get(20, TimeUnit.SECONDS);
            } catch (Exception e) {
                e.printStackTrace();
                Runtime.getRuntime().halt(1);
            }
            Runtime.getRuntime().halt(0); // A signal would make it 143.
        }));
        try {
            job.getJobExecutionResult().get();
        } catch (ExecutionException e) {
            if (ExceptionUtils.findThrowable(e, JobCancellationException.class).isPresent()) {
                return; // The hook has cancelled it, and ends the process.
            }
            e.printStackTrace();
            Runtime.getRuntime().halt(1);
        }
    }
}
