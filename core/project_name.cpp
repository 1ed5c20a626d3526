#include "core/project_name.h"

#include "core/base/files.h"
#include "core/gate/health/health.h"
#include "core/measure/formats/formats.h"

namespace melisai {

std::string default_project_name(const std::string& top, const std::string& directory) {
  const std::string& path = top.empty() ? directory : top;
  return path.substr(path.find_last_of('/') + 1);
}

Result<std::string> project_name(const std::string& directory, const World& world) {
  MELISAI_TRY(const std::string top, world.open_repo(directory, {})->worktree());
  const std::string file = top + "/" + run::kPipelineFile;
  const Result<std::string> text = read_file(file, run::kPipelineFileMax);
  if (!top.empty() && text) {
    MELISAI_TRY(
        const Project project,
        run::parse_project(*text, file, world.env, {formats::problem_of, gate::anomaly_problem}));
    if (!project.name.empty()) return project.name;
  }
  return default_project_name(top, directory);
}

}  // namespace melisai
