// Camunda's Java client over gRPC; one execution thread for each job in flight, since its handlers block.
// java -cp 'lib/*' Worker.java <grpc> <job type> <in flight> <jobs> <workload> <stub>
import com.sun.management.OperatingSystemMXBean;
import io.camunda.zeebe.client.ZeebeClient;
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
    public static void main(String[] args) throws Exception {
        int inFlight = Integer.parseInt(args[2]), jobs = Integer.parseInt(args[3]);
        String workload = args[4];
        HttpClient http = HttpClient.newHttpClient();
        HttpRequest request = HttpRequest.newBuilder(URI.create(args[5] + "/stub/sleep/100")).build();
        OperatingSystemMXBean system = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        AtomicReference<long[]> began = new AtomicReference<>();
        AtomicInteger done = new AtomicInteger();
        CountDownLatch finished = new CountDownLatch(1);
        long[] ended = new long[2];
        ZeebeClient client = ZeebeClient.newClientBuilder()
            .grpcAddress(URI.create("http://" + args[0])).usePlaintext()
            .numJobWorkerExecutionThreads(inFlight).build();
        client.newWorker().jobType(args[1]).handler((jobClient, job) -> {
            if (began.get() == null) began.compareAndSet(null, new long[] {system.getProcessCpuTime(), System.nanoTime()});
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
            if (done.incrementAndGet() == jobs) {
                ended[0] = system.getProcessCpuTime();
                ended[1] = System.nanoTime();
                finished.countDown();
            }
        }).maxJobsActive(inFlight).timeout(Duration.ofSeconds(120)).open();
        finished.await();
        double cpu = (ended[0] - began.get()[0]) / 1e6 / jobs, wall = (ended[1] - began.get()[1]) / 1e9;
        Thread.sleep(3000);
        System.out.printf(java.util.Locale.ROOT, "{\"jobs\":%d,\"cpu_ms\":%.6f,\"jobs_per_s\":%.3f}%n", jobs, cpu, jobs / wall);
        Runtime.getRuntime().halt(0);
    }
}
