// A tour of Camunda's Java client over REST, and 200 jobs by its worker: java -cp 'lib/*' Tour.java FOLDER
// FOLDER has tour.bpmn and tour.dmn. Prints a line of JSON for each step.
import com.fasterxml.jackson.databind.ObjectMapper;
import io.camunda.client.CamundaClient;
import io.camunda.client.api.command.ClientException;
import io.camunda.client.api.response.ActivatedJob;
import io.camunda.client.api.response.DeploymentEvent;
import io.camunda.client.api.search.enums.IncidentState;
import io.camunda.client.api.search.enums.JobState;
import io.camunda.client.api.search.enums.ProcessInstanceState;
import io.camunda.client.api.search.response.UserTask;
import io.camunda.client.api.worker.JobWorker;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

public class Tour {
    static final ObjectMapper JSON = new ObjectMapper();
    static CamundaClient client;

    interface Act {
        void run() throws Exception;
    }

    static void step(String name, Act act) throws Exception {
        Map<String, String> line = new LinkedHashMap<>();
        line.put("step", name);
        try {
            act.run();
        } catch (Exception error) {
            String text = String.valueOf(error);
            line.put("error", text.substring(0, Math.min(600, text.length())));
        }
        System.out.println(JSON.writeValueAsString(line));
    }

    static long start(String process, Map<String, Object> variables) {
        return client.newCreateInstanceCommand().bpmnProcessId(process).latestVersion().variables(variables)
            .send().join().getProcessInstanceKey();
    }

    static long key(DeploymentEvent deployed, String process) {
        return deployed.getProcesses().stream().filter(one -> one.getBpmnProcessId().equals(process))
            .findFirst().orElseThrow().getProcessDefinitionKey();
    }

    static ActivatedJob job() {
        return job("charge");
    }

    static ActivatedJob job(String type) {
        return client.newActivateJobsCommand().jobType(type).maxJobsToActivate(1).timeout(Duration.ofMinutes(1))
            .workerName("tour").requestTimeout(Duration.ofSeconds(5)).send().join().getJobs().get(0);
    }

    static <T> T first(Callable<List<T>> search) throws Exception {
        long end = System.nanoTime() + 5_000_000_000L;
        while (true) {
            List<T> items = search.call();
            if (!items.isEmpty()) return items.get(0);
            if (System.nanoTime() > end) throw new IllegalStateException("nothing found");
            Thread.sleep(50);
        }
    }

    static void ends(long instance) throws Exception {
        first(() -> client.newProcessInstanceSearchRequest().filter(filter -> filter.processInstanceKey(instance)
            .state(ProcessInstanceState.COMPLETED)).send().join().items());
    }

    static void check(boolean holds, Object what) {
        if (!holds) throw new IllegalStateException(String.valueOf(what));
    }

    static void taskListeners(Path folder) throws Exception {
        client.newDeployResourceCommand().addResourceFile(folder.resolve("listeners.bpmn").toString()).send().join();
        long instance = start("review", Map.of());
        client.newCompleteCommand(job("review-begins")).withResult(result -> result.forUserTask()
            .correctAssignee("ann").correctPriority(80).correctCandidateUsers(List.of("bob"))).send().join();
        UserTask review = first(() -> client.newUserTaskSearchRequest()
            .filter(filter -> filter.processInstanceKey(instance)).send().join().items());
        check("ann".equals(review.getAssignee()) && review.getPriority() == 80, review.getAssignee());
        var refused = client.newCompleteUserTaskCommand(review.getUserTaskKey()).send();
        client.newCompleteCommand(job("review-ends"))
            .withResult(result -> result.forUserTask().deny(true, "only the boss may")).send().join();
        try {
            refused.join();
            throw new IllegalStateException("not denied");
        } catch (ClientException error) {
            check(error.getMessage().contains("only the boss may"), error);
        }
        var agreed = client.newCompleteUserTaskCommand(review.getUserTaskKey()).send();
        client.newCompleteCommand(job("review-ends")).send().join();
        agreed.join();
        ends(instance);
    }

