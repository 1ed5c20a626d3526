#include <algorithm>

#include "core/doctor/findings.h"

namespace melisai::doctor {
namespace {

/// Where something better than /proc is missing, collectors of tier 1 still see the most.
bool is_extra(const CollectorResult& collector) {
  return !collector.parts.empty() &&
         std::all_of(collector.parts.begin(), collector.parts.end(),
                     [](const CollectorPart& part) { return part.tier > 1; });
}

template <class Is>
bool has_part(const Facts& facts, Is is_wanted) {
  return std::any_of(
      facts.collectors.begin(), facts.collectors.end(), [&](const CollectorResult& collector) {
        return std::any_of(collector.parts.begin(), collector.parts.end(), is_wanted);
      });
}

State state_of(const CollectorResult& collector) {
  switch (collector.status) {
    case CollectorStatus::ok: return State::ok;
    case CollectorStatus::unavailable: return is_extra(collector) ? State::note : State::missing;
    default: return State::warning;
  }
}

std::string action_of(const Facts& facts, const CollectorResult& collector) {
  std::vector<std::string> lacking;
  for (const std::string& name : collector.capabilities)
    if (!has_capability(facts, name)) lacking.push_back(name);
  switch (collector.status) {
    case CollectorStatus::ok: return "";
    case CollectorStatus::unavailable:
      return lacking.empty() ? "Give this machine what the reason names."
                             : "Run melisai-gate as root, or with " + joined(lacking, " and ") +
                                   " as ambient capabilities.";
    case CollectorStatus::refused: return "Mend the file as the reason says, or take it away.";
    default:
      return "Tell its author: `melisai-gate plugins --json` has its last words; or take the file "
             "away.";
  }
}

/// Of tier 3 are also parts that need no BPF: their collector asks for other rights than that.
bool needs_tier(const CollectorResult& collector, int tier) {
  const auto& names = collector.capabilities;
  return tier != 3 || names.empty() ||
         std::find(names.begin(), names.end(), "CAP_BPF") != names.end();
}

PartFinding part_finding(const CollectorResult& collector, const CollectorPart& part,
                         const std::vector<Tier>& tiers) {
  PartFinding finding{.part = part};
  const auto tier = std::find_if(tiers.begin(), tiers.end(),
                                 [&](const Tier& each) { return each.tier == part.tier; });
  if (collector.status != CollectorStatus::ok)
    finding.reason = collector.reason;
  else if (tier == tiers.end())
    finding.reason = "of a tier that is not known here";
  else if (!part.unavailable.empty())
    finding.reason = part.unavailable;
  else if (!tier->usable && needs_tier(collector, part.tier))
    finding.reason = tier->finding.found;
  finding.works = finding.reason.empty();
  return finding;
}

}  // namespace

bool is_tier_used(const Facts& facts, int tier) {
  return has_part(facts, [&](const CollectorPart& part) { return part.tier == tier; });
}

bool are_stacks_taken(const Facts& facts) {
  return has_part(facts, [](const CollectorPart& part) { return part.category == "stacktrace"; });
}

std::vector<CollectorFinding> collector_findings(const Facts& facts,
                                                 const std::vector<Tier>& tiers) {
  std::vector<CollectorFinding> findings;
  for (const CollectorResult& collector : facts.collectors) {
    CollectorFinding& finding = findings.emplace_back();
    finding.collector = collector;
    finding.state = state_of(collector);
    finding.action = action_of(facts, collector);
    for (const CollectorPart& part : collector.parts)
      finding.parts.push_back(part_finding(collector, part, tiers));
  }
  return findings;
}

Finding collectors_found(const Facts& facts) {
  const std::size_t count = facts.collectors.size();
  const std::string where = joined(facts.plugin_directories);
  Finding finding{.id = "collectors",
                  .found = std::to_string(count) + " in " + where,
                  .why =
                      "Collectors say why something is slower, and whether the machine was "
                      "quiet."};
  std::vector<std::string> idle;
  for (const CollectorResult& collector : facts.collectors) {
    if (collector.status == CollectorStatus::ok) continue;
    idle.push_back(collector.name + " " + std::string(to_string(collector.status)));
    // What this machine lacks is judged with the collector itself.
    if (collector.status != CollectorStatus::unavailable) finding.state = State::warning;
  }
  if (!idle.empty()) {
    finding.found = std::to_string(count - idle.size()) + " of " + std::to_string(count) + " in " +
                    where + " work: " + joined(idle);
    finding.action = "What to do is said with each of those that do not work.";
  }
  if (count > 0) return finding;
  finding.state = State::missing;
  finding.found = "none in " + where;
  finding.action = "Install melisai-gate again, or name their directory with --plugin-dir.";
  return finding;
}

}  // namespace melisai::doctor
