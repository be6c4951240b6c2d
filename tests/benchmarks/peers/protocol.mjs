// How a peer talks to the benchmark: JSON lines in, JSON lines out. See README.md.
import {readFileSync} from 'node:fs';
import {performance} from 'node:perf_hooks';
import {createInterface} from 'node:readline';

/**
 * `build(pages, folder, scratch)` stores an index in `folder` and resolves to `{search(question, limit), chunks}`, where `search`
 * resolves to ids of pages or sections, best first.
 */
export async function serve(build, packages) {
  console.log = console.info = console.error; // What a library prints must not stand among the answers.
  const say = (values) => process.stdout.write(`${JSON.stringify(values)}\n`);
  let built;
  for await (const line of createInterface({input: process.stdin, crlfDelay: Infinity})) {
    const asked = JSON.parse(line);
    if (!built) {
      built = await build(asked.pages, asked.index, asked.scratch);
      const {user, system} = process.cpuUsage();
      say({chunks: built.chunks, cpu_seconds: (user + system) / 1e6, versions: Object.fromEntries(packages.map((name) => [name, version(name)]))});
      continue;
    }
    const began = performance.now();
    const found = await built.search(asked.question, asked.limit);
    say({found, ms: performance.now() - began});
  }
}

function version(name) {
  return JSON.parse(readFileSync(new URL(`node_modules/${name}/package.json`, import.meta.url))).version;
}
