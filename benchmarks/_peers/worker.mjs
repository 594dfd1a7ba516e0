// Camunda's JS client over REST. Its handlers are asynchronous, so waiting costs no thread; one that computes blocks.
import { createRequire } from 'node:module';

const asked = JSON.parse(process.argv[2]);
process.env.CAMUNDA_REST_ADDRESS = asked.rest;
const require = createRequire(process.env.BENCHMARK_MODULES + '/');
const { createCamundaClient } = require('@camunda8/orchestration-cluster-api');

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const workloads = {
  noop: async () => {},
  blocking_50_ms: () => sleep(50),
  blocking_1_s: () => sleep(1000),
  http_100_ms: async () => { await (await fetch(`${asked.stub}/stub/sleep/100`)).arrayBuffer(); },
  cpu_5_ms: async () => { const end = performance.now() + 5; while (performance.now() < end); },
};
const work = workloads[asked.workload];
const warm = asked.warm ?? 0;
let began = null, done = 0;

createCamundaClient().createJobWorker({
  jobType: asked.job_type,
  maxParallelJobs: asked.in_flight,
  jobTimeoutMs: 120000,
  pollIntervalMs: 1,
  jobHandler: async (job) => {
    if (!began && !warm) began = [process.cpuUsage(), performance.now()];
    await work();
    done += 1;
    if (done === warm) began = [process.cpuUsage(), performance.now()];
    if (done === warm + asked.jobs) {
      const used = process.cpuUsage(began[0]), wallMs = performance.now() - began[1];
      const result = {
        jobs: asked.jobs,
        cpu_ms: (used.user + used.system) / 1000 / asked.jobs,
        jobs_per_s: asked.jobs / wallMs * 1000,
        rss_mb: process.resourceUsage().maxRSS / 1024,
      };
      setTimeout(() => { process.stdout.write(JSON.stringify(result) + '\n', () => process.exit(0)); }, (asked.grace_s ?? 3) * 1000);
    }
    return job.complete({ done: true });
  },
});
