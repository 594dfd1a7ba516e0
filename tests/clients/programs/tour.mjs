// A tour of @camunda8/orchestration-cluster-api, its schema validation strict, and 200 jobs by its worker.
// node tour.mjs FOLDER; FOLDER has tour.bpmn and tour.dmn. Prints a line of JSON for each step.
import { createRequire } from 'node:module';
import path from 'node:path';
import { step } from './steps.mjs';

const require = createRequire(process.env.CLIENT_MODULES + '/');
const { createCamundaClient } = require('@camunda8/orchestration-cluster-api');

const folder = process.argv[2];
const newer = process.env.TOUR_DIALECT !== '8.8';
// 8.8.4 that checks its requests sends the integers of 64 bits as text, which Camunda refuses from 8.8 on.
const validation = newer ? 'strict' : 'req:none,res:strict';
const client = createCamundaClient({ config: { CAMUNDA_SDK_VALIDATION: validation, CAMUNDA_SDK_HTTP_RETRY_MAX_ATTEMPTS: 1 } });
const now = { consistency: { waitUpToMs: 0 } };
const soon = { consistency: { waitUpToMs: 3_000, pollIntervalMs: 50 } };

async function start(id, variables = {}) {
  return client.createProcessInstance({ processDefinitionId: id, variables });
}

const instances = (key) => ({ filter: { processInstanceKey: key } });

await step('getTopology', () => client.getTopology());
await step('getStatus', () => client.getStatus());
await step('getLicense', () => client.getLicense());
await step('getAuthentication', () => client.getAuthentication());
const deployed = await step('createDeployment', () =>
  client.deployResourcesFromFiles(['tour.bpmn', 'tour.dmn'].map((name) => path.join(folder, name))));
const key = (id) => deployed?.processes.find((one) => one.processDefinitionId === id)?.processDefinitionKey;
const definition = key('message');

await step('worker', async () => {
  for (let number = 0; number < 200; number += 1) await start('work', { number });
  await new Promise((resolve, reject) => {
    let done = 0;
    setTimeout(() => reject(new Error(`${done} of 200 jobs`)), 20_000).unref();
    const worker = client.createJobWorker({
      jobType: 'work', maxParallelJobs: 50, jobTimeoutMs: 60_000, pollIntervalMs: 10,
      jobHandler: async (job) => {
        const receipt = await job.complete({ twice: job.variables.number * 2 });
        done += 1;
        if (done === 200) resolve();
        return receipt;
      },
    });
    worker.start();
  }).finally(() => client.stopAllWorkers());
});

await step('createProcessInstance', () => client.createProcessInstance({
  processDefinitionKey: definition, variables: { order: 'by key' }, tags: ['tour'], ...(newer ? { businessId: 'order-1' } : {}),
}));
await step('awaitCompletion', () => client.createProcessInstance({
  processDefinitionId: 'instant', variables: { a: 1 }, fetchVariables: ['a'], awaitCompletion: true, requestTimeout: 5000,
}));
await step('runtimeInstructions', async () => {
  const { processInstanceKey } = await client.createProcessInstance({
    processDefinitionId: 'signal', runtimeInstructions: [{ type: 'TERMINATE_PROCESS_INSTANCE', afterElementId: 's_start' }],
  });
  const { items } = await client.searchProcessInstances({ filter: { processInstanceKey, state: 'TERMINATED' } }, soon);
  if (items.length !== 1) throw new Error('it was not terminated');
});

async function job(type = 'charge') {
  const found = await client.activateJobs({ type, timeout: 60_000, maxJobsToActivate: 1, worker: 'tour', requestTimeout: 5000 });
  return found.jobs[0];
}
await step('updateJob', async () => {
  await start('pay');
  const { jobKey } = await job();
  await client.updateJob({ jobKey, changeset: { retries: 5, timeout: 90_000 } });
  await client.failJob({ jobKey, retries: 2, errorMessage: 'again', retryBackOff: 0 });
});
await step('throwJobError', async () => {
  const { jobKey } = await job();
  await client.throwJobError({ jobKey, errorCode: 'DECLINED', errorMessage: 'no money', variables: { why: 'poor' } });
});
const paying = await step('failJob', async () => {
  const { processInstanceKey } = await start('pay');
  const { jobKey } = await job();
  await client.failJob({ jobKey, retries: 0, errorMessage: 'broken' });
  return processInstanceKey;
});
const incident = await step('searchIncidents', async () =>
  (await client.searchIncidents({ filter: { processInstanceKey: paying, state: 'ACTIVE' } }, soon)).items[0]);
await step('getIncident', () => client.getIncident({ incidentKey: incident.incidentKey }, soon));
await step('searchProcessInstanceIncidents', () => client.searchProcessInstanceIncidents({ processInstanceKey: paying }, now));
await step('searchJobs', async () => {
  const { items } = await client.searchJobs({ filter: { processInstanceKey: paying, state: 'FAILED' } }, soon);
  await client.updateJob({ jobKey: items[0].jobKey, changeset: { retries: 1 } });
});
await step('resolveIncident', () => client.resolveIncident({ incidentKey: incident.incidentKey }));

