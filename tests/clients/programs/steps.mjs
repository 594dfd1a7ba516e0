// How a tour tells what it does: a line of JSON for each step, with the error of one that failed.
const say = (line) => process.stdout.write(JSON.stringify(line) + '\n');

export async function step(name, act) {
  try {
    const answer = await act();
    say({ step: name });
    return answer;
  } catch (error) {
    say({ step: name, error: String(error?.message ?? error).slice(0, 600) });
    return undefined;
  }
}
