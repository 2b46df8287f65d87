// Times ONNX models for ort_peer.py, which starts it:
//
//     node ort_run.mjs NODE_MODULES SECONDS THREADS < sessions.json
//
// Prints one JSON object a line, as compare reads them.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const [modules, seconds, threads] = process.argv.slice(2);
const require = createRequire(join(modules, "any.js"));
const ort = require("onnxruntime-node");
const { version } = require("onnxruntime-node/package.json");

function noise(shape) {
  const data = new Float32Array(shape.reduce((a, b) => a * b, 1));
  for (let i = 0; i < data.length; i++) data[i] = Math.random();
  return new ort.Tensor("float32", data, shape);
}

async function time({ file, work, variant, shapes }) {
  const session = await ort.InferenceSession.create(file, {
    executionProviders: ["cpu"],
    intraOpNumThreads: Number(threads),
    interOpNumThreads: 1,
    graphOptimizationLevel: "all",
  });
  const inputs = Object.fromEntries(session.inputNames.map((name, i) => [name, noise(shapes[i])]));
  await session.run(inputs);
  await session.run(inputs);
  const times = [];
  const start = performance.now();
  do {
    const begin = performance.now();
    await session.run(inputs);
    times.push(performance.now() - begin);
  } while (performance.now() - start < 1000 * Number(seconds));
  await session.release();
  return {
    work,
    peer: "onnxruntime " + version,
    variant,
    runs: times.length,
    mean_ms: times.reduce((a, b) => a + b) / times.length,
    best_ms: Math.min(...times),
  };
}

const sessions = JSON.parse(readFileSync(0, "utf8"));
for (const s of sessions) {
  const result = await time(s);
  // the memory of several models is none of theirs
  if (sessions.length === 1) result.peak_mib = process.resourceUsage().maxRSS / 1024;
  console.log(JSON.stringify(result));
}