await step('publishMessage', async () => {
  await start('message', { order: 'a' });
  await client.publishMessage({ name: 'paid', correlationKey: 'a', timeToLive: 10_000, variables: { amount: 5 }, messageId: 'one' });
});
await step('correlateMessage', async () => {
  await start('message', { order: 'b' });
  await client.correlateMessage({ name: 'paid', correlationKey: 'b', variables: { amount: 5 } });
});
const waiting = (await start('message', { order: 'c' })).processInstanceKey;
await step('searchMessageSubscriptions', () => client.searchMessageSubscriptions(instances(waiting), soon));
await step('searchCorrelatedMessageSubscriptions', () => client.searchCorrelatedMessageSubscriptions({ filter: { messageName: 'paid' } }, now));
await step('searchElementInstances', async () => {
  const { items } = await client.searchElementInstances(instances(waiting), soon);
  await client.getElementInstance({ elementInstanceKey: items[0].elementInstanceKey }, soon);
});
await step('createElementInstanceVariables', () =>
  client.createElementInstanceVariables({ elementInstanceKey: waiting, variables: { note: 'x' }, local: true }));
await step('searchVariables', async () => {
  const { items } = await client.searchVariables({ filter: { processInstanceKey: waiting, name: 'order' } }, soon);
  await client.getVariable({ variableKey: items[0].variableKey }, soon);
});
await step('modifyProcessInstance', async () => {
  const { items } = await client.searchElementInstances({ filter: { processInstanceKey: waiting, elementId: 'm_catch' } }, soon);
  await client.modifyProcessInstance({
    processInstanceKey: waiting,
    activateInstructions: [{ elementId: 'm_catch', variableInstructions: [{ variables: { order: 'd' } }] }],
    terminateInstructions: [{ elementInstanceKey: items[0].elementInstanceKey }],
  });
});
await step('migrateProcessInstance', () => client.migrateProcessInstance({
  processInstanceKey: waiting, targetProcessDefinitionKey: definition,
  mappingInstructions: [{ sourceElementId: 'm_catch', targetElementId: 'm_catch' }],
}));
await step('cancelProcessInstance', () => client.cancelProcessInstance({ processInstanceKey: waiting }));
await step('searchProcessInstances', () => client.searchProcessInstances({
  filter: { processDefinitionId: 'message', state: 'COMPLETED' }, sort: [{ field: 'startDate', order: 'DESC' }], page: { limit: 5 },
}, soon));
await step('getProcessInstance', () => client.getProcessInstance({ processInstanceKey: waiting }, soon));
await step('getProcessInstanceStatistics', () => client.getProcessInstanceStatistics({ processInstanceKey: waiting }, now));
await step('getProcessInstanceSequenceFlows', () => client.getProcessInstanceSequenceFlows({ processInstanceKey: waiting }, now));
await step('getProcessInstanceCallHierarchy', () => client.getProcessInstanceCallHierarchy({ processInstanceKey: waiting }, now));
await step('broadcastSignal', async () => {
  await start('signal');
  await client.broadcastSignal({ signalName: 'go', variables: { at: 'once' } });
});

const task = await step('searchUserTasks', async () => {
  const { processInstanceKey } = await start('approve', { amount: 5 });
  return (await client.searchUserTasks(instances(processInstanceKey), soon)).items[0];
});
const userTaskKey = task?.userTaskKey;
await step('getUserTask', () => client.getUserTask({ userTaskKey }, soon));
await step('assignUserTask', () => client.assignUserTask({ userTaskKey, assignee: 'ann', action: 'claim' }));
await step('unassignUserTask', () => client.unassignUserTask({ userTaskKey }));
await step('updateUserTask', () => client.updateUserTask({ userTaskKey, changeset: { priority: 80, candidateUsers: ['bob'], dueDate: '2030-01-02T03:04:05Z' } }));
await step('searchUserTaskVariables', () => client.searchUserTaskVariables({ userTaskKey }, now));
await step('completeUserTask', () => client.completeUserTask({ userTaskKey, variables: { approved: true } }));

