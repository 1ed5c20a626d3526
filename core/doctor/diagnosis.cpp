#include <algorithm>

#include "core/doctor/distribution.h"
#include "core/doctor/findings.h"
#include "core/report/report.h"

namespace melisai::doctor {
namespace {

bool to_act_on(State state) { return state == State::warning || state == State::missing; }

/// Nobody who pastes these lines may get more than one line of each.
std::string comment(const std::string& text) { return "# " + report::one_line(text) + "\n"; }

}  // namespace

Diagnosis findings_of(const Facts& facts) {
  Diagnosis diagnosis{.machine = machine_findings(facts), .tiers = tiers_of(facts)};
  for (Finding& finding : access_findings(facts)) diagnosis.machine.push_back(std::move(finding));
  for (Finding& finding : bpf_worker_findings(facts))
    diagnosis.machine.push_back(std::move(finding));
  if (facts.sandbox) diagnosis.machine.push_back(sandbox_finding(facts));
  diagnosis.machine.push_back(collectors_found(facts));
  diagnosis.collectors = collector_findings(facts, diagnosis.tiers);
  return diagnosis;
}

// Of tiers there are notes at most: what cannot be used, tier 1 stands in for.
bool Diagnosis::fit() const {
  const auto acts = [](const auto& finding) { return to_act_on(finding.state); };
  return std::none_of(machine.begin(), machine.end(), acts) &&
         std::none_of(collectors.begin(), collectors.end(), acts);
}

std::string_view to_string(State state) {
  switch (state) {
    case State::ok: return "ok";
    case State::note: return "note";
    case State::warning: return "warning";
    case State::missing: return "missing";
  }
  return "";
}

std::string fix_commands(const Facts& facts, const Diagnosis& diagnosis) {
  std::vector<Finding> findings = diagnosis.machine;
  for (const Tier& tier : diagnosis.tiers) findings.push_back(tier.finding);
  std::string lines;
  for (const Finding& finding : findings)
    for (const std::string& command : finding.commands)
      lines += comment((to_act_on(finding.state) ? "" : "optional: ") + finding.id + " (" +
                       finding.found + "): " + finding.action) +
               command + "\n";
  const Distribution& distribution = facts.distribution;
  std::string text =
      comment("for root on " + (distribution.name.empty() ? "this machine" : distribution.name) +
              "; melisai-gate prints these and never runs them");
  if (package_manager(distribution).empty())
    text += comment("distribution '" + distribution.id +
                    "' is not known here, so packages are not named: `melisai-gate doctor` says "
                    "what is not installed");
  if (lines.empty()) lines = comment("nothing to change");
  return text + lines;
}

}  // namespace melisai::doctor
