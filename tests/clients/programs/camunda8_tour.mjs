// The REST client of @camunda8/sdk: a short tour, and 200 jobs by its worker. node camunda8_tour.mjs FOLDER
import { createRequire } from 'node:module';
import path from 'node:path';
import { step } from './steps.mjs';

const require = createRequire(process.env.CLIENT_MODULES + '/');
const { Camunda8 } = require('@camunda8/sdk');

const folder = process.argv[2];
const newer = process.env.TOUR_DIALECT !== '8.6';
const client = new Camunda8({ CAMUNDA_OAUTH_DISABLED: true, ZEEBE_REST_ADDRESS: process.env.CAMUNDA_REST_ADDRESS, CAMUNDA_LOG_LEVEL: 'none' })
  .getCamundaRestClient();
const start = (id, variables = {}) => client.createProcessInstance({ processDefinitionId: id, variables });

await step('getTopology', () => client.getTopology());
const deployed = await step('createDeployment', () =>
  client.deployResourcesFromFiles(['tour.bpmn', 'tour.dmn'].map((name) => path.join(folder, name))));
const key = (id) => deployed?.processes.find((one) => one.processDefinitionId === id)?.processDefinitionKey;
await step('worker', async () => {
  for (let number = 0; number < 200; number += 1) await start('work', { number });
  let worker;
  await new Promise((resolve, reject) => {
    let done = 0;
    setTimeout(() => reject(new Error(`${done} of 200 jobs`)), 20_000).unref();
    worker = client.createJobWorker({
      type: 'work', worker: 'tour', maxJobsToActivate: 50, timeout: 60_000, pollIntervalMs: 10,
      jobHandler: async (job) => {
        const receipt = await job.complete({ twice: job.variables.number * 2 });
        done += 1;
        if (done === 200) resolve();
        return receipt;
      },
    });
  }).finally(() => worker?.stop());
});
await step('failJob', async () => {
  await start('pay');
  const asked = { type: 'charge', timeout: 60_000, maxJobsToActivate: 1, worker: 'tour', requestTimeout: 5000 };
  const [job] = await client.activateJobs(asked);
  await job.fail({ errorMessage: 'again', retries: 2, retryBackOff: 0 });
  const [again] = await client.activateJobs(asked);
  await again.error({ errorCode: 'DECLINED', errorMessage: 'no money' });
});
await step('publishMessage', async () => {
  await start('message', { order: 'a' });
  await client.publishMessage({ name: 'paid', correlationKey: 'a', timeToLive: 10_000, variables: { amount: 5 }, messageId: 'one' });
});
const waiting = await step('correlateMessage', async () => {
  await start('message', { order: 'b' });
  await client.correlateMessage({ name: 'paid', correlationKey: 'b', variables: { amount: 5 } });
  return (await start('message', { order: 'c' })).processInstanceKey;
});
await step('broadcastSignal', () => client.broadcastSignal({ signalName: 'go', variables: { at: 'once' } }));
await step('modifyProcessInstance', () => client.modifyProcessInstance({
  processInstanceKey: waiting, activateInstructions: [{ elementId: 'm_catch' }], terminateInstructions: [],
}));
await step('cancelProcessInstance', () => client.cancelProcessInstance({ processInstanceKey: waiting }));
if (newer) {
  const task = await step('searchUserTasks', async () => {
    await start('approve', { amount: 5 });
    return (await client.searchUserTasks({ filter: { state: 'CREATED' }, sort: [], page: { from: 0, limit: 5 } })).items[0];
  });
  await step('completeUserTask', () => client.completeUserTask({ userTaskKey: task.userTaskKey, variables: { approved: true } }));
  await step('searchProcessInstances', () => client.searchProcessInstances({ filter: { processDefinitionId: 'message' }, sort: [], page: { from: 0, limit: 5 } }));
  await step('searchVariables', () => client.searchVariables({ filter: { name: 'order' }, sort: [], page: { from: 0, limit: 5 } }));
  await step('searchIncidents', () => client.searchIncidents({ filter: { state: 'ACTIVE' }, sort: [], page: { from: 0, limit: 5 } }));
  await step('getProcessDefinitionXml', () => client.getProcessDefinitionXML(key('message')));
  await step('evaluateDecision', () => client.evaluateDecision({ decisionDefinitionId: 'dish', variables: { season: 'Winter' } }));
}
await step('deleteResource', () => client.deleteResource({ resourceKey: key('approve') }));
process.exit(0);