    static void adHocSubProcess() throws Exception {
        long instance = start("agent", Map.of());
        client.newCompleteCommand(job("agent")).withResult(result -> result.forAdHocSubProcess()
            .activateElement("search").variables(Map.of("query", "x"))).send().join();
        ActivatedJob search = job("search");
        check("x".equals(search.getVariable("query")), search.getVariables());
        client.newCompleteCommand(search).variables(Map.of("found", "y")).send().join();
        client.newCompleteCommand(job("agent")).variables(Map.of("answer", "z"))
            .withResult(result -> result.forAdHocSubProcess().completionConditionFulfilled(true)).send().join();
        ends(instance);
    }

    static void activateAdHocSubProcessActivities() throws Exception {
        long instance = start("agent", Map.of());
        long tools = first(() -> client.newElementInstanceSearchRequest().filter(filter -> filter
            .processInstanceKey(instance).elementId("tools")).send().join().items()).getElementInstanceKey();
        client.newActivateAdHocSubProcessActivitiesCommand(String.valueOf(tools))
            .activateElement("search", Map.of("query", "z")).cancelRemainingInstances(false).send().join();
        check("z".equals(job("search").getVariable("query")), "without its query");
        client.newCancelInstanceCommand(instance).send().join();
    }

    static void work() throws Exception {
        for (int number = 0; number < 200; number++) start("work", Map.of("number", number));
        CountDownLatch left = new CountDownLatch(200);
        try (JobWorker worker = client.newWorker().jobType("work").handler((jobs, job) -> {
            jobs.newCompleteCommand(job).variables(Map.of("twice", 2 * (int) job.getVariable("number"))).send().join();
            left.countDown();
        }).maxJobsActive(50).timeout(Duration.ofMinutes(1)).pollInterval(Duration.ofMillis(10)).open()) {
            if (!left.await(30, TimeUnit.SECONDS)) throw new IllegalStateException(200 - left.getCount() + " of 200 jobs");
        }
    }

