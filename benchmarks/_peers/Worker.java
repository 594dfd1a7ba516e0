// Camunda's Java client over REST; one execution thread for each job in flight, since its handlers block.
// java -cp 'lib/*' Worker.java '{"rest": ..., "job_type": ..., ...}'
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.management.OperatingSystemMXBean;
import io.camunda.client.CamundaClient;
import java.lang.management.ManagementFactory;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

public class Worker {
    static final OperatingSystemMXBean SYSTEM = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();

    static long[] now() {
        return new long[] {SYSTEM.getProcessCpuTime(), System.nanoTime()};
    }

    public static void main(String[] args) throws Exception {
        JsonNode asked = new ObjectMapper().readTree(args[0]);
        int inFlight = asked.get("in_flight").asInt(), jobs = asked.get("jobs").asInt(), warm = asked.path("warm").asInt(0);
        String workload = asked.get("workload").asText();
        HttpClient http = HttpClient.newHttpClient();
        HttpRequest request = HttpRequest.newBuilder(URI.create(asked.get("stub").asText() + "/stub/sleep/100")).build();
        AtomicReference<long[]> began = new AtomicReference<>();
        AtomicReference<long[]> ended = new AtomicReference<>();
        AtomicInteger done = new AtomicInteger();
        CountDownLatch finished = new CountDownLatch(1);
        CamundaClient client = CamundaClient.newClientBuilder()
            .restAddress(URI.create(asked.get("rest").asText())).preferRestOverGrpc(true)
            .numJobWorkerExecutionThreads(inFlight).build();
        client.newWorker().jobType(asked.get("job_type").asText()).handler((jobClient, job) -> {
            if (warm == 0 && began.get() == null) began.compareAndSet(null, now());
            switch (workload) {
                case "blocking_50_ms" -> Thread.sleep(50);
                case "blocking_1_s" -> Thread.sleep(1000);
                case "http_100_ms" -> http.send(request, HttpResponse.BodyHandlers.ofString());
                case "cpu_5_ms" -> {
                    long end = System.nanoTime() + 5_000_000;
                    while (System.nanoTime() < end) Thread.onSpinWait();
                }
                default -> { }
            }
            jobClient.newCompleteCommand(job.getKey()).variables(Map.of("done", true)).send();
            int number = done.incrementAndGet();
            if (number == warm) began.set(now());
            if (number == warm + jobs) {
                ended.set(now());
                finished.countDown();
            }
        }).maxJobsActive(inFlight).timeout(Duration.ofSeconds(120)).open();
        finished.await();
        double cpuMs = (ended.get()[0] - began.get()[0]) / 1e6 / jobs, wallS = (ended.get()[1] - began.get()[1]) / 1e9;
        Thread.sleep((long) (asked.path("grace_s").asDouble(3) * 1000));
        System.out.printf(java.util.Locale.ROOT, "{\"jobs\":%d,\"cpu_ms\":%.6f,\"jobs_per_s\":%.3f,\"rss_mb\":%.1f}%n",
            jobs, cpuMs, jobs / wallS, rssMb());
        System.out.flush();
        Runtime.getRuntime().halt(0);
    }

    static double rssMb() {
        try {
            for (String line : java.nio.file.Files.readAllLines(java.nio.file.Path.of("/proc/self/status"))) {
                if (line.startsWith("VmHWM:")) return Long.parseLong(line.replaceAll("\\D", "")) / 1024.0;
            }
        } catch (java.io.IOException | NumberFormatException e) {
            // not a Linux
        }
        return 0;
    }
}
