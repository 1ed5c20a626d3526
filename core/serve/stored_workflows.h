// Stored workflows: those that came over the API, each as the text of a section `workflows` with
// one entry, and all that are in force with those of the configuration. Pure.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/serve/config.h"
#include "core/store/queue.h"

namespace melisai::serve {

/// Errors: parse, when the text is no YAML or no section with one workflow; config, for what its
/// workflow says, also when one of `others` would be wrong by it. Both "NAME:line:column: what"
/// with `file_name` for the name.
Result<Workflow> read_stored_workflow(const std::string& text, const std::string& file_name,
                                      const ServeConfig& config,
                                      const std::vector<Workflow>& others,
                                      const ConfigSources& sources);

/// The name that stands in such a text. Errors: parse.
Result<std::string> name_of_stored(const std::string& text);

/// Workflows that are in force, at one moment.
struct WorkflowSet {
  std::vector<Workflow> all;                            ///< those of the configuration first
  std::map<std::string, store::StoredWorkflow> stored;  ///< of them, by name
  std::map<std::string, std::string> problems;          ///< why others that are stored are not
  bool operator==(const WorkflowSet&) const = default;
};

/// Of a name that is in both the configuration's is in force.
WorkflowSet workflows_in_force(const ServeConfig& config,
                               const std::vector<store::StoredWorkflow>& stored,
                               const ConfigSources& sources);

/// The same for a run that keeps these texts: of the stored ones those, and no others. Errors:
/// config, parse.
Result<WorkflowSet> kept_workflows(const std::vector<std::string>& texts, const ServeConfig& config,
                                   const ConfigSources& sources);

/// The names of the others whose steps name that workflow.
std::vector<std::string> users_of(const std::string& workflow, const std::vector<Workflow>& all);

/// Texts of the stored workflows that runs of these names are steps of, with what those contain.
std::vector<std::string> texts_for(const std::vector<store::PlannedRun>& runs,
                                   const WorkflowSet& workflows);

}  // namespace melisai::serve
