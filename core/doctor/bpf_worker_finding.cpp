// The worker that gets from its own file what this process cannot hand on to the collector ebpf.
#include "core/base/shell.h"
#include "core/doctor/findings.h"

namespace melisai::doctor {
namespace {

constexpr const char* kGroup = "melisai-gate";

void add_commands(const collect::BpfWorker& worker, std::int64_t uid, Finding& finding) {
  const std::string program = shell_quoted(worker.program);
  // A change of owner takes capabilities away, so they come last.
  if (!worker.capable)
    finding.commands = {std::string("groupadd --force --system ") + kGroup,
                        std::string("chown root:") + kGroup + " " + program,
                        "chmod 0750 " + program, "setcap cap_bpf,cap_perfmon=ep " + program};
  if (!worker.executable)
    finding.commands.push_back(std::string("usermod --append --groups ") + kGroup + " \"$(id -nu " +
                               std::to_string(uid) + ")\"");
}

}  // namespace

bool has_bpf_worker(const Facts& facts) { return facts.bpf_worker && facts.bpf_worker->usable(); }

std::vector<Finding> bpf_worker_findings(const Facts& facts) {
  if (!facts.bpf_worker || facts.bpf_worker->program.empty() || !facts.bpf_worker->needed)
    return {};
  const collect::BpfWorker& worker = *facts.bpf_worker;
  Finding finding{.id = "bpf_worker",
                  .found = "gives the collector ebpf CAP_BPF and CAP_PERFMON",
                  .why =
                      "melisai-gate-worker-bpf lets the collector ebpf work without root; whoever "
                      "may start it sees with it which programs of all users run, and where."};
  if (worker.usable()) return {finding};
  finding.state = State::note;
  if (!worker.void_reason.empty()) {
    finding.found = "capabilities of files count for nothing here: " + worker.void_reason;
    finding.action =
        "As a service: AmbientCapabilities=CAP_BPF CAP_PERFMON (melisai-gate.service).";
    return {finding};
  }
  finding.found = worker.capable ? "this user may not start it" : "its file has no capabilities";
  finding.action =
      "Give it the two capabilities, for a group of its own; then log in again, to be of that "
      "group.";
  add_commands(worker, facts.uid, finding);
  return {finding};
}

}  // namespace melisai::doctor