const until = async (what, holds) => {
  for (let tries = 0; tries < 100; tries += 1) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`not ${what}`);
};
const stateOf = async (processInstanceKey) => (await client.getProcessInstance({ processInstanceKey }, soon)).state;
const endOf = (instance) => until('completed', async () => (await stateOf(instance)) === 'COMPLETED');
await step('taskListeners', async () => {
  await client.deployResourcesFromFiles([path.join(folder, 'listeners.bpmn')]);
  const { processInstanceKey } = await start('review');
  const corrections = { assignee: 'ann', priority: 80, candidateUsers: ['bob'] };
  await client.completeJob({ jobKey: (await job('review-begins')).jobKey, result: { type: 'userTask', corrections } });
  const [review] = (await client.searchUserTasks(instances(processInstanceKey), soon)).items;
  if (review.assignee !== 'ann' || review.priority !== 80) throw new Error(`not corrected: ${JSON.stringify(review)}`);
  const { userTaskKey } = review;
  const refused = client.completeUserTask({ userTaskKey }).then(() => undefined, (error) => error);
  const deniedReason = 'only the boss may';
  await client.completeJob({ jobKey: (await job('review-ends')).jobKey, result: { type: 'userTask', denied: true, deniedReason } });
  if (!JSON.stringify((await refused) ?? null, Object.getOwnPropertyNames(await refused ?? {})).includes(deniedReason)) throw new Error('not denied');
  const agreed = client.completeUserTask({ userTaskKey });
  await client.completeJob({ jobKey: (await job('review-ends')).jobKey });
  await agreed;
  await endOf(processInstanceKey);
});
await step('adHocSubProcess', async () => {
  const { processInstanceKey } = await start('agent');
  const activateElements = [{ elementId: 'search', variables: { query: 'x' } }];
  await client.completeJob({ jobKey: (await job('agent')).jobKey, result: { type: 'adHocSubProcess', activateElements } });
  const search = await job('search');
  if (search.variables.query !== 'x') throw new Error(`without its query: ${JSON.stringify(search.variables)}`);
  await client.completeJob({ jobKey: search.jobKey, variables: { found: 'y' } });
  await client.completeJob({
    jobKey: (await job('agent')).jobKey, variables: { answer: 'z' }, result: { type: 'adHocSubProcess', isCompletionConditionFulfilled: true },
  });
  await endOf(processInstanceKey);
});
await step('activateAdHocSubProcessActivities', async () => {
  const { processInstanceKey } = await start('agent');
  const { items } = await client.searchElementInstances({ filter: { processInstanceKey, elementId: 'tools' } }, soon);
  await client.activateAdHocSubProcessActivities({
    adHocSubProcessInstanceKey: items[0].elementInstanceKey, elements: [{ elementId: 'search', variables: { query: 'z' } }], cancelRemainingInstances: false,
  });
  if ((await job('search')).variables.query !== 'z') throw new Error('not activated');
  await client.cancelProcessInstance({ processInstanceKey });
});

await step('searchProcessDefinitions', () => client.searchProcessDefinitions({ filter: { processDefinitionId: 'pay' } }, soon));
await step('getProcessDefinition', () => client.getProcessDefinition({ processDefinitionKey: definition }, soon));
await step('getProcessDefinitionXml', () => client.getProcessDefinitionXml({ processDefinitionKey: definition }, soon));
await step('getProcessDefinitionStatistics', () => client.getProcessDefinitionStatistics({ processDefinitionKey: definition }, now));
await step('evaluateDecision', () => client.evaluateDecision({ decisionDefinitionId: 'dish', variables: { season: 'Winter' } }));
await step('searchDecisionDefinitions', async () => {
  const { items } = await client.searchDecisionDefinitions({ filter: { decisionDefinitionId: 'dish' } }, soon);
  await client.getDecisionDefinition({ decisionDefinitionKey: items[0].decisionDefinitionKey }, soon);
  await client.getDecisionDefinitionXml({ decisionDefinitionKey: items[0].decisionDefinitionKey }, soon);
});
await step('searchDecisionInstances', async () => {
  const { items } = await client.searchDecisionInstances({ filter: { decisionDefinitionId: 'dish' } }, soon);
  await client.getDecisionInstance({ decisionEvaluationInstanceKey: items[0].decisionEvaluationInstanceKey }, soon);
});
await step('createDocument', async () => {
  // Its own validation wants text for the file that its documentation shows.
  const lenient = createCamundaClient({ config: { CAMUNDA_SDK_VALIDATION: 'none' } });
  const reference = await lenient.createDocument({ file: new File(['hello'], 'hello.txt', { type: 'text/plain' }) });
  await client.getDocument({ documentId: reference.documentId, contentHash: reference.contentHash }, now);
  await client.deleteDocument({ documentId: reference.documentId });
});
await step('searchBatchOperations', () => client.searchBatchOperations({}, now));
await step('pinClock', () => client.pinClock({ timestamp: Date.now() + 60_000 }));
await step('resetClock', () => client.resetClock());
if (newer) {
  const span = { from: '2020-01-01T00:00:00Z', to: '2040-01-01T00:00:00Z' };
  await step('getGlobalJobStatistics', () => client.getGlobalJobStatistics(span, now));
  await step('clusterVariable', async () => {
    await client.createGlobalClusterVariable({ name: 'rate', value: { eur: 1 } });
    await client.getGlobalClusterVariable({ name: 'rate' }, soon);
    await client.searchClusterVariables({}, now);
    await client.deleteGlobalClusterVariable({ name: 'rate' });
  });
}
await step('deleteResource', () => client.deleteResource({ resourceKey: key('approve') }));
process.exit(0);
