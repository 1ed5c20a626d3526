#include <algorithm>

#include "core/doctor/findings.h"
#include "core/report/report.h"

namespace melisai::doctor {
namespace {

constexpr int kFoundColumnMax = 100;

using report::one_line;
using report::Table;

std::string word(State state) { return std::string(to_string(state)); }

std::string head_line(const Facts& facts) {
  std::vector<std::string> parts = {
      "Linux " + facts.kernel,
      report::count_of(static_cast<std::size_t>(facts.cpus_usable), "CPU")};
  if (!facts.distribution.name.empty()) parts.insert(parts.begin(), facts.distribution.name);
  if (!facts.machine.cpu_model.empty()) parts.push_back(facts.machine.cpu_model);
  return one_line(joined(parts)) + "\n";
}

std::string machine_table(const Diagnosis& diagnosis) {
  Table table({{"machine"}, {"state"}, {"found", kFoundColumnMax}});
  for (const Finding& finding : diagnosis.machine)
    table.add({finding.id, word(finding.state), finding.found});
  return table.text();
}

std::string tier_table(const Diagnosis& diagnosis) {
  constexpr const char* kNames[] = {"1 procfs", "2 other programs", "3 eBPF"};
  Table table({{"tier"}, {"usable"}, {"found", kFoundColumnMax}});
  for (const Tier& tier : diagnosis.tiers)
    table.add({kNames[tier.tier - 1], tier.usable ? "yes" : "no", tier.finding.found});
  return table.text();
}

std::string collector_table(const Diagnosis& diagnosis) {
  if (diagnosis.collectors.empty()) return "";
  Table table({{"collector"}, {"category"}, {"tier"}, {"works"}, {"why not", kFoundColumnMax}});
  for (const CollectorFinding& each : diagnosis.collectors) {
    table.add({each.collector.name, "", each.parts.empty() ? "1" : "",
               each.collector.status == CollectorStatus::ok ? "yes" : "no", each.collector.reason});
    for (const PartFinding& part : each.parts)
      table.add({"  " + part.part.name, part.part.category, std::to_string(part.part.tier),
                 part.works ? "yes" : "no", part.works ? "" : part.reason});
  }
  return "\n" + table.text();
}

std::string paragraph(const std::string& id, State state, const std::string& why,
                      const std::string& action) {
  return "  " + one_line(id) + " (" + word(state) + "): " + one_line(why) +
         (action.empty() ? "" : " " + one_line(action)) + "\n";
}

/// Those with something to do: first what hurts, then what might be better.
std::string paragraphs(const Diagnosis& diagnosis, bool notes) {
  std::string text;
  const auto add = [&](const std::string& id, State state, const std::string& why,
                       const std::string& action) {
    if (state != State::ok && (state == State::note) == notes && !(notes && action.empty()))
      text += paragraph(id, state, why, action);
  };
  for (const Finding& finding : diagnosis.machine)
    add(finding.id, finding.state, finding.why, finding.action);
  for (const Tier& tier : diagnosis.tiers)
    add(tier.finding.id, tier.finding.state, tier.finding.why, tier.finding.action);
  for (const CollectorFinding& each : diagnosis.collectors)
    add(each.collector.name, each.state, each.collector.reason + ".", each.action);
  return text;
}

bool has_commands(const Diagnosis& diagnosis) {
  const auto of_machine = [](const Finding& finding) { return !finding.commands.empty(); };
  const auto of_tier = [](const Tier& tier) { return !tier.finding.commands.empty(); };
  return std::any_of(diagnosis.machine.begin(), diagnosis.machine.end(), of_machine) ||
         std::any_of(diagnosis.tiers.begin(), diagnosis.tiers.end(), of_tier);
}

}  // namespace

std::string render(const Facts& facts, const Diagnosis& diagnosis) {
  std::string text = head_line(facts) + "\n" + machine_table(diagnosis) + "\n" +
                     tier_table(diagnosis) + collector_table(diagnosis);
  const std::string to_do = paragraphs(diagnosis, false);
  const std::string could_do = paragraphs(diagnosis, true);
  if (!could_do.empty())
    text += "\ncould be better, the verdict does not depend on it\n" + could_do;
  if (!to_do.empty()) text += "\nto do\n" + to_do;
  text += diagnosis.fit() ? "\nFit for benchmarks.\n"
                          : "\nNot at its best for benchmarks: somebody should act.\n";
  if (has_commands(diagnosis))
    text += "`melisai-gate doctor --fix-commands` prints the commands, and runs none.\n";
  return text;
}

}  // namespace melisai::doctor