    public static void main(String[] args) throws Exception {
        client = CamundaClient.newClientBuilder().restAddress(URI.create(System.getenv("CAMUNDA_REST_ADDRESS")))
            .preferRestOverGrpc(true).numJobWorkerExecutionThreads(4).build();
        boolean newer = !System.getenv("TOUR_DIALECT").equals("8.8");
        Path folder = Path.of(args[0]);
        long[] kept = new long[6];

        step("getTopology", () -> client.newTopologyRequest().send().join());
        step("getStatus", () -> client.newStatusRequest().send().join());
        step("createDeployment", () -> {
            DeploymentEvent deployed = client.newDeployResourceCommand()
                .addResourceFile(folder.resolve("tour.bpmn").toString())
                .addResourceFile(folder.resolve("tour.dmn").toString()).send().join();
            kept[0] = key(deployed, "message");
            kept[5] = key(deployed, "approve");
        });
        long definition = kept[0];
        step("worker", Tour::work);
        step("createProcessInstance", () -> {
            var asked = client.newCreateInstanceCommand().processDefinitionKey(definition)
                .variables(Map.of("order", "by key")).tags("tour");
            (newer ? asked.businessId("order-1") : asked).send().join();
        });
        step("awaitCompletion", () -> client.newCreateInstanceCommand().bpmnProcessId("instant").latestVersion()
            .variables(Map.of("a", 1)).withResult().fetchVariables("a").requestTimeout(Duration.ofSeconds(5))
            .send().join());
        step("runtimeInstructions", () -> {
            long key = client.newCreateInstanceCommand().bpmnProcessId("signal").latestVersion()
                .terminateAfterElement("s_start").send().join().getProcessInstanceKey();
            first(() -> client.newProcessInstanceSearchRequest()
                .filter(filter -> filter.processInstanceKey(key).state(ProcessInstanceState.TERMINATED))
                .send().join().items());
        });

        step("updateJob", () -> {
            start("pay", Map.of());
            ActivatedJob job = job();
            client.newUpdateJobCommand(job).update(5, 90_000L).send().join();
            client.newUpdateRetriesCommand(job).retries(4).send().join();
            client.newUpdateTimeoutCommand(job).timeout(Duration.ofMinutes(2)).send().join();
            client.newFailCommand(job).retries(2).errorMessage("again").retryBackoff(Duration.ZERO).send().join();
        });
        step("throwJobError", () -> client.newThrowErrorCommand(job()).errorCode("DECLINED")
            .errorMessage("no money").variables(Map.of("why", "poor")).send().join());
        step("failJob", () -> {
            kept[1] = start("pay", Map.of());
            client.newFailCommand(job()).retries(0).errorMessage("broken").send().join();
        });
        step("searchIncidents", () -> kept[2] = first(() -> client.newIncidentSearchRequest()
            .filter(filter -> filter.processInstanceKey(kept[1]).state(IncidentState.ACTIVE)).send().join().items())
            .getIncidentKey());
        step("getIncident", () -> client.newIncidentGetRequest(kept[2]).send().join());
        step("searchProcessInstanceIncidents",
            () -> client.newIncidentsByProcessInstanceSearchRequest(kept[1]).send().join());
        step("searchJobs", () -> client.newUpdateRetriesCommand(first(() -> client.newJobSearchRequest()
            .filter(filter -> filter.processInstanceKey(kept[1]).state(JobState.FAILED)).send().join().items())
            .getJobKey()).retries(1).send().join());
        step("resolveIncident", () -> client.newResolveIncidentCommand(kept[2]).send().join());

        step("publishMessage", () -> {
            start("message", Map.of("order", "a"));
            client.newPublishMessageCommand().messageName("paid").correlationKey("a").messageId("one")
                .timeToLive(Duration.ofSeconds(10)).variables(Map.of("amount", 5)).send().join();
        });
        step("correlateMessage", () -> {
            start("message", Map.of("order", "b"));
            client.newCorrelateMessageCommand().messageName("paid").correlationKey("b")
                .variables(Map.of("amount", 5)).send().join();
        });
        long waiting = start("message", Map.of("order", "c"));
        step("searchMessageSubscriptions", () -> first(() -> client.newMessageSubscriptionSearchRequest()
            .filter(filter -> filter.processInstanceKey(waiting)).send().join().items()));
        step("searchCorrelatedMessageSubscriptions",
            () -> client.newCorrelatedMessageSubscriptionSearchRequest().send().join());
        step("searchElementInstances", () -> client.newElementInstanceGetRequest(
            kept[3] = first(() -> client.newElementInstanceSearchRequest()
                .filter(filter -> filter.processInstanceKey(waiting).elementId("m_catch")).send().join().items())
                .getElementInstanceKey()).send().join());
        step("createElementInstanceVariables",
            () -> client.newSetVariablesCommand(waiting).variables(Map.of("note", "x")).local(true).send().join());
        step("searchVariables", () -> client.newVariableGetRequest(first(() -> client.newVariableSearchRequest()
            .filter(filter -> filter.processInstanceKey(waiting).name("order")).send().join().items())
            .getVariableKey()).send().join());
        step("modifyProcessInstance", () -> client.newModifyProcessInstanceCommand(waiting)
            .activateElement("m_catch").withVariables(Map.of("order", "d"))
            .and().terminateElement(kept[3]).send().join());
        if (newer) {
            step("terminateElements", () -> client.newModifyProcessInstanceCommand(waiting)
                .activateElement("m_catch").and().terminateElements("m_catch").send().join());
            step("moveElements", () -> client.newModifyProcessInstanceCommand(waiting)
                .moveElements("m_catch", "m_catch").send().join());
        }
        step("migrateProcessInstance", () -> client.newMigrateProcessInstanceCommand(waiting)
            .migrationPlan(definition).addMappingInstruction("m_catch", "m_catch").send().join());
        step("cancelProcessInstance", () -> client.newCancelInstanceCommand(waiting).send().join());
        step("searchProcessInstances", () -> first(() -> client.newProcessInstanceSearchRequest()
            .filter(filter -> filter.processDefinitionId("message").state(ProcessInstanceState.COMPLETED))
            .sort(sort -> sort.startDate().desc()).page(page -> page.limit(5)).send().join().items()));
        step("getProcessInstance", () -> client.newProcessInstanceGetRequest(waiting).send().join());
        step("getProcessInstanceStatistics",
            () -> client.newProcessInstanceElementStatisticsRequest(waiting).send().join());
        step("getProcessInstanceSequenceFlows",
            () -> client.newProcessInstanceSequenceFlowsRequest(waiting).send().join());
        step("getProcessInstanceCallHierarchy",
            () -> client.newProcessInstanceGetCallHierarchyRequest(waiting).send().join());
        step("broadcastSignal", () -> {
            start("signal", Map.of());
            client.newBroadcastSignalCommand().signalName("go").variables(Map.of("at", "once")).send().join();
        });

        step("searchUserTasks", () -> {
            long instance = start("approve", Map.of("amount", 5));
            kept[4] = first(() -> client.newUserTaskSearchRequest()
                .filter(filter -> filter.processInstanceKey(instance)).send().join().items()).getUserTaskKey();
        });
        long task = kept[4];
        step("getUserTask", () -> client.newUserTaskGetRequest(task).send().join());
        step("assignUserTask",
            () -> client.newAssignUserTaskCommand(task).assignee("ann").action("claim").send().join());
        step("unassignUserTask", () -> client.newUnassignUserTaskCommand(task).send().join());
        step("updateUserTask", () -> client.newUpdateUserTaskCommand(task).priority(80)
            .candidateUsers("bob").dueDate("2030-01-02T03:04:05Z").send().join());
        step("searchUserTaskVariables",
            () -> client.newUserTaskVariableSearchRequest(task).send().join());
        step("completeUserTask",
            () -> client.newCompleteUserTaskCommand(task).variables(Map.of("approved", true)).send().join());

        step("taskListeners", () -> taskListeners(folder));
        step("adHocSubProcess", Tour::adHocSubProcess);
        step("activateAdHocSubProcessActivities", Tour::activateAdHocSubProcessActivities);

        step("searchProcessDefinitions", () -> first(() -> client.newProcessDefinitionSearchRequest()
            .filter(filter -> filter.processDefinitionId("pay")).send().join().items()));
        step("getProcessDefinition", () -> client.newProcessDefinitionGetRequest(definition).send().join());
        step("getProcessDefinitionXml",
            () -> client.newProcessDefinitionGetXmlRequest(definition).send().join());
        step("getProcessDefinitionStatistics",
            () -> client.newProcessDefinitionElementStatisticsRequest(definition).send().join());
        step("evaluateDecision", () -> client.newEvaluateDecisionCommand().decisionId("dish")
            .variables(Map.of("season", "Winter")).send().join());
        step("searchDecisionDefinitions", () -> {
            long key = first(() -> client.newDecisionDefinitionSearchRequest()
                .filter(filter -> filter.decisionDefinitionId("dish")).send().join().items()).getDecisionKey();
            client.newDecisionDefinitionGetRequest(key).send().join();
            client.newDecisionDefinitionGetXmlRequest(key).send().join();
        });
        step("searchDecisionInstances", () -> client.newDecisionInstanceGetRequest(
            first(() -> client.newDecisionInstanceSearchRequest()
                .filter(filter -> filter.decisionDefinitionId("dish")).send().join().items())
                .getDecisionInstanceId()).send().join());
        step("createDocument", () -> {
            var reference = client.newCreateDocumentCommand().content("hello").fileName("hello.txt")
                .contentType("text/plain").send().join();
            client.newDocumentContentGetRequest(reference).send().join().readAllBytes();
            client.newDeleteDocumentCommand(reference).send().join();
        });
        step("searchBatchOperations", () -> client.newBatchOperationSearchRequest().send().join());
        if (newer) {
            OffsetDateTime from = OffsetDateTime.parse("2020-01-01T00:00:00Z"), to = from.plusYears(20);
            step("getGlobalJobStatistics", () -> client.newGlobalJobStatisticsRequest(from, to).send().join());
            step("clusterVariable", () -> {
                client.newGloballyScopedClusterVariableCreateRequest().create("rate", Map.of("eur", 1)).send().join();
                client.newGloballyScopedClusterVariableGetRequest().withName("rate").send().join();
                client.newClusterVariableSearchRequest().send().join();
                client.newGloballyScopedClusterVariableDeleteRequest().delete("rate").send().join();
            });
        }
        step("pinClock", () -> client.newPinClockCommand().time(Instant.now().plusSeconds(60)).send().join());
        step("resetClock", () -> client.newResetClockCommand().send().join());
        step("deleteResource", () -> client.newDeleteResourceCommand(kept[5]).send().join());
        System.exit(0);
    }
}
